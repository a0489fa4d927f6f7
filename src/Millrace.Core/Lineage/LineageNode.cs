namespace Millrace.Core.Lineage;

/// <summary>A table or dataset of a connection, or one of its columns.</summary>
/// <param name="Connection">The connection's name.</param>
/// <param name="Table">The table, <c>schema.name</c>, or the dataset.</param>
/// <param name="Column">The column or the field's path; null for the rows, <c>*</c> for each column.</param>
public sealed record LineageNode(string Connection, string Table, string? Column = null)
{
    /// <summary>The table that it is or is of.</summary>
    public LineageNode OfTable => Column is null ? this : this with { Column = null };

    /// <inheritdoc/>
    public override string ToString() => Column is null ? $"{Connection}:{Table}" : $"{Connection}:{Table}.{Column}";
}
