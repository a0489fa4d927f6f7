using System.Collections.Immutable;
using Millrace.Core.Contracts.SqlSteps;
using Millrace.Core.Lineage;
using Millrace.Core.Schemas;

namespace Millrace.Connectors.Sql.Lineage;

/// <summary>Gathers the edges of a script, and the tables that each statement reads and writes.</summary>
internal sealed class FlowBuilder(ScriptContext script)
{
    private readonly List<SqlLineageEdge> _edges = [];
    private readonly List<SqlLineageStatement> _statements = [];
    private readonly HashSet<TableId> _reads = [];
    private readonly HashSet<TableId> _writes = [];

    /// <summary>What was gathered.</summary>
    public SqlLineage Build() => new([.. _edges.Distinct()], [.. _statements], [.. script.Notes])
    {
        Columns = script.Made.ToImmutableDictionary(m => m.Key, m => m.Value.ToImmutableArray()),
    };

    /// <summary>Ends a statement.</summary>
    public void EndStatement(string verb)
    {
        if (_reads.Count + _writes.Count > 0)
        {
            _statements.Add(new(script.Line, verb.ToUpperInvariant(), [.. _writes], [.. _reads]));
        }

        _reads.Clear();
        _writes.Clear();
    }

    /// <summary>Takes back what an unfinished statement gave.</summary>
    /// <param name="edges">The count of edges before it.</param>
    public void Undo(int edges)
    {
        _edges.RemoveRange(edges, _edges.Count - edges);
        _reads.Clear();
        _writes.Clear();
    }

    /// <summary>How many edges there are.</summary>
    public int Count => _edges.Count;

    /// <summary>Notes that tables are read, by a statement that writes none.</summary>
    public void Reads(TableUses uses) => _reads.UnionWith(uses.All);

    /// <summary>Notes that a table is written.</summary>
    public void Writes(FlowTarget target)
    {
        if (target.Temporary is null)
        {
            _writes.Add(target.Table);
        }
    }

    /// <summary>Notes which tables and conditions make rows of a target.</summary>
    public void AddUses(FlowTarget target, TableUses uses)
    {
        Writes(target);
        _reads.UnionWith(uses.All);
        if (target.Temporary is { } temporary)
        {
            temporary.Uses.AddData(uses);
            return;
        }

        foreach (TableId table in uses.All.Where(t => t != target.Table))
        {
            Add(new(table, null, target.Table, null, uses.Data.Contains(table) ? LineageKind.Transformed : LineageKind.Filtered));
        }

        foreach ((ColumnRef column, LineageKind kind, bool isUncertain) in uses.Columns.Where(c => c.Column.Table != target.Table && c.Column.Column is not null))
        {
            Add(new(column.Table, column.Column, target.Table, null, kind) { IsUncertain = isUncertain });
        }
    }

    /// <summary>Notes what gives a column's value.</summary>
    public void AddColumn(FlowTarget target, string column, ImmutableArray<ValueSource> sources)
    {
        if (target.Temporary is { } temporary)
        {
            int known = temporary.Columns.FindIndex(c => script.Names.Equals(c.Name, column));
            if (known < 0)
            {
                temporary.Columns.Add(new(column, sources));
            }
            else
            {
                temporary.Columns[known] = temporary.Columns[known] with { Sources = [.. temporary.Columns[known].Sources.Union(sources)] };
            }

            return;
        }

        if (sources.IsEmpty)
        {
            Add(new(null, null, target.Table, column, LineageKind.Constant));
        }

        foreach (ValueSource source in sources.Where(s => s.Column != new ColumnRef(target.Table, column)))
        {
            bool isRenamed = source.Kind == LineageKind.Copied && !script.Names.Equals(source.Column.Column, column);
            Add(new(source.Column.Table, source.Column.Column, target.Table, column, isRenamed ? LineageKind.Renamed : source.Kind) { IsUncertain = source.IsUncertain });
        }
    }

    /// <summary>Notes the columns of a query that go to a target by their names.</summary>
    public void AddByName(FlowTarget target, Relation query)
    {
        foreach (OutputColumn column in query.Columns)
        {
            if (column.Name is { } name)
            {
                AddColumn(target, name, column.Sources);
            }
            else
            {
                Uncertain(target, column.Sources);
            }
        }

        if (target.Temporary is { } temporary)
        {
            temporary.Stars.AddRange(query.Stars);
            return;
        }

        foreach (Relation star in query.Stars.Select(s => s.Of))
        {
            foreach (TableId table in star.Tables.Where(t => t != target.Table))
            {
                Add(new(table, "*", target.Table, "*", LineageKind.Copied) { IsUncertain = star.Table is null });
            }
        }
    }

    /// <summary>Notes the columns of a query that go to a target by their places.</summary>
    /// <param name="target">The target.</param>
    /// <param name="columns">Its columns in that order; null where they are not known.</param>
    /// <param name="query">The query.</param>
    public void AddByPlace(FlowTarget target, IReadOnlyList<string>? columns, Relation query)
    {
        if (columns is not null && query.IsClosed)
        {
            for (int i = 0; i < Math.Min(columns.Count, query.Columns.Count); i++)
            {
                AddColumn(target, columns[i], query.Columns[i].Sources);
            }

            return;
        }

        script.Note(columns is null
            ? $"which columns of {target.Table} get which values cannot be told: its columns are not known, and the INSERT names none"
            : $"which columns of {target.Table} get which values cannot be told: those that a star stands for are not known");
        if (target.Temporary is not null)
        {
            AddByName(target, query);
            return;
        }

        Uncertain(target, [.. query.Row()]);
    }

    /// <summary>A table that the script made and renamed: what it wrote, it wrote to the table of the new name.</summary>
    public void Rename(TableId from, TableId to)
    {
        bool isMade = _edges.Exists(e => e.To == from);
        for (int i = 0; i < _edges.Count; i++)
        {
            SqlLineageEdge edge = _edges[i];
            _edges[i] = edge with { To = edge.To == from ? to : edge.To, From = isMade && edge.From == from ? to : edge.From };
        }
    }

    /// <summary>A column that was renamed after it was written.</summary>
    public void RenameColumn(TableId table, string from, string to)
    {
        for (int i = 0; i < _edges.Count; i++)
        {
            if (_edges[i].To == table && script.Names.Equals(_edges[i].ToColumn, from))
            {
                _edges[i] = _edges[i] with { ToColumn = to, Kind = _edges[i].Kind == LineageKind.Copied ? LineageKind.Renamed : _edges[i].Kind };
            }
        }
    }

    private void Uncertain(FlowTarget target, ImmutableArray<ValueSource> sources)
    {
        foreach (ValueSource source in target.Temporary is null ? sources.Where(s => s.Column.Column is not null && s.Column.Table != target.Table) : [])
        {
            Add(new(source.Column.Table, source.Column.Column, target.Table, null, LineageKind.Derived) { IsUncertain = true });
        }
    }

    private void Add(SqlLineageEdge edge) => _edges.Add(edge with { Line = script.Line });
}
