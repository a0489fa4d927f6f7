using System.Collections.Immutable;
using Millrace.Core.Config;
using Millrace.Core.Contracts;
using Millrace.Core.Engine;
using Millrace.Core.Engine.Shaping;
using Millrace.Core.Schemas;

namespace Millrace.Core.Lineage;

/// <summary>The lineage of tasks of step E.</summary>
public static class MoveLineage
{
    /// <summary>What a task's settings say: its datasets as far as they are named, and its mappings. Other fields go to columns of their names.</summary>
    /// <param name="task">The task.</param>
    /// <param name="resolve">Gives a table of the target the schema that one without a schema has.</param>
    public static ImmutableArray<LineageEdge> OfSettings(TaskDefinition task, Func<TableId, TableId> resolve)
    {
        ArgumentNullException.ThrowIfNull(task);
        ArgumentNullException.ThrowIfNull(resolve);
        return [.. task.Source.Datasets.Include.SelectMany(dataset => OfDataset(task, dataset, resolve(TableOf(task, dataset)), dataset.Contains('*', StringComparison.Ordinal)))];
    }

    /// <summary>The edges of one dataset by the settings alone; for a table that a pattern may stand for, as uncertain ones.</summary>
    public static IEnumerable<LineageEdge> OfDataset(TaskDefinition task, string dataset, TableId table, bool isUncertain)
    {
        ArgumentNullException.ThrowIfNull(task);
        var source = new LineageNode(task.Source.Connection, dataset);
        var to = new LineageNode(task.Target.Connection, table.ToString());
        yield return new(source, to, LineageKind.Loaded, LineageOrigin.Settings) { IsUncertain = isUncertain };
        foreach (ColumnMapping mapping in task.Columns.Where(c => !c.Drop && (c.To ?? c.From) is not null))
        {
            LineageNode column = to with { Column = mapping.To ?? mapping.From!.Replace(".", task.Nested.Separator, StringComparison.Ordinal) };
            yield return new(mapping.From is { } path ? source with { Column = path } : null, column, KindOf(mapping, column.Column), LineageOrigin.Settings) { IsUncertain = isUncertain };
        }

        if (task.Source.Fields.IsEmpty)
        {
            yield return new(source with { Column = "*" }, to with { Column = "*" }, LineageKind.Copied, LineageOrigin.Settings) { IsUncertain = isUncertain };
        }

        foreach (string field in task.Source.Fields.Where(f => !task.Columns.Any(c => c.From == f)))
        {
            yield return new(source with { Column = field }, to with { Column = field }, LineageKind.Copied, LineageOrigin.Settings) { IsUncertain = isUncertain };
        }
    }

    /// <summary>What a run did: the tables that it wrote, each with the columns that it has.</summary>
    /// <param name="task">The task.</param>
    /// <param name="outcome">What the run did.</param>
    /// <param name="resolve">Gives a table of the target the schema that one without a schema has.</param>
    public static ImmutableArray<LineageEdge> OfRun(TaskDefinition task, TaskOutcome outcome, Func<TableId, TableId> resolve)
    {
        ArgumentNullException.ThrowIfNull(task);
        ArgumentNullException.ThrowIfNull(outcome);
        ArgumentNullException.ThrowIfNull(resolve);
        var edges = ImmutableArray.CreateBuilder<LineageEdge>();
        foreach ((string dataset, TableSchema schema) in outcome.Written)
        {
            var source = new LineageNode(task.Source.Connection, dataset);
            var to = new LineageNode(task.Target.Connection, resolve(schema.Table).ToString());
            edges.Add(new(source, to, LineageKind.Loaded, LineageOrigin.Recorded));
            edges.AddRange(schema.Columns.Select(c => OfColumn(task, source, to, c)));
        }

        return edges.ToImmutable();
    }

    /// <summary>The table that a dataset goes to where its name is as the target takes it.</summary>
    public static TableId TableOf(TaskDefinition task, string dataset)
    {
        ArgumentNullException.ThrowIfNull(task);
        ArgumentNullException.ThrowIfNull(dataset);
        return TableId.Parse(task.Target.Table.Replace(TargetNames.DatasetPlaceholder, dataset.Replace('.', '_'), StringComparison.Ordinal));
    }

    /// <summary>The dataset of a task's pattern that goes to a table; null where none does.</summary>
    public static string? DatasetOf(TaskDefinition task, TableId table)
    {
        ArgumentNullException.ThrowIfNull(task);
        string template = task.Target.Table;
        int place = template.IndexOf(TargetNames.DatasetPlaceholder, StringComparison.Ordinal);
        string name = table.ToString();
        string end = place < 0 ? "" : template[(place + TargetNames.DatasetPlaceholder.Length)..];
        bool fits = place >= 0 && name.Length > template.Length - TargetNames.DatasetPlaceholder.Length && name.StartsWith(template[..place], StringComparison.Ordinal)
            && name.EndsWith(end, StringComparison.Ordinal);
        string dataset = fits ? name[place..^end.Length] : "";
        return fits && task.Source.Datasets.Matches(dataset) ? dataset : null;
    }

    private static LineageEdge OfColumn(TaskDefinition task, LineageNode source, LineageNode to, ColumnSchema column)
    {
        LineageNode target = to with { Column = column.Name };
        string? path = column.Source?.Split(VariantKind.SourceMark)[0];
        ColumnMapping? mapping = task.Columns.FirstOrDefault(c => !c.Drop && (c.From == path || (c.From is null && path is null)) && (c.To is null || c.To == column.Name));
        LineageKind kind = mapping is not null ? KindOf(mapping, column.Name)
            : path is null ? LineageKind.Derived
            : column.Source != path ? LineageKind.Cast
            : path == column.Name ? LineageKind.Copied : LineageKind.Renamed;
        return new(path is null && mapping is not null ? null : source with { Column = path }, target, kind, LineageOrigin.Recorded);
    }

    private static LineageKind KindOf(ColumnMapping mapping, string? column) => mapping switch
    {
        { From: null } => LineageKind.Constant,
        { Mask: not MaskKind.None } => LineageKind.Masked,
        { Cast: not null } => LineageKind.Cast,
        _ => mapping.From == column ? LineageKind.Copied : LineageKind.Renamed,
    };
}
