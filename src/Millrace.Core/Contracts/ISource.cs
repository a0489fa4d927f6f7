using Millrace.Core.Batches;
using Millrace.Core.Schemas;

namespace Millrace.Core.Contracts;

/// <summary>
/// Reads the datasets of one task. One instance serves one run. <see cref="ReadAsync"/> may be called for several partitions at once, from
/// several threads; the other members are called one at a time. Every member ends within two seconds of a cancellation.
/// </summary>
public interface ISource : IAsyncDisposable
{
    /// <summary>
    /// What the chosen datasets look like now, from metadata and a bounded sample; the schema of a read may differ. A field that was seen with
    /// several types has a column for each, with its <see cref="ColumnSchema.SampledValues"/>: the engine decides by it, and not by the value that
    /// happens to come first, which type gets the plain column name. As deterministic as the source allows.
    /// </summary>
    ValueTask<IReadOnlyList<TableSchema>> DescribeAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Says what there is to read from the committed checkpoints to the source's head as it is now. Called once a run, before any read;
    /// idempotent. Reads no more than it must.
    /// </summary>
    /// <exception cref="Errors.MillraceException"><see cref="Errors.ErrorCodes.HistoryLost"/> where the source no longer holds what follows.</exception>
    ValueTask<ReadPlan> PlanAsync(PlanRequest request, CancellationToken cancellationToken);

    /// <summary>
    /// Reads one partition, after (exclusive) and until (inclusive) the request's positions, in source order, in batches of bounded size.
    /// Deterministic: the same request over the same source gives the same rows in the same order (batch boundaries may differ). The
    /// last batch of a partition that was read to its end carries the position <see cref="PartitionPlan.Until"/>.
    /// </summary>
    IAsyncEnumerable<RecordBatch> ReadAsync(ReadRequest request, CancellationToken cancellationToken);

    /// <summary>
    /// Told after the destination's commit, and only then, what is durable; reads may be under way on other threads. May forget what lies before. Idempotent; a call may be missing
    /// (the process was killed): the next <see cref="PlanAsync"/> shows the truth.
    /// </summary>
    ValueTask AcknowledgeAsync(IReadOnlyList<Checkpoint> durable, CancellationToken cancellationToken) => ValueTask.CompletedTask;
}
