using Millrace.Catalog.Logs;
using Millrace.Catalog.Runs;
using Millrace.Core.Config;
using Millrace.Core.Config.Secrets;
using Millrace.Core.Contracts;
using Millrace.Core.Contracts.SqlSteps;
using Millrace.Core.Engine;
using Millrace.Core.Errors;
using Millrace.Orchestration.Leases;

namespace Millrace.Orchestration.Runner;

/// <summary>Runs one task of a run under its lease and records it.</summary>
internal sealed class TaskRunner(RunnerSettings settings)
{
    private readonly LineageRecorder _lineage = new(settings);

    /// <summary>Runs it; where it failed, or the catalog did before it began, that is in the report.</summary>
    public async Task<TaskReport> RunAsync(
        Project project, ProjectTask task, RunRequest request, long runId, CancellationToken leaseLost, CancellationToken cancellationToken)
    {
        try
        {
            return await RunRecordedAsync(project, task, request, runId, leaseLost, cancellationToken).ConfigureAwait(false);
        }
        catch (MillraceException exception)
        {
            return new(task, 0, RunStatus.Failed, null, Coded(exception));
        }
    }

    private async Task<TaskReport> RunRecordedAsync(
        Project project, ProjectTask task, RunRequest request, long runId, CancellationToken leaseLost, CancellationToken cancellationToken)
    {
        var start = new TaskRunStart(task.Key, task.Name, task.Step.ToString(), DefinitionJson.Of(task));
        long taskRunId = await settings.Catalog.Runs.StartTaskAsync(runId, start, cancellationToken).ConfigureAwait(false);
        SecretScrubber scrubber = settings.Secrets.Scrubber;
        IRunObserver observer = settings.Observer(task, runId);
        RunLog log = await RunLog.OpenAsync(
            settings.Catalog.Logs, runId, taskRunId, settings.Time, scrubber.Scrub, fault => observer.Note(NoteLevel.Warning, NoLog(fault, scrubber)),
            cancellationToken).ConfigureAwait(false);
        await using (log.ConfigureAwait(false))
        {
            TaskReport report;
            try
            {
                report = await RunUnderLeaseAsync(
                    project, new(task, taskRunId, RunStatus.Running, null, null), request, runId, log, observer, leaseLost, cancellationToken).ConfigureAwait(false);
                log.Add(LogLevel.Info, report.Step is { } step ? SqlTask.Summary(step) : Summary(report.Outcome!), report.Outcome!.Rows);
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                report = new(task, taskRunId, RunStatus.Cancelled, null, null);
                log.Add(LogLevel.Warning, "Cancelled. The destination is as at the last commit.");
            }
            catch (Exception exception)
            {
                MillraceException error = Coded(exception);
                report = new(task, taskRunId, RunStatus.Failed, null, error);
                log.Add(LogLevel.Error, $"{error.Code.Id}: {error.Message}{(error.Fix is null ? "" : " " + error.Fix)}");
            }

            report = await RecordAsync(report).ConfigureAwait(false);
            if (report.Status == RunStatus.Succeeded && await _lineage.TryRecordAsync(project, report, runId).ConfigureAwait(false) is { } fault)
            {
                log.Add(LogLevel.Warning, $"The lineage of this task run was not recorded: {fault.Code.Id}: {fault.Message}");
            }

            return report;
        }
    }

    // Why a task failed is told even where the catalog cannot take it: as often as not, both have met the same full disk.
    private async Task<TaskReport> RecordAsync(TaskReport report)
    {
        try
        {
            await settings.Catalog.Runs.EndTaskAsync(report.TaskRunId, report.Status, report.Outcome, report.Error, CancellationToken.None)
                .ConfigureAwait(false);
            return report;
        }
        catch (MillraceException exception)
        {
            return report.Status == RunStatus.Succeeded ? report with { Status = RunStatus.Failed, Error = Coded(exception) } : report;
        }
    }

    private async Task<TaskReport> RunUnderLeaseAsync(
        Project project, TaskReport started, RunRequest request, long runId, RunLog log, IRunObserver observer, CancellationToken leaseLost, CancellationToken cancellationToken)
    {
        ProjectTask task = started.Task;
        LeaseKeeper lease = await LeaseKeeper.AcquireAsync(
            settings.Catalog.Leases, $"task/{task.Key}", ProcessProbe.Current(runId), $"Task {task.Key}", settings.LeaseDuration, settings.Time,
            cancellationToken).ConfigureAwait(false);
        await using (lease.ConfigureAwait(false))
        {
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, lease.Lost, leaseLost);
            try
            {
                if (task.Sql is { } sql)
                {
                    SqlStepOutcome step = await new SqlTask(settings, project, task, sql, log, observer)
                        .RunAsync(request, runId, started.TaskRunId, stop.Token).ConfigureAwait(false);
                    return started with { Status = RunStatus.Succeeded, Outcome = SqlTask.OutcomeOf(step), Step = step };
                }

                TaskOutcome outcome = await MoveAsync(project, started, request, runId, log, observer, stop.Token).ConfigureAwait(false);
                return started with { Status = RunStatus.Succeeded, Outcome = outcome };
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested && stop.IsCancellationRequested)
            {
                throw new MillraceException(ErrorCodes.LeaseLost, $"Task {task.Key}: the lease was lost while the task ran.",
                    "The catalog was out of reach for too long, or another run took over. Start the task again; it goes on from its last commit.",
                    isTransient: true);
            }
        }
    }

    private async Task<TaskOutcome> MoveAsync(
        Project project, TaskReport started, RunRequest request, long runId, RunLog log, IRunObserver observer, CancellationToken cancellationToken)
    {
        ProjectTask task = started.Task;
        TaskDefinition move = task.Move ?? throw new InvalidOperationException($"Task {task.Key} has nothing to run.");
        ConnectionDefinition from = project.Connections[move.Source.Connection];
        ConnectionDefinition to = project.Connections[move.Target.Connection];
        SecretResolver secrets = settings.Secrets;
        var context = new RunContext(
            runId, from.Resolve(secrets, settings.ProjectFolder), to.Resolve(secrets, settings.ProjectFolder), settings.StateOf(task.Key))
        {
            Observer = new RecordingObserver(settings.Catalog, runId, started.TaskRunId, task.Key, log, secrets.Scrubber, observer),
            FullRefresh = request.FullRefresh,
            From = request.From,
            To = request.To,
            Follow = request.Follow,
            Stopping = request.Stopping,
            Time = settings.Time,
        };
        return await new TaskEngine(secrets.Resolve(move), from.Connector, to.Connector, context).RunAsync(cancellationToken).ConfigureAwait(false);
    }

    private static string NoLog(Exception fault, SecretScrubber scrubber) => scrubber.Scrub(
        $"The catalog takes no more log lines of this task run ({(fault is MillraceException coded ? coded.Code.Id : fault.GetType().Name)}: {fault.Message}). The rows do not depend on it.");

    private MillraceException Coded(Exception exception)
    {
        SecretScrubber scrubber = settings.Secrets.Scrubber;
        string whole = exception.ToString();
        // The cause is kept for its stack, unless it holds a secret.
        Exception? inner = scrubber.Scrub(whole) == whole ? exception : null;
        return exception switch
        {
            _ when Starvation.Read(exception) is { } starved => new(starved.Code, scrubber.Scrub(starved.Message), starved.Fix, inner: inner),
            MillraceException coded => new(
                coded.Code, scrubber.Scrub(coded.Message), coded.Fix is null ? null : scrubber.Scrub(coded.Fix), coded.ConfigPath, coded.IsTransient, inner),
            _ when Starvation.IsDiskFull(exception) => new(
                ErrorCodes.DiskFull, scrubber.Scrub(exception.Message), "Free space there and run again; it goes on from the last commit.", inner: inner),
            _ => new(ErrorCodes.Internal, scrubber.Scrub($"{exception.GetType().Name}: {exception.Message}"),
                "Run the task again; it goes on from its last commit. If it fails again, please report it.", inner: inner),
        };
    }

    private static string Summary(TaskOutcome outcome)
    {
        string limit = outcome.LimitReached switch
        {
            null => "",
            ReadBudget.StopRequested => " Stopped as asked, at a commit point; the next run goes on from here.",
            { } setting => $" Stopped at {setting}; the next run goes on from here.",
        };
        string quarantined = outcome.Quarantined == 0 ? "" : $" {Quantity.Of(outcome.Quarantined, "row")} in quarantine.";
        return $"{Quantity.Of(outcome.Rows, "row")}, {new ByteSize(outcome.Bytes)} in {Quantity.Of(outcome.Loads, "load")}.{quarantined}{limit}";
    }
}
