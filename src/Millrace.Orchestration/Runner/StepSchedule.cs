using System.Collections.Immutable;
using Millrace.Catalog.Runs;
using Millrace.Core.Config;
using Millrace.Core.Config.Settings;

namespace Millrace.Orchestration.Runner;

/// <summary>
/// Runs a run's tasks: step E, then T, then L; within a step in their order, up to so many at once, each after those that it depends on. A failed
/// task keeps those that depend on it and the later steps from starting; the others of its step still run.
/// </summary>
/// <param name="tasks">The tasks.</param>
/// <param name="parallelism">Most tasks at once.</param>
/// <param name="run">Runs one.</param>
internal sealed class StepSchedule(ImmutableArray<ProjectTask> tasks, int parallelism, Func<ProjectTask, Task<TaskReport>> run)
{
    private readonly HashSet<string> _names = tasks.Select(t => t.Name).ToHashSet(StringComparer.Ordinal);
    private readonly Dictionary<string, RunStatus> _ended = new(StringComparer.Ordinal);
    private readonly List<TaskReport> _reports = [];
    private readonly List<SkippedTask> _skipped = [];

    /// <summary>What ran, in the job's order.</summary>
    public ImmutableArray<TaskReport> Reports => [.. _reports.OrderBy(r => r.Task.Order)];

    /// <summary>What did not start, and why.</summary>
    public ImmutableArray<SkippedTask> Skipped => [.. _skipped.OrderBy(s => s.Task.Order)];

    /// <summary>Runs them all. Tasks under way are waited for whatever happens.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        foreach (IGrouping<TaskStep, ProjectTask> step in tasks.GroupBy(t => t.Step).OrderBy(g => g.Key))
        {
            List<ProjectTask> waiting = [.. step.OrderBy(t => t.Order).Select((t, i) => (Task: t, Place: t.RunOrder ?? i + 1)).OrderBy(t => t.Place).Select(t => t.Task)];
            if (_reports.FirstOrDefault(r => r.Status != RunStatus.Succeeded) is { } failed)
            {
                _skipped.AddRange(waiting.Select(t => new SkippedTask(t, $"step {failed.Task.Step} did not succeed: {failed.Task.Name}")));
                continue;
            }

            await RunStepAsync(waiting, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task RunStepAsync(List<ProjectTask> waiting, CancellationToken cancellationToken)
    {
        List<Task<TaskReport>> running = [];
        try
        {
            while (waiting.Count + running.Count > 0)
            {
                cancellationToken.ThrowIfCancellationRequested();
                SkipHopeless(waiting);
                while (running.Count < parallelism && waiting.Find(IsReady) is { } next)
                {
                    waiting.Remove(next);
                    running.Add(run(next));
                }

                if (running.Count > 0)
                {
                    Task<TaskReport> ended = await Task.WhenAny(running).ConfigureAwait(false);
                    running.Remove(ended);
                    Note(await ended.ConfigureAwait(false));
                }
                else if (waiting.Count > 0)
                {
                    throw new InvalidOperationException($"Tasks wait for each other: {string.Join(", ", waiting.Select(t => t.Name))}.");
                }
            }
        }
        finally
        {
            await ((Task)Task.WhenAll(running)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            running.Where(t => t.IsCompletedSuccessfully).ToList().ForEach(t => Note(t.Result));
        }
    }

    private void Note(TaskReport report)
    {
        _ended[report.Task.Name] = report.Status;
        _reports.Add(report);
    }

    private bool IsReady(ProjectTask task) => task.DependsOn.All(d => !_names.Contains(d) || _ended.ContainsKey(d));

    private void SkipHopeless(List<ProjectTask> waiting)
    {
        while (waiting.Find(t => Missing(t) is not null) is { } task)
        {
            waiting.Remove(task);
            _skipped.Add(new(task, $"it depends on {Missing(task)}, which did not succeed"));
        }
    }

    // A task that is not of this run (switched off, or another was asked for) is not waited for.
    private string? Missing(ProjectTask task) => task.DependsOn.FirstOrDefault(d =>
        (_ended.TryGetValue(d, out RunStatus status) && status != RunStatus.Succeeded) || _skipped.Exists(s => s.Task.Name == d));
}
