using Millrace.Core.Engine;
using Millrace.Core.Errors;

namespace Millrace.Catalog.Runs;

/// <summary>Runs and task runs. Run ids grow and are never given twice.</summary>
public interface IRunStore
{
    /// <summary>Opens a run and gives it its id.</summary>
    ValueTask<long> StartAsync(RunStart start, CancellationToken cancellationToken);

    /// <summary>Opens a run that ended without success once more, under its id.</summary>
    /// <returns>False where it is under way or has succeeded.</returns>
    ValueTask<bool> ReopenAsync(long runId, RunStart start, CancellationToken cancellationToken);

    /// <summary>Closes a run. A run that was marked lost meanwhile becomes what it really is.</summary>
    ValueTask EndAsync(long runId, RunStatus status, MillraceException? error, CancellationToken cancellationToken);

    /// <summary>Opens a task run with a copy of the settings it runs with.</summary>
    ValueTask<long> StartTaskAsync(long runId, TaskRunStart start, CancellationToken cancellationToken);

    /// <summary>Brings the counts of a task run that is under way up to date.</summary>
    ValueTask ProgressTaskAsync(long taskRunId, RunProgress progress, CancellationToken cancellationToken);

    /// <summary>Closes a task run.</summary>
    /// <param name="taskRunId">The task run.</param>
    /// <param name="status">How it ended.</param>
    /// <param name="outcome">What it did; null where it failed (its counts then stay as they were at the last commit).</param>
    /// <param name="error">Why it failed, or null.</param>
    /// <param name="cancellationToken">Cancels.</param>
    ValueTask EndTaskAsync(
        long taskRunId, RunStatus status, TaskOutcome? outcome, MillraceException? error, CancellationToken cancellationToken);

    /// <summary>Marks a run that died, and its task runs that were under way, as lost. Runs that have ended stay as they are.</summary>
    ValueTask MarkLostAsync(long runId, CancellationToken cancellationToken);

    /// <summary>Runs, newest first.</summary>
    ValueTask<IReadOnlyList<RunRecord>> ListAsync(RunFilter filter, CancellationToken cancellationToken);

    /// <summary>The task runs of a run, in the order in which they started.</summary>
    ValueTask<IReadOnlyList<TaskRunRecord>> TasksOfAsync(long runId, CancellationToken cancellationToken);

    /// <summary>The latest task runs of a task, newest first.</summary>
    ValueTask<IReadOnlyList<TaskRunRecord>> HistoryAsync(string taskKey, int limit, CancellationToken cancellationToken);
}

/// <summary>How a run or task run stands.</summary>
public enum RunStatus
{
    /// <summary>Under way, or killed and not noticed yet.</summary>
    Running,

    /// <summary>Ended at the source's head or at its budget.</summary>
    Succeeded,

    /// <summary>Ended by an error; the destination is as at the last commit.</summary>
    Failed,

    /// <summary>Ended by the user or the host; the destination is as at the last commit.</summary>
    Cancelled,

    /// <summary>Its process died; the destination is as at the last commit.</summary>
    Lost,
}

/// <summary>Which runs.</summary>
/// <param name="Limit">At most so many.</param>
public sealed record RunFilter(int Limit)
{
    /// <summary>Only this job's, or null.</summary>
    public string? Job { get; init; }

    /// <summary>Only those with this status, or null.</summary>
    public RunStatus? Status { get; init; }

    /// <summary>Only this run, or null.</summary>
    public long? RunId { get; init; }
}
