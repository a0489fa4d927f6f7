using System.Collections.Immutable;
using Millrace.Core.Contracts;
using Millrace.Core.Engine.Shaping;
using Millrace.Core.Schemas;

namespace Millrace.Core.Config;

/// <summary>
/// Finds tasks that write one table, as far as the project alone says it: a task's tables are known for the datasets that it names, and for those
/// that its patterns match among the datasets that any task names of the same connection. What only the source knows is found when rows come
/// (<see cref="TableMarker"/>).
/// </summary>
internal static class TableRules
{
    // The destination's own rule shortens and marks names; here plain names are compared.
    private static readonly NamingRule Plain = new(int.MaxValue, true);

    public static void Check(ImmutableArray<ProjectTask> tasks, ProblemList problems)
    {
        ILookup<string, string> named = tasks
            .SelectMany(t => t.Move!.Source.Datasets.Include.Where(IsName).Select(d => (t.Move.Source.Connection, Dataset: d)))
            .Distinct()
            .ToLookup(d => d.Connection, d => d.Dataset, StringComparer.Ordinal);
        var writes = tasks.SelectMany(t => TablesOf(t, named).Select(table => (Task: t, Table: table)));
        HashSet<(ProjectTask, ProjectTask)> told = [];
        foreach (var same in writes.GroupBy(w => (w.Task.Move!.Target.Connection, w.Table.ToLowerInvariant())))
        {
            ProjectTask[] all = [.. same.Select(w => w.Task).Distinct()];
            foreach (ProjectTask later in all.Skip(1).Where(later => told.Add((all[0], later))))
            {
                Report(all[0], later, same.First().Table, all, problems);
            }
        }
    }

    private static void Report(ProjectTask first, ProjectTask later, string table, ProjectTask[] all, ProblemList problems)
    {
        // A resnapshot, a drop or a swap takes every row of the table, whichever task brought it.
        bool mayRemove = Array.Exists(
            all, t => t.Move!.Source.Method == ReplicationMethod.ChangeCapture || t.Move.Target.Disposition == WriteDisposition.Replace);
        bool isPattern = new[] { first, later }.Any(t => t.Move!.Source.Datasets.Include.Any(d => !IsName(d)));
        ProjectRules.ReportLater(
            [first, later],
            problems,
            !mayRemove,
            task => $"The task at {task.Location} writes the table '{table}' too.",
            !mayRemove
                ? "Two tasks may share a table only where their keys never meet."
                : isPattern
                    ? "Exclude the dataset from the pattern, or give it another table: change capture and replace remove rows that the other task brought."
                    : "Give each a table of its own: change capture and replace remove rows that the other task brought.");
    }

    private static IEnumerable<string> TablesOf(ProjectTask task, ILookup<string, string> named)
    {
        TaskTarget target = task.Move!.Target;
        if (!target.Table.Contains(TargetNames.DatasetPlaceholder, StringComparison.Ordinal))
        {
            return [target.Table];
        }

        TaskSource source = task.Move.Source;
        return named[source.Connection]
            .Where(source.Datasets.Matches)
            .Select(dataset => TargetNames.For(target.Table, dataset, Plain).ToString())
            .Distinct(StringComparer.OrdinalIgnoreCase);
    }

    private static bool IsName(string dataset) => !dataset.AsSpan().ContainsAny('*', '?');
}
