using Millrace.Core.Contracts;

namespace Millrace.Core.Engine;

/// <summary>Told what a task run does. Calls come one at a time, from the engine's workers; an exception fails the run.</summary>
public interface IRunObserver
{
    /// <summary>The plan is made: what waits.</summary>
    void Planned(ReadPlan plan, int generation);

    /// <summary>Something moved; at most a few times a second.</summary>
    void Progress(RunProgress progress);

    /// <summary>Something that the user should know, in one line.</summary>
    void Note(NoteLevel level, string text);

    /// <summary>A load is durable at the destination; the source is told after this returns, so the catalog's mirror is never behind it.</summary>
    ValueTask CommittedAsync(LoadId load, CommitOutcome outcome, RunProgress progress, CancellationToken cancellationToken);
}

/// <summary>How much a note matters.</summary>
public enum NoteLevel
{
    /// <summary>For the record.</summary>
    Info,

    /// <summary>Worth a look.</summary>
    Warning,
}

/// <summary>Where a task run stands.</summary>
/// <param name="RowsRead">Rows read.</param>
/// <param name="BytesRead">Source payload bytes read.</param>
/// <param name="RowsCommitted">Rows durable at the destination.</param>
/// <param name="BytesCommitted">Source payload bytes whose rows are durable.</param>
/// <param name="Quarantined">Rows in quarantine, durable.</param>
/// <param name="Loads">Loads committed.</param>
/// <param name="Waiting">What the plan said is waiting, all partitions.</param>
/// <param name="SourceTime">Source time of the newest change read, or null.</param>
/// <param name="Elapsed">Since the task run began.</param>
public sealed record RunProgress(
    long RowsRead,
    long BytesRead,
    long RowsCommitted,
    long BytesCommitted,
    long Quarantined,
    int Loads,
    Estimate Waiting,
    DateTimeOffset? SourceTime,
    TimeSpan Elapsed);

/// <summary>An observer that does nothing.</summary>
public sealed class SilentObserver : IRunObserver
{
    private SilentObserver()
    {
    }

    /// <summary>The one instance.</summary>
    public static SilentObserver Instance { get; } = new();

    /// <inheritdoc/>
    public void Planned(ReadPlan plan, int generation)
    {
    }

    /// <inheritdoc/>
    public void Progress(RunProgress progress)
    {
    }

    /// <inheritdoc/>
    public void Note(NoteLevel level, string text)
    {
    }

    /// <inheritdoc/>
    public ValueTask CommittedAsync(LoadId load, CommitOutcome outcome, RunProgress progress, CancellationToken cancellationToken) =>
        ValueTask.CompletedTask;
}
