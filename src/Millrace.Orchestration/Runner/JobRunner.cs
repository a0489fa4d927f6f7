using System.Collections.Immutable;
using Millrace.Catalog.Runs;
using Millrace.Core.Config;
using Millrace.Core.Errors;
using Millrace.Orchestration.Leases;

namespace Millrace.Orchestration.Runner;

/// <summary>
/// Runs jobs: opens a run in the catalog, runs its tasks step by step (<see cref="StepSchedule"/>), each under its lease, and records how they
/// ended. A failed task fails the run. A cancellation ends what is under way at its last commit.
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
        ImmutableArray<ProjectTask> tasks = RunSelection.Tasks(job, request);
        await LostRuns.MarkAsync(settings.Catalog, cancellationToken).ConfigureAwait(false);

        long started = settings.Time.GetTimestamp();
        var start = new RunStart(job.Name, request.Trigger, request.StartedBy, Environment.MachineName, Environment.ProcessId);
        long runId = await settings.Catalog.Runs.StartAsync(start, cancellationToken).ConfigureAwait(false);
        CancellationToken leaseLost = CancellationToken.None;
        var schedule = new StepSchedule(
            tasks,
            // A followed task never ends, so the next would never start.
            request.Follow ? Math.Max(1, tasks.Length) : job.Parallelism,
            task => _tasks.RunAsync(project, task, request, runId, leaseLost, cancellationToken));
        RunStatus status = RunStatus.Failed;
        try
        {
            LeaseKeeper lease = await LeaseKeeper.AcquireAsync(
                settings.Catalog.Leases, LostRuns.LeaseOf(runId), ProcessProbe.Current(runId), $"Run {runId}", settings.LeaseDuration,
                settings.Time, cancellationToken).ConfigureAwait(false);
            await using (lease.ConfigureAwait(false))
            {
                leaseLost = lease.Lost;
                await schedule.RunAsync(cancellationToken).ConfigureAwait(false);
            }

            status = StatusOf(schedule, cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            status = RunStatus.Cancelled;
        }
        finally
        {
            // Also where the catalog threw in between: a run that ended is not left as under way if it can be helped.
            MillraceException? first = schedule.Reports.Select(r => r.Error).FirstOrDefault(e => e is not null);
            await EndAsync(runId, status, first).ConfigureAwait(false);
        }

        return new(runId, job.Name, status, schedule.Reports, settings.Time.GetElapsedTime(started))
        {
            Skipped = [.. RunSelection.SwitchedOff(job, request), .. schedule.Skipped],
        };
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

    private static RunStatus StatusOf(StepSchedule schedule, CancellationToken cancellationToken) =>
        schedule.Reports.Any(r => r.Status == RunStatus.Failed) ? RunStatus.Failed
        : cancellationToken.IsCancellationRequested && schedule.Reports.Any(r => r.Status != RunStatus.Succeeded) ? RunStatus.Cancelled
        : RunStatus.Succeeded;
}
