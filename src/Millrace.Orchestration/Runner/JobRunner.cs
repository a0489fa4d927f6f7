using System.Collections.Immutable;
using Millrace.Catalog.Runs;
using Millrace.Core.Config;
using Millrace.Core.Errors;
using Millrace.Orchestration.Leases;

namespace Millrace.Orchestration.Runner;

/// <summary>
/// Runs jobs: opens a run in the catalog, runs its tasks in order (or several at once, as the job's parallelism says), each under its lease, and
/// records how they ended. A failed task fails the run; the tasks after it still run. A cancellation ends what is under way at its last commit.
/// </summary>
public sealed class JobRunner(RunnerSettings settings)
{
    private readonly TaskRunner _tasks = new(settings);

    /// <summary>Runs a job or one of its tasks.</summary>
    /// <returns>What happened; failed tasks are in it, not thrown.</returns>
    /// <exception cref="MillraceException">MR1406: no such job or task. MR1002: it is switched off. MR14xx: the catalog failed.</exception>
    public async Task<RunReport> RunAsync(Project project, RunRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(project);
        ArgumentNullException.ThrowIfNull(request);
        JobDefinition job = RunSelection.Job(project, request.Job);
        ImmutableArray<ProjectTask> tasks = RunSelection.Tasks(job, request.Task);
        await LostRuns.MarkAsync(settings.Catalog, cancellationToken).ConfigureAwait(false);

        long started = settings.Time.GetTimestamp();
        var start = new RunStart(job.Name, request.Trigger, request.StartedBy, Environment.MachineName, Environment.ProcessId);
        long runId = await settings.Catalog.Runs.StartAsync(start, cancellationToken).ConfigureAwait(false);
        TaskReport?[] reports = new TaskReport?[tasks.Length];
        RunStatus status = RunStatus.Failed;
        try
        {
            LeaseKeeper lease = await LeaseKeeper.AcquireAsync(
                settings.Catalog.Leases, LostRuns.LeaseOf(runId), ProcessProbe.Current(runId), $"Run {runId}", settings.LeaseDuration,
                settings.Time, cancellationToken).ConfigureAwait(false);
            await using (lease.ConfigureAwait(false))
            {
                await RunTasksAsync(project, job, tasks, request, runId, reports, lease.Lost, cancellationToken).ConfigureAwait(false);
            }

            status = StatusOf(reports, cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            status = RunStatus.Cancelled;
        }
        finally
        {
            // Also where the catalog threw in between: a run that ended is not left as under way if it can be helped.
            MillraceException? first = reports.Select(r => r?.Error).FirstOrDefault(e => e is not null);
            await EndAsync(runId, status, first).ConfigureAwait(false);
        }

        return new(runId, job.Name, status, [.. reports.OfType<TaskReport>()], settings.Time.GetElapsedTime(started));
    }

    private async Task EndAsync(long runId, RunStatus status, MillraceException? first)
    {
        try
        {
            await settings.Catalog.Runs.EndAsync(runId, status, first, CancellationToken.None).ConfigureAwait(false);
        }
        catch (MillraceException) when (first is not null)
        {
            // The task's error is the one to tell; that this run is over, the next one sees by its process.
            return;
        }
    }

    private async Task RunTasksAsync(
        Project project,
        JobDefinition job,
        ImmutableArray<ProjectTask> tasks,
        RunRequest request,
        long runId,
        TaskReport?[] reports,
        CancellationToken leaseLost,
        CancellationToken cancellationToken)
    {
        var options = new ParallelOptions
        {
            // A followed task never ends, so the next would never start.
            MaxDegreeOfParallelism = request.Follow ? Math.Max(1, tasks.Length) : job.Parallelism,
            CancellationToken = cancellationToken,
        };
        await Parallel.ForEachAsync(Enumerable.Range(0, tasks.Length), options, async (index, token) =>
            reports[index] = await _tasks.RunAsync(project, tasks[index], request, runId, leaseLost, token).ConfigureAwait(false))
            .ConfigureAwait(false);
    }

    private static RunStatus StatusOf(TaskReport?[] reports, CancellationToken cancellationToken) =>
        reports.Any(r => r?.Status == RunStatus.Failed) ? RunStatus.Failed
        : cancellationToken.IsCancellationRequested && reports.Any(r => r?.Status != RunStatus.Succeeded) ? RunStatus.Cancelled
        : RunStatus.Succeeded;
}
