using Millrace.Core.Lineage;
using Millrace.Core.Schemas;

namespace Millrace.Connectors.Sql.Lineage;

/// <summary>A column of a table.</summary>
/// <param name="Table">The table.</param>
/// <param name="Column">The column; null for the table's rows, <c>*</c> for each of its columns.</param>
internal readonly record struct ColumnRef(TableId Table, string? Column);

/// <summary>A column that gives a value.</summary>
/// <param name="Column">The column.</param>
/// <param name="Kind">How: <see cref="LineageKind.Copied"/>, <see cref="LineageKind.Cast"/> or <see cref="LineageKind.Derived"/>.</param>
/// <param name="IsUncertain">True where the text alone does not tell.</param>
internal readonly record struct ValueSource(ColumnRef Column, LineageKind Kind, bool IsUncertain)
{
    /// <summary>The same through one step more.</summary>
    public ValueSource Through(LineageKind step) => this with { Kind = step > Kind ? step : Kind };
}
