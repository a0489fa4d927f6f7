using Millrace.Core.Lineage;
using Millrace.Core.Schemas;

namespace Millrace.Connectors.Sql.Lineage;

/// <summary>The tables that a query reads.</summary>
internal sealed class TableUses
{
    /// <summary>Tables whose rows its rows are made of.</summary>
    public HashSet<TableId> Data { get; } = [];

    /// <summary>Tables that only conditions read.</summary>
    public HashSet<TableId> Conditions { get; } = [];

    /// <summary>Columns that decide which rows there are.</summary>
    public HashSet<(ColumnRef Column, LineageKind Kind, bool IsUncertain)> Columns { get; } = [];

    /// <summary>All tables.</summary>
    public IEnumerable<TableId> All => Data.Union(Conditions);

    /// <summary>Adds those of a query whose rows or values this one takes.</summary>
    public void AddData(TableUses uses)
    {
        Data.UnionWith(uses.Data);
        Conditions.UnionWith(uses.Conditions);
        Columns.UnionWith(uses.Columns);
    }

    /// <summary>Adds those of a query that stands in a condition.</summary>
    public void AddCondition(TableUses uses)
    {
        Conditions.UnionWith(uses.All);
        Columns.UnionWith(uses.Columns);
    }

    /// <summary>Adds columns that decide.</summary>
    public void Add(IEnumerable<ValueSource> columns, LineageKind kind)
    {
        foreach (ValueSource column in columns)
        {
            Columns.Add((column.Column, kind, column.IsUncertain));
        }
    }
}
