namespace Millrace.Core.Contracts;

/// <summary>What <see cref="ISource.PlanAsync"/> is asked.</summary>
/// <param name="Committed">The destination's checkpoints of this task's current generation; empty for a first run, a full refresh or a resnapshot.</param>
/// <param name="Generation">The generation that this run works in.</param>
public sealed record PlanRequest(IReadOnlyList<Checkpoint> Committed, int Generation)
{
    /// <summary>True where the same run has planned before, as one that follows does: what was noted of a source that grows need not be noted again.</summary>
    public bool GoesOn { get; init; }
}

/// <summary>
/// What a run has to read, in order. Partitions of one stage may be read in parallel; a stage starts when the one before has been read.
/// </summary>
/// <param name="Partitions">The partitions, finished ones left out.</param>
public sealed record ReadPlan(IReadOnlyList<PartitionPlan> Partitions)
{
    /// <summary>What whoever runs the task should know before it reads: whole sentences, without secrets.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];

    /// <summary>True where partitions that have a checkpoint begin at their start once more.</summary>
    internal bool BeginsAgain { get; init; }
}

/// <summary>One partition to read.</summary>
/// <param name="Name">Its stable name; with the task's key the identity of its checkpoint.</param>
/// <param name="Stage">Order of reading: lower first.</param>
/// <param name="Start">Where reading starts: the committed position, or for a new partition the position before its first row.</param>
/// <param name="Until">Where this run's reading ends: the head as it is now. Null where that is known only by reading (then reading ends at the source's end).</param>
public sealed record PartitionPlan(string Name, int Stage, Position Start, Position? Until)
{
    /// <summary>
    /// True where the partition is a part of a snapshot: when the last such partition of the plan is read to its end, <c>replace</c> tables are
    /// swapped in and rows of older generations go.
    /// </summary>
    public bool IsSnapshot { get; init; }

    /// <summary>The datasets whose rows the partition holds (names as the source gives them); empty for all of the task's.</summary>
    public IReadOnlyList<string> Datasets { get; init; } = [];

    /// <summary>What waits in it, for forecasts and progress.</summary>
    public Estimate Waiting { get; init; } = Estimate.Unknown;
}

/// <summary>What waits to be read, each figure with how it is known.</summary>
/// <param name="Rows">Rows or changes; 0 where unknown.</param>
/// <param name="RowsKnown">How rows are known.</param>
/// <param name="Bytes">Payload bytes, uncompressed; 0 where unknown.</param>
/// <param name="BytesKnown">How bytes are known.</param>
/// <param name="Oldest">Source time of the oldest waiting change, or null.</param>
public sealed record Estimate(long Rows, Certainty RowsKnown, long Bytes, Certainty BytesKnown, DateTimeOffset? Oldest = null)
{
    /// <summary>Nothing is known.</summary>
    public static Estimate Unknown { get; } = new(0, Certainty.Unknown, 0, Certainty.Unknown);
}

/// <summary>How a figure is known.</summary>
public enum Certainty
{
    /// <summary>Not at all.</summary>
    Unknown,

    /// <summary>From samples, statistics or past runs.</summary>
    Estimated,

    /// <summary>Counted.</summary>
    Exact,
}

/// <summary>Reads one partition.</summary>
/// <param name="Partition">The partition of the plan; <see cref="PartitionPlan.Start"/> is exclusive.</param>
/// <param name="MaxBatchRows">A batch is handed on at this many rows.</param>
/// <param name="MaxBatchBytes">A batch is handed on at this many payload bytes; one indivisible row may exceed it.</param>
public sealed record ReadRequest(PartitionPlan Partition, int MaxBatchRows = 8192, int MaxBatchBytes = 4 << 20)
{
    /// <summary>
    /// The run's budget, shared by its partitions. A source asks it before each indivisible unit (a document, a source transaction) and, where
    /// it refuses, hands on what it has, with the position before that unit, and ends. The engine itself stops only between batches.
    /// </summary>
    public ReadBudget Budget { get; init; } = ReadBudget.Unlimited;

    /// <summary>
    /// Told what whoever runs the task should know and only reading shows: whole sentences, without secrets. May be called from any thread, before
    /// the batch is handed on that the note is about.
    /// </summary>
    public Action<string> Note { get; init; } = static _ => { };
}
