using System.Collections.Immutable;

namespace Millrace.Core.Lineage;

/// <summary>An entry of <c>lineage:</c>: what a task of step T or L makes of what.</summary>
/// <param name="From">Tables that are read, <c>schema.table</c> or <c>connection:schema.table</c>.</param>
/// <param name="To">The table that is written.</param>
/// <param name="Columns">For each of its columns the columns that give the value, <c>schema.table.column</c>; none for a constant.</param>
public sealed record DeclaredLineage(ImmutableArray<string> From, string To, ImmutableArray<KeyValuePair<string, ImmutableArray<string>>> Columns);
