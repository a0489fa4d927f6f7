namespace Millrace.Catalog.Connections;

/// <summary>A connection as the catalog keeps it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">Its type.</param>
/// <param name="Definition">Its settings as JSON, secrets as references or <c>***</c>.</param>
public sealed record CatalogConnection(string Name, string Type, string Definition);
