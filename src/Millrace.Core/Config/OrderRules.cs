using System.Collections.Immutable;
using Millrace.Core.Errors;

namespace Millrace.Core.Config;

/// <summary>The order of tasks and of jobs: what they name is there, comes earlier, and never leads in a circle.</summary>
internal static class OrderRules
{
    public static void Check(ImmutableArray<JobDefinition> jobs, ProblemList problems)
    {
        foreach (JobDefinition job in jobs)
        {
            CheckOrders(job, problems);
            CheckDependencies(job, problems);
            CheckNext(job, jobs, problems);
        }
    }

    private static void CheckOrders(JobDefinition job, ProblemList problems)
    {
        foreach (IGrouping<(Settings.TaskStep Step, int? Order), ProjectTask> same in job.Tasks.Where(t => t.RunOrder is not null).GroupBy(t => (t.Step, t.RunOrder)))
        {
            ProjectRules.ReportLater(
                same, problems, false, first => $"The order {same.Key.Order} of step {same.Key.Step} is taken by the task at {first.Location}.", "Give one of them another order.");
        }
    }

    private static void CheckDependencies(JobDefinition job, ProblemList problems)
    {
        ILookup<string, ProjectTask> named = job.Tasks.ToLookup(t => t.Name, StringComparer.Ordinal);
        foreach (ProjectTask task in job.Tasks)
        {
            foreach (string name in task.DependsOn)
            {
                if (named[name].FirstOrDefault() is not { } before)
                {
                    Add(ErrorCodes.UnknownName, job, task, problems, $"There is no task '{name}' in job '{job.Name}'.",
                        $"Tasks: {string.Join(", ", job.Tasks.Select(t => t.Name))}.");
                }
                else if (before.Step > task.Step)
                {
                    Add(ErrorCodes.Unsupported, job, task, problems, $"Task '{task.Name}' of step {task.Step} cannot depend on '{name}' of step {before.Step}, which comes later.",
                        "The steps follow each other: E, then T, then L.");
                }
            }

            string[]? circle = Circle(task.Name, name => named[name].FirstOrDefault()?.DependsOn ?? []);
            if (circle is not null && circle.Order(StringComparer.Ordinal).First() == task.Name)
            {
                Add(ErrorCodes.Cycle, job, task, problems, $"Tasks depend on each other in a circle: {string.Join(" -> ", circle)} -> {task.Name}.", "Remove one of the dependencies.");
            }
        }
    }

    private static void Add(ErrorCode code, JobDefinition job, ProjectTask task, ProblemList problems, string message, string fix) =>
        problems.Add(new(code, false, task.Location.File, task.Location.Line, $"jobs.{job.Name}.tasks[{task.Order}].depends_on", message, fix));

    private static void CheckNext(JobDefinition job, ImmutableArray<JobDefinition> jobs, ProblemList problems)
    {
        string path = $"jobs.{job.Name}.on_success";
        foreach (string name in job.OnSuccess.Where(n => jobs.All(j => j.Name != n)))
        {
            problems.Add(new(ErrorCodes.UnknownName, false, job.Location.File, job.Location.Line, path, $"There is no job '{name}'.",
                $"Jobs: {string.Join(", ", jobs.Select(j => j.Name))}."));
        }

        string[]? circle = Circle(job.Name, name => jobs.FirstOrDefault(j => j.Name == name)?.OnSuccess ?? []);
        if (circle is not null && circle.Order(StringComparer.Ordinal).First() == job.Name)
        {
            problems.Add(new(ErrorCodes.Cycle, false, job.Location.File, job.Location.Line, path,
                $"Jobs start each other in a circle: {string.Join(" -> ", circle)} -> {job.Name}.", "Remove one of the links."));
        }
    }

    // A way from a name back to itself, or null.
    private static string[]? Circle(string start, Func<string, ImmutableArray<string>> next)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var ways = new Stack<ImmutableArray<string>>([[start]]);
        while (ways.TryPop(out ImmutableArray<string> way))
        {
            foreach (string name in next(way[^1]))
            {
                if (name == start)
                {
                    return [.. way];
                }

                if (seen.Add(name))
                {
                    ways.Push(way.Add(name));
                }
            }
        }

        return null;
    }
}
