using Millrace.Core.Schemas;

namespace Millrace.Core.Contracts;

/// <summary>
/// Writes the tables of one task. One instance serves one run; members are called one at a time, and one session is open at a time. The exception
/// are <see cref="DescribeAsync"/> and <see cref="DescribeFilledAsync"/>: the shaping stage asks them, one call at a time, while another stage may be anywhere in the other members or in
/// a session. Several instances (other tasks, other processes) may work on one store at once. Every member ends within two seconds of a cancellation.
/// </summary>
public interface IDestination : IAsyncDisposable
{
    /// <summary>How field names become column names here.</summary>
    NamingRule Naming { get; }

    /// <summary>The most bytes that the key of a merged row may have here, or null for no bound: a row with a longer one goes to quarantine.</summary>
    int? MaxKeyBytes => null;

    /// <summary>
    /// The type that a column of <paramref name="type"/> gets here without losing a value, or null where there is none: then its
    /// values go to a text variant column. A fixed function: the same answer in every run.
    /// </summary>
    LogicalType? Fit(LogicalType type);

    /// <summary>
    /// The table as it is: columns with the paths that feed them, from the destination's own column map; null where it does not exist. What an open
    /// session has not committed does not show.
    /// </summary>
    ValueTask<TargetTable?> DescribeAsync(TableId table, CancellationToken cancellationToken);

    /// <summary>
    /// The table that rows of a generation go to. While <see cref="WriteDisposition.Replace"/> fills another table beside the target, over several
    /// runs if need be, it is that one once it has been made; else the target.
    /// </summary>
    /// <param name="table">The target.</param>
    /// <param name="generation">The task's generation.</param>
    /// <param name="cancellationToken">Cancels.</param>
    ValueTask<TargetTable?> DescribeFilledAsync(TableId table, int generation, CancellationToken cancellationToken) =>
        DescribeAsync(table, cancellationToken);

    /// <summary>
    /// The highest generation that a table, what is filled beside it, or any of their rows is of; 0 where there is none. Asked where a task has no
    /// checkpoints: rows of its own that are there all the same must not win over those that it reads anew.
    /// </summary>
    ValueTask<int> LastGenerationAsync(TableId table, CancellationToken cancellationToken) => ValueTask.FromResult(0);

    /// <summary>
    /// Says before anything is committed whether tables that are there can be written so, and changes nothing. A table's key may be empty where it is
    /// not known yet; whether that fits, <see cref="PrepareAsync"/> says with the first row.
    /// </summary>
    /// <exception cref="Errors.MillraceException">As <see cref="PrepareAsync"/>.</exception>
    ValueTask CheckFitAsync(WriteRequest request, CancellationToken cancellationToken) => ValueTask.CompletedTask;

    /// <summary>
    /// Creates what is missing (schemas, tables, Millrace's own tables) and evolves tables to the requested schemas: additive changes and
    /// lossless widenings only, idempotent, committed at once, under one lock a table.
    /// </summary>
    /// <exception cref="Errors.MillraceException">
    /// <see cref="Errors.ErrorCodes.TableShared"/> where another task has a <see cref="TableMarker"/> on a table that this one has none on, and
    /// either of the two is written by change capture or replaced: both remove rows without asking who brought them. A load that meets
    /// the other's first commit only at its own commit is rolled back with the same error.
    /// <see cref="Errors.ErrorCodes.TableWrittenOtherwise"/> where the table has rows that were written by another disposition, strategy, key or
    /// method, and which the rows that come could not join.
    /// </exception>
    ValueTask PrepareAsync(WriteRequest request, CancellationToken cancellationToken);

    /// <summary>The task's checkpoints: the truth after a crash. Empty where nothing was committed or the store is new.</summary>
    ValueTask<IReadOnlyList<Checkpoint>> CommittedAsync(string taskKey, CancellationToken cancellationToken);

    /// <summary>
    /// Changes checkpoints by hand, outside a load: removes every one of the task, then writes <paramref name="checkpoints"/>, in one
    /// transaction. Serves <c>millrace checkpoints set|reset</c>.
    /// </summary>
    ValueTask ReplaceCheckpointsAsync(string taskKey, IReadOnlyList<Checkpoint> checkpoints, CancellationToken cancellationToken);

    /// <summary>Opens a load. Tables must have been prepared.</summary>
    ValueTask<IWriteSession> BeginAsync(WriteRequest request, LoadId load, CancellationToken cancellationToken);
}

/// <summary>Optional: reads the quarantine that stands beside the data; <see cref="CommitRequest.Requeued"/> empties it.</summary>
public interface IQuarantineStore
{
    /// <summary>Quarantined rows, oldest first.</summary>
    /// <param name="taskKey">Only this task's, or null for all.</param>
    /// <param name="limit">At most so many.</param>
    /// <param name="cancellationToken">Cancels.</param>
    ValueTask<IReadOnlyList<QuarantinedRow>> ListAsync(string? taskKey, int limit, CancellationToken cancellationToken);

    /// <summary>Those of a task's quarantined rows that have these ids (<see cref="QuarantinedRow.Id"/>), oldest first.</summary>
    ValueTask<IReadOnlyList<QuarantinedRow>> FindAsync(string taskKey, IReadOnlyList<long> ids, CancellationToken cancellationToken);

    /// <summary>Replaces why a row is in quarantine, outside a load; nothing where the row is not there.</summary>
    /// <param name="id">The row's <see cref="QuarantinedRow.Id"/>.</param>
    /// <param name="code">Why, as a code.</param>
    /// <param name="reason">Why, in words and without a secret.</param>
    /// <param name="cancellationToken">Cancels.</param>
    ValueTask SetReasonAsync(long id, Errors.ErrorCode code, string reason, CancellationToken cancellationToken);

    /// <summary>Removes rows for good, outside a load.</summary>
    /// <returns>How many there were.</returns>
    ValueTask<long> RemoveAsync(QuarantineChoice choice, CancellationToken cancellationToken);
}

/// <summary>Rows of one task in quarantine.</summary>
/// <param name="TaskKey">The task.</param>
public sealed record QuarantineChoice(string TaskKey)
{
    /// <summary>Only those of this target table, or null for all.</summary>
    public Schemas.TableId? Table { get; init; }

    /// <summary>Only those with these ids (<see cref="QuarantinedRow.Id"/>), or null for all.</summary>
    public IReadOnlyList<long>? Ids { get; init; }
}

/// <summary>One row of <c>_millrace_quarantine</c>.</summary>
/// <param name="Id">Identity within the store.</param>
/// <param name="TaskKey">The task that met it.</param>
/// <param name="RunId">The run that met it.</param>
/// <param name="Row">The row, its place and the reason.</param>
/// <param name="QuarantinedAt">When.</param>
public sealed record QuarantinedRow(long Id, string TaskKey, long RunId, Batches.RejectedRow Row, DateTimeOffset QuarantinedAt)
{
    /// <summary>The <see cref="Generation"/> of rows that are older than all that their table holds: every row of it was removed since.</summary>
    public const int BeforeAll = 0;

    /// <summary>The task's generation that the row is of; null where it was not noted.</summary>
    public int? Generation { get; init; }
}
