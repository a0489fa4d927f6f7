namespace Millrace.Testing.MongoDb.Values;

/// <summary>A field of a document.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Value">Its value.</param>
public readonly record struct Field(string Name, Node Value);
