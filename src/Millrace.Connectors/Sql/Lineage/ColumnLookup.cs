using System.Collections.Immutable;

namespace Millrace.Connectors.Sql.Lineage;

/// <summary>What is found for a column's name.</summary>
/// <param name="IsSure">True where the column is certainly there; false where it may be, because not all columns are known.</param>
/// <param name="Sources">What gives its value.</param>
internal sealed record ColumnLookup(bool IsSure, ImmutableArray<ValueSource> Sources);
