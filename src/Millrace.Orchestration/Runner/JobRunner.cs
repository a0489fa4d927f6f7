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

    /// <summary>Runs a job or some of its tasks, or takes up a run where it failed.</summary>
    /// <returns>What happened; failed tasks are in it, not thrown.</returns>
    /// <exception cref="MillraceException">MR1406: no such job, task or run. MR1002: it is switched off. MR1407: the run cannot be taken up. MR14xx: the
    /// catalog failed.</exception>
    public async Task<RunReport> RunAsync(Project project, RunRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(project);
        ArgumentNullException.ThrowIfNull(request);
        JobDefinition job = RunSelection.Job(project, request.Job);
        await LostRuns.MarkAsync(settings.Catalog, cancellationToken).ConfigureAwait(false);
        RunRecord? begun = null;
        if (request.Resume is { } taken)
        {
            begun = await ResumedRun.FindAsync(settings.Catalog.Runs, taken, job.Name, cancellationToken).ConfigureAwait(false);
            request = RunArguments.AsBegun(request, begun);
        }

        ImmutableArray<ProjectTask> tasks = RunSelection.Tasks(job, request);
        var start = new RunStart(job.Name, request.Trigger, request.StartedBy, Environment.MachineName, Environment.ProcessId)
        {
            Arguments = RunArguments.Of(request),
        };
        if (begun is null)
        {
            long runId = await settings.Catalog.Runs.StartAsync(start, cancellationToken).ConfigureAwait(false);
            return await RunStartedAsync(project, job, tasks, [], request, runId, () => AcquireAsync(runId, cancellationToken), cancellationToken).ConfigureAwait(false);
        }

        // Whoever holds the run's lease may open it again: two who try at once do not both run it.
        LeaseKeeper lease = await AcquireAsync(begun.RunId, cancellationToken).ConfigureAwait(false);
        ImmutableArray<SkippedTask> done;
        try
        {
            done = await ResumedRun.OpenAsync(settings.Catalog.Runs, begun, start, tasks, cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            await lease.DisposeAsync().ConfigureAwait(false);
            throw;
        }

        return await RunStartedAsync(
            project, job, [.. tasks.Except(done.Select(d => d.Task))], done, request, begun.RunId, () => Task.FromResult(lease), cancellationToken).ConfigureAwait(false);
    }

    private Task<LeaseKeeper> AcquireAsync(long runId, CancellationToken cancellationToken) => LeaseKeeper.AcquireAsync(
        settings.Catalog.Leases, LostRuns.LeaseOf(runId), ProcessProbe.Current(runId), $"Run {runId}", settings.LeaseDuration, settings.Time, cancellationToken);

    private async Task<RunReport> RunStartedAsync(
        Project project,
        JobDefinition job,
        ImmutableArray<ProjectTask> tasks,
        ImmutableArray<SkippedTask> done,
        RunRequest request,
        long runId,
        Func<Task<LeaseKeeper>> acquire,
        CancellationToken cancellationToken)
    {
        long started = settings.Time.GetTimestamp();
        CancellationToken leaseLost = CancellationToken.None;
        var schedule = new StepSchedule(
            tasks,
            // A followed task never ends, so the next would never start.
            request.Follow ? Math.Max(1, tasks.Length) : job.Parallelism,
            task => _tasks.RunAsync(project, task, request, runId, leaseLost, cancellationToken));
        RunStatus status = RunStatus.Failed;
        try
        {
            LeaseKeeper lease = await acquire().ConfigureAwait(false);
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
            IsWhole = request is { Task: null, Steps.IsEmpty: true, Follow: false, From: null, To: null },
            Skipped = [.. RunSelection.LeftOut(job, request), .. done, .. schedule.Skipped],
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
