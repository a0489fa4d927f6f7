using System.Collections.Immutable;
using Millrace.Core.Contracts;
using Millrace.Core.Errors;

namespace Millrace.Core.Config;

/// <summary>What must hold over all jobs together.</summary>
internal static class ProjectRules
{
    public static void Check(ImmutableArray<JobDefinition> jobs, ProblemList problems)
    {
        var tasks = jobs.SelectMany(j => j.Tasks).ToList();
        foreach (JobDefinition job in jobs)
        {
            foreach (IGrouping<string, ProjectTask> same in job.Tasks.GroupBy(t => t.Name, StringComparer.Ordinal))
            {
                ReportLater(same, problems, false, first => $"The name '{same.Key}' is taken by the task at {first.Location}.", "Rename one of them.");
            }
        }

        foreach (IGrouping<string, ProjectTask> same in tasks.GroupBy(t => t.Key, StringComparer.Ordinal))
        {
            IEnumerable<ProjectTask> distinct = same.GroupBy(t => (t.Job, t.Name)).Select(g => g.First());
            ReportLater(distinct, problems, false, first => $"The id '{same.Key}' is the id of the task at {first.Location}.", "Give one of them another id.");
        }

        foreach (IGrouping<(string, string), ProjectTask> same in tasks.Where(t => t.Move is not null)
            .GroupBy(t => (t.Move!.Target.Connection, t.Move.Target.Table.ToLowerInvariant()))
            .Where(g => !g.Key.Item2.Contains("{dataset}", StringComparison.Ordinal)))
        {
            // A resnapshot, a drop or a swap takes every row of the table, whichever task brought it.
            bool mayRemove = same.Any(t => t.Move!.Source.Method == ReplicationMethod.ChangeCapture || t.Move.Target.Disposition == WriteDisposition.Replace);
            ReportLater(same, problems, !mayRemove, first => $"The task at {first.Location} writes the table '{first.Move!.Target.Table}' too.",
                mayRemove
                    ? "Give each a table of its own: change capture and replace remove rows that the other task brought."
                    : "Two tasks may share a table only where their keys never meet.");
        }
    }

    private static void ReportLater(
        IEnumerable<ProjectTask> same, ProblemList problems, bool isWarning, Func<ProjectTask, string> message, string fix)
    {
        ProjectTask? first = null;
        foreach (ProjectTask task in same)
        {
            if (first is not null)
            {
                problems.Add(new(ErrorCodes.Duplicate, isWarning, task.Location.File, task.Location.Line,
                    $"jobs.{task.Job}.tasks[{task.Order}]", message(first), fix));
            }

            first ??= task;
        }
    }
}
