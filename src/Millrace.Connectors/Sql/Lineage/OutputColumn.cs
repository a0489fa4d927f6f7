using System.Collections.Immutable;

namespace Millrace.Connectors.Sql.Lineage;

/// <summary>A column of a query or table.</summary>
/// <param name="Name">Its name; null where it has none that could be told.</param>
/// <param name="Sources">What gives its value; empty for a constant.</param>
internal sealed record OutputColumn(string? Name, ImmutableArray<ValueSource> Sources);
