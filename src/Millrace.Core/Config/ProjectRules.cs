using System.Collections.Immutable;
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

        OrderRules.Check(jobs, problems);
        TableRules.Check([.. tasks.Where(t => t.Move is not null)], problems);
    }

    /// <summary>Reports every task of a group but the first, which the message is about.</summary>
    public static void ReportLater(
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
