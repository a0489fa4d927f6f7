using System.Collections.Immutable;
using Millrace.Core.Config.Options;
using Millrace.Core.Errors;
using Millrace.Core.Schemas;

namespace Millrace.Core.Lineage;

/// <summary>The edges of several tasks, to be walked.</summary>
public sealed class LineageGraph
{
    private readonly ILookup<LineageNode, LineageStep> _into;
    private readonly ILookup<LineageNode, LineageStep> _outOf;

    /// <summary>Creates the graph.</summary>
    public LineageGraph(ImmutableArray<TaskLineage> tasks)
    {
        Tasks = tasks;
        LineageStep[] steps = [.. tasks.SelectMany(t => t.Edges.Select(e => new LineageStep(t, e)))];
        _into = steps.ToLookup(s => s.Edge.To.OfTable);
        _outOf = steps.Where(s => s.Edge.From is not null).ToLookup(s => s.Edge.From!.OfTable);
        Tables = [.. steps.SelectMany(s => new[] { s.Edge.From?.OfTable, s.Edge.To.OfTable }).OfType<LineageNode>().Distinct()
            .OrderBy(n => n.ToString(), StringComparer.Ordinal)];
    }

    /// <summary>The tasks.</summary>
    public ImmutableArray<TaskLineage> Tasks { get; }

    /// <summary>All tables and datasets, by name.</summary>
    public ImmutableArray<LineageNode> Tables { get; }

    /// <summary>The table that a text means: <c>connection:schema.table</c>, <c>schema.table</c>, or a name that only one table has.</summary>
    /// <param name="text">The text.</param>
    /// <param name="column">One of its columns, or null.</param>
    /// <exception cref="MillraceException">MR1501: there is none. MR1502: several are meant.</exception>
    public LineageNode Find(string text, string? column)
    {
        ArgumentNullException.ThrowIfNull(text);
        LineageNode[] found = Matches(text, StringComparison.Ordinal);
        found = found.Length > 0 ? found : Matches(text, StringComparison.OrdinalIgnoreCase);
        if (found.Length != 1)
        {
            throw found.Length == 0 ? Unknown(text) : new MillraceException(
                ErrorCodes.TableAmbiguous, $"'{text}' may be {string.Join(" or ", found.Select(f => f.ToString()))}.", "Name one of them whole.");
        }

        string[] columns = ColumnsOf(found[0]);
        return column is null || columns.Contains(column) || columns.Contains("*")
            ? found[0] with { Column = column }
            : throw new MillraceException(ErrorCodes.UnknownTable, $"Nothing is known of a column '{column}' of {found[0]}.",
                columns.Length == 0 ? "Nothing is known of its columns; leave --column out." : Suggestion.For(column, columns));
    }

    /// <summary>The edges into a table and its columns, each with its task.</summary>
    public IEnumerable<LineageStep> Into(LineageNode table) => _into[table];

    /// <summary>Walks from a table or column to what it comes from, or to what comes of it.</summary>
    public LineageBranch Walk(LineageNode start, bool isUpstream) => Walk(start, [], isUpstream, []);

    private LineageNode[] Matches(string text, StringComparison comparison)
    {
        LineageNode[] whole = [.. Tables.Where(t => t.Table.Equals(text, comparison) || t.ToString().Equals(text, comparison))];
        return whole.Length > 0 ? whole : [.. Tables.Where(t => TableId.Parse(t.Table).Name.Equals(text, comparison))];
    }

    private MillraceException Unknown(string text)
    {
        string[] names = [.. Tables.Select(t => t.Table), .. Tables.Select(t => t.ToString())];
        string suggestion = Suggestion.For(text, names);
        return new(ErrorCodes.UnknownTable, $"No task reads or writes a table '{text}', as far as it is known.",
            suggestion.StartsWith("Did", StringComparison.Ordinal) ? suggestion
            : Tables.IsEmpty ? "Nothing is known of any table." : $"Tables: {string.Join(", ", Tables.Take(30))}{(Tables.Length > 30 ? ", …" : "")}.");
    }

    private string[] ColumnsOf(LineageNode table) => [.. _into[table].Select(s => s.Edge.To.Column).Concat(_outOf[table].Select(s => s.Edge.From!.Column)).OfType<string>().Distinct()];

    private LineageBranch Walk(LineageNode node, ImmutableArray<LineageStep> by, bool isUpstream, HashSet<LineageNode> seen)
    {
        // The rows of a table behind a column, and the rows that a column decides, are the end of a column's walk.
        bool isEnd = by.Length > 0 && node.Column is null && !by[0].Edge.IsOfTables;
        if (isEnd || !seen.Add(node))
        {
            return new(node, by, [], !isEnd);
        }

        LineageStep[] steps = [.. node.Column is null ? TableSteps(node, isUpstream) : ColumnSteps(node, isUpstream)];
        var branches = ImmutableArray.CreateBuilder<LineageBranch>();
        foreach (IGrouping<LineageNode?, LineageStep> next in steps.GroupBy(s => isUpstream ? s.Edge.From : s.Edge.To))
        {
            branches.Add(next.Key is null ? new(null, [.. next.Distinct()], [], false) : Walk(next.Key, [.. next.Distinct()], isUpstream, seen));
        }

        return new(node, by, branches.ToImmutable(), false);
    }

    private IEnumerable<LineageStep> TableSteps(LineageNode table, bool isUpstream) => (isUpstream ? _into[table] : _outOf[table]).Where(s => s.Edge.IsOfTables);

    private IEnumerable<LineageStep> ColumnSteps(LineageNode node, bool isUpstream)
    {
        LineageStep[] all = [.. (isUpstream ? _into[node.OfTable] : _outOf[node.OfTable]).Where(s => !s.Edge.IsOfTables)];
        LineageStep[] own = [.. all.Where(s => (isUpstream ? s.Edge.To : s.Edge.From!).Column == node.Column)];
        HashSet<(TaskLineage, LineageNode?)> told = [.. own.Select(s => (s.Task, Other(s.Edge, isUpstream)))];
        HashSet<TaskLineage> tasks = [.. own.Where(_ => isUpstream).Select(s => s.Task)];

        // What a star says holds where nothing is said of the column itself.
        IEnumerable<LineageStep> stars = all.Where(s => (isUpstream ? s.Edge.To : s.Edge.From!).Column == "*" && !tasks.Contains(s.Task) && !told.Contains((s.Task, Other(s.Edge, isUpstream))));
        return own.Concat(stars.Select(s => s with { Edge = OfColumn(s.Edge, node.Column!) }));
    }

    private static LineageNode? Other(LineageEdge edge, bool isUpstream) => (isUpstream ? edge.From : edge.To)?.OfTable;

    private static LineageEdge OfColumn(LineageEdge edge, string column) => edge with
    {
        From = edge.From is { Column: "*" } all ? all with { Column = column } : edge.From,
        To = edge.To.Column == "*" ? edge.To with { Column = column } : edge.To,
        IsUncertain = true,
    };
}
