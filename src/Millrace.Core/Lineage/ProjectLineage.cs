using System.Collections.Immutable;
using Millrace.Core.Config;
using Millrace.Core.Contracts.SqlSteps;
using Millrace.Core.Schemas;

namespace Millrace.Core.Lineage;

/// <summary>The lineage of a project's definitions: what its jobs would do now. Tasks that are switched off are left out.</summary>
public sealed class ProjectLineage
{
    private const int MostPasses = 8;

    private readonly Project _project;
    private readonly Func<string, IReadOnlyList<LineageEdge>> _recorded;
    private readonly Dictionary<string, ISqlLineageReader?> _readers = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Dictionary<string, ImmutableArray<string>>> _columns = new(StringComparer.Ordinal);
    private bool _hasLearned;

    private ProjectLineage(Project project, Func<string, IReadOnlyList<LineageEdge>> recorded)
    {
        _project = project;
        _recorded = recorded;
    }

    /// <summary>Reads a project's definitions.</summary>
    /// <param name="project">The project, its scripts loaded.</param>
    /// <param name="recorded">The edges of columns that runs of a task (by its key) recorded of step E; empty where none did.</param>
    public static ImmutableArray<TaskLineage> Of(Project project, Func<string, IReadOnlyList<LineageEdge>> recorded)
    {
        ArgumentNullException.ThrowIfNull(project);
        ArgumentNullException.ThrowIfNull(recorded);
        return new ProjectLineage(project, recorded).ReadAll();
    }

    /// <summary>The lineage of one task, with what the definitions of the others say of columns.</summary>
    public static TaskLineage? OfTask(Project project, string taskKey, Func<string, IReadOnlyList<LineageEdge>> recorded) =>
        Of(project, recorded).FirstOrDefault(t => t.TaskKey == taskKey);

    /// <summary>A table of a connection with the schema that one without a schema has there.</summary>
    public static TableId Resolve(ConnectionDefinition connection, TableId table)
    {
        ArgumentNullException.ThrowIfNull(connection);
        return ReaderOf(connection)?.Resolve(table) ?? table;
    }

    private static ISqlLineageReader? ReaderOf(ConnectionDefinition connection) => connection.Connector.CreateLineageReader(connection.PlainText("schema"));

    private ISqlLineageReader? Reader(string connection) => _readers.TryGetValue(connection, out ISqlLineageReader? known)
        ? known
        : _readers[connection] = _project.Connections.TryGetValue(connection, out ConnectionDefinition? definition) ? ReaderOf(definition) : null;

    private ImmutableArray<TaskLineage> ReadAll()
    {
        ProjectTask[] tasks = [.. _project.Jobs.Where(j => j.Enabled).SelectMany(j => j.Tasks).Where(t => t.Enabled && (t.Move is not null || t.Sql is not null))];
        ImmutableArray<TaskLineage> moves = [.. tasks.Where(t => t.Move is not null).Select(OfMove)];

        // A script reads tables that another makes, whichever of them stands first.
        ImmutableArray<TaskLineage> steps = [];
        for (int i = 0; i < MostPasses && (i == 0 || _hasLearned); i++)
        {
            _hasLearned = false;
            steps = [.. tasks.Where(t => t.Sql is not null).Select(OfStep)];
        }

        ImmutableArray<TaskLineage> all = [.. moves, .. steps];
        return WithPatterns(all, tasks);
    }

    private TaskLineage OfMove(ProjectTask task)
    {
        TaskDefinition move = task.Move!;
        ISqlLineageReader? reader = Reader(move.Target.Connection);
        ImmutableArray<LineageEdge> settings = MoveLineage.OfSettings(move, t => reader?.Resolve(t) ?? t);
        IReadOnlyList<LineageEdge> recorded = _recorded(task.Key);
        HashSet<string> tables = [.. recorded.Select(e => e.To.OfTable.ToString())];

        // The columns that a table has say more than the settings; a pattern's tables are known by what runs did.
        ImmutableArray<LineageEdge> edges = [.. recorded, .. settings.Where(e => !tables.Contains(e.To.OfTable.ToString()) && !(e.From?.Table.Contains('*', StringComparison.Ordinal) == true && tables.Count > 0))];
        foreach (IGrouping<string, LineageEdge> table in edges.Where(e => e.To.Column is not null).GroupBy(e => e.To.Table, StringComparer.Ordinal))
        {
            // Tables of step E have columns of Millrace's own, too, and get others as the source does.
            Learn(move.Target.Connection, table.Key, [.. table.Select(e => e.To.Column!).Where(c => c != "*").Distinct(StringComparer.Ordinal), "*"]);
        }

        return new(task.Key, task.Job, task.Name, task.Step.ToString()) { Edges = edges };
    }

    private TaskLineage OfStep(ProjectTask task)
    {
        string connection = task.Sql!.Connection;
        return StepLineage.Of(task, Reader(connection), t => ColumnsOf(connection, t), (t, columns) => Learn(connection, t.ToString(), columns));
    }

    private static ImmutableArray<TaskLineage> WithPatterns(ImmutableArray<TaskLineage> all, ProjectTask[] tasks)
    {
        HashSet<string> made = [.. all.SelectMany(t => t.Edges).Select(e => e.To.OfTable.ToString())];
        LineageNode[] unmade = [.. all.SelectMany(t => t.Edges).Select(e => e.From?.OfTable).OfType<LineageNode>().Distinct().Where(n => !made.Contains(n.ToString()))];
        return [.. all.Select(lineage =>
        {
            TaskDefinition? move = tasks.First(t => t.Key == lineage.TaskKey).Move;
            return move is null || !move.Source.Datasets.Include.Any(d => d.Contains('*', StringComparison.Ordinal))
                ? lineage
                : lineage with { Edges = [.. lineage.Edges, .. unmade.Where(n => n.Connection == move.Target.Connection).SelectMany(n => OfPattern(move, TableId.Parse(n.Table)))] };
        })];
    }

    private static IEnumerable<LineageEdge> OfPattern(TaskDefinition move, TableId table) =>
        MoveLineage.DatasetOf(move, table) is { } dataset ? MoveLineage.OfDataset(move, dataset, table, isUncertain: true) : [];

    private ImmutableArray<string>? Known(string connection, string table) =>
        _columns.TryGetValue(connection, out Dictionary<string, ImmutableArray<string>>? tables) && tables.TryGetValue(table, out ImmutableArray<string> columns) ? columns : null;

    private string[]? ColumnsOf(string connection, TableId table) => Known(connection, table.ToString()) is { } columns ? [.. columns] : null;

    private void Learn(string connection, string table, ImmutableArray<string> columns)
    {
        if (Known(connection, table) is { } known && known.SequenceEqual(columns, StringComparer.Ordinal))
        {
            return;
        }

        if (!_columns.TryGetValue(connection, out Dictionary<string, ImmutableArray<string>>? tables))
        {
            _columns[connection] = tables = new(Reader(connection) is { IgnoresCase: true } ? StringComparer.OrdinalIgnoreCase : StringComparer.Ordinal);
        }

        tables[table] = columns;
        _hasLearned = true;
    }
}
