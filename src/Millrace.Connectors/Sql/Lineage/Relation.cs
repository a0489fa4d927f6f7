using System.Collections.Immutable;
using Millrace.Core.Lineage;
using Millrace.Core.Schemas;

namespace Millrace.Connectors.Sql.Lineage;

/// <summary>A table, subquery or function in a FROM clause, or the result of a query.</summary>
/// <param name="names">How names compare.</param>
internal sealed class Relation(StringComparer names)
{
    /// <summary>Its alias, or its own name.</summary>
    public string? Alias { get; init; }

    /// <summary>The table that it is, or null.</summary>
    public TableId? Table { get; init; }

    /// <summary>True where it may have columns that are not known.</summary>
    public bool IsOpen { get; init; }

    /// <summary>The columns that are known.</summary>
    public List<OutputColumn> Columns { get; } = [];

    /// <summary>Relations whose further columns are this one's, too, by a star; and the names that it leaves out of them.</summary>
    public List<(Relation Of, ImmutableArray<string> Without)> Stars { get; } = [];

    /// <summary>What reading it means, where it is a query.</summary>
    public TableUses Uses { get; init; } = new();

    /// <summary>True where all columns are known.</summary>
    public bool IsClosed => !IsOpen && Stars.Count == 0;

    /// <summary>What gives a column's value; null where there is certainly no such column.</summary>
    public ColumnLookup? Find(string column)
    {
        if (Columns.Find(c => c.Name is not null && names.Equals(c.Name, column)) is { } known)
        {
            return new(true, known.Sources);
        }

        if (IsOpen)
        {
            return new(false, Table is { } table ? [new(new(table, column), LineageKind.Copied, false)] : []);
        }

        ColumnLookup[] found = [.. Stars.Where(s => !s.Without.Contains(column, names)).Select(s => s.Of.Find(column)).OfType<ColumnLookup>()];
        return found.Length switch
        {
            0 => null,
            1 => found[0],
            _ => found.FirstOrDefault(f => f.IsSure) ?? new(false, [.. found.SelectMany(f => f.Sources).Select(s => s with { Column = s.Column with { Column = null }, IsUncertain = true })]),
        };
    }

    /// <summary>Each of its columns as a value of its own: for <c>count(t)</c> or <c>to_json(t)</c>.</summary>
    public IEnumerable<ValueSource> Row() =>
        (Table is { } table && IsOpen ? [new ValueSource(new(table, "*"), LineageKind.Copied, false)] : Array.Empty<ValueSource>())
        .Concat(Columns.SelectMany(c => c.Sources)).Concat(Stars.SelectMany(s => s.Of.Row())).Distinct();

    /// <summary>The tables whose rows its rows are made of.</summary>
    public IEnumerable<TableId> Tables => Table is { } table ? [table] : Uses.Data;

    /// <summary>Puts all columns of another after its own, as a star does.</summary>
    /// <param name="other">The other.</param>
    /// <param name="without">Names that are left out.</param>
    public void AddAll(Relation other, ImmutableArray<string> without)
    {
        Columns.AddRange(other.Columns.Where(c => c.Name is null || !without.Contains(c.Name, names)));
        if (other.IsOpen)
        {
            Stars.Add((other, [.. without, .. other.Columns.Select(c => c.Name).OfType<string>()]));
        }

        Stars.AddRange(other.Stars.Select(s => s with { Without = s.Without.AddRange(without) }));
    }
}
