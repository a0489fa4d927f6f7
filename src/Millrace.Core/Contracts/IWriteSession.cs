using Millrace.Core.Batches;

namespace Millrace.Core.Contracts;

/// <summary>
/// One load: rows, quarantined rows and checkpoints that become visible together. Spans tables and partitions. Members are called one at a
/// time. Dispose without a commit rolls everything back.
/// </summary>
public interface IWriteSession : IAsyncDisposable
{
    /// <summary>
    /// Brings a table of this load to a wider schema while the load is open: columns added, types widened without loss. Where the load's rows
    /// are staged, the target changes at once and briefly (as <see cref="IDestination.PrepareAsync"/>); where they go straight in, within the load.
    /// A table that the load did not know yet is added to it.
    /// </summary>
    ValueTask EvolveAsync(TableWrite table, CancellationToken cancellationToken);

    /// <summary>
    /// Stages or writes the batch's rows in order; the caller keeps the batch and disposes it. Rows whose values the store refuses go to this
    /// load's quarantine, whole, and do not fail the call. A batch with a <see cref="RecordBatch.Control"/> acts on all rows before it.
    /// <see cref="RecordBatch.Rejected"/> rows go to quarantine.
    /// </summary>
    ValueTask WriteAsync(RecordBatch batch, CancellationToken cancellationToken);

    /// <summary>Rows that went to quarantine in this load so far.</summary>
    long Quarantined { get; }

    /// <summary>The rows that this load would put into quarantine, as far as the destination tells them; at most <see cref="Quarantined"/>.</summary>
    IReadOnlyList<Batches.RejectedRow> Rejected => [];

    /// <summary>
    /// Merges, checks, writes quarantine and checkpoints, and commits, all in one transaction. Each checkpoint moves by compare-and-set.
    /// </summary>
    /// <returns>
    /// What is stored. With <see cref="CommitOutcome.AlreadyCommitted"/> this load's id was there already (an earlier try got through, perhaps
    /// with other rows at its end): nothing was written now, and reading goes on from <see cref="CommitOutcome.Stored"/>.
    /// </returns>
    /// <exception cref="Errors.MillraceException">
    /// <see cref="Errors.ErrorCodes.Fenced"/> where a stored checkpoint is neither the expected one nor this load's;
    /// <see cref="Errors.ErrorCodes.CheckFailed"/>. Either way nothing was written.
    /// </exception>
    ValueTask<CommitOutcome> CommitAsync(CommitRequest request, CancellationToken cancellationToken);
}

/// <summary>What a commit makes durable besides the rows.</summary>
/// <param name="Checkpoints">For each partition that moved: what must be stored now (null: nothing) and what replaces it.</param>
public sealed record CommitRequest(IReadOnlyList<(Checkpoint? Expected, Checkpoint Next)> Checkpoints)
{
    /// <summary>
    /// Tables whose snapshot of this generation is complete with this commit: <c>replace</c> swaps the shadow in; a merge removes rows of older
    /// generations by the delete mode.
    /// </summary>
    public IReadOnlyList<Schemas.TableId> Completed { get; init; } = [];

    /// <summary>Ids of quarantined rows that this load brings in after all; they leave the quarantine in the same transaction.</summary>
    public IReadOnlyList<long> Requeued { get; init; } = [];
}

/// <summary>What a commit did.</summary>
/// <param name="AlreadyCommitted">An earlier try of this load got through; nothing was written now.</param>
/// <param name="Stored">The task's checkpoints as they are stored now.</param>
/// <param name="Tables">Rows written to each target table by this commit.</param>
/// <param name="Quarantined">Rows that this commit put into quarantine.</param>
public sealed record CommitOutcome(
    bool AlreadyCommitted, IReadOnlyList<Checkpoint> Stored, IReadOnlyList<TableOutcome> Tables, long Quarantined);

/// <summary>Rows that a commit wrote to one table.</summary>
/// <param name="Table">The target table.</param>
/// <param name="Upserted">Rows inserted or changed.</param>
/// <param name="Deleted">Rows deleted or marked as deleted.</param>
public sealed record TableOutcome(Schemas.TableId Table, long Upserted, long Deleted);
