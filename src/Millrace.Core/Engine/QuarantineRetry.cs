using System.Text.Json;
using Millrace.Core.Batches;
using Millrace.Core.Config;
using Millrace.Core.Contracts;
using Millrace.Core.Engine.Shaping;
using Millrace.Core.Errors;

namespace Millrace.Core.Engine;

/// <summary>
/// Tries quarantined rows again, after the target or its contract was changed so that it can take them, each as the change that it was. A row comes
/// back as it was kept: mapped and masked already, so mappings are not applied twice. Each row is a load of its own, in which it also leaves the
/// quarantine. A row never overwrites what is newer, by generation, by position or by the run that wrote what is there: it is superseded, and leaves the
/// quarantine for nothing. Within a generation every delete is known, by the row that it marked or its tombstone; a later one read all that the source
/// holds, and a drop outdates what was in quarantine of its table. Run it under the task's lease.
/// </summary>
/// <param name="task">The task whose rows they are.</param>
/// <param name="target">Its destination; where it is an <see cref="IQuarantineStore"/>, a row that stays there gets its new reason.</param>
/// <param name="time">The clock.</param>
public sealed class QuarantineRetry(TaskDefinition task, IDestination target, TimeProvider time)
{
    private const string ReadAgain = "Mend the source and read the row again, with --full-refresh or --from.";

    // Values were cast and masked when the row was kept; what is left of the mappings is which path feeds which column.
    private readonly TaskDefinition _asKept = task with
    {
        Columns = [.. task.Columns.Where(KeptBatch.IsRename).Select(m => new ColumnMapping { From = m.From, To = m.To, Cast = m.Mask == MaskKind.None ? m.Cast : null })],
        Nested = NestedSettings.Json,
    };

    /// <summary>Takes secrets out of a reason before it is stored and returned.</summary>
    public Func<string, string> Scrub { get; init; } = text => text;

    /// <summary>Tries one row.</summary>
    /// <param name="row">The row.</param>
    /// <param name="runId">Stamped on the row where it lands: the run that met it.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="MillraceException"><see cref="ErrorCodes.OtherProject"/>.</exception>
    /// <returns>What became of it; of a row that stays, the store now says why.</returns>
    public async Task<RetryResult> RetryAsync(QuarantinedRow row, long runId, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(row);
        IReadOnlyList<Checkpoint> committed = await target.CommittedAsync(task.Key, cancellationToken).ConfigureAwait(false);
        ProjectClaim.ThrowIfOthers(task.Key, task.Project, committed);
        int generation = committed.Count == 0 ? 1 : committed.Max(c => c.Generation);
        if (OutdatedBy(row, generation) is { } reason)
        {
            if (target is IQuarantineStore quarantine)
            {
                await quarantine.RemoveAsync(new(task.Key) { Ids = [row.Id] }, cancellationToken).ConfigureAwait(false);
            }

            return new(RetryOutcome.Superseded, null, reason);
        }

        RetryResult result = await TryAsync(row, runId, generation, cancellationToken).ConfigureAwait(false);
        if (result is { Outcome: RetryOutcome.Left, Code: { } code, Reason: { } why })
        {
            result = result with { Reason = Scrub(why) };
            if (target is IQuarantineStore store)
            {
                await store.SetReasonAsync(row.Id, code, result.Reason, cancellationToken).ConfigureAwait(false);
            }
        }

        return result;
    }

    // An append keeps the rows of all its generations, so none of them is outdated by a later one.
    private string? OutdatedBy(QuarantinedRow row, int generation) => row.Generation switch
    {
        QuarantinedRow.BeforeAll => $"Every row of {row.Row.Table} was removed after this one was met.",
        { } of when of < generation && task.Target.Disposition != WriteDisposition.Append =>
            $"It is of generation {of}, and the task is in generation {generation}, which reads all that the source holds.",
        _ => null,
    };

    private async Task<RetryResult> TryAsync(QuarantinedRow row, long runId, int generation, CancellationToken cancellationToken)
    {
        if (row.Row.Raw is null || !TryParse(row.Row.Raw, out JsonDocument? document))
        {
            return Impossible($"The row is not kept in a form that can be loaded. {ReadAgain}");
        }

        using (document)
        {
            KeptRow kept = KeptRow.Read(document!.RootElement);
            if (RefuseByDisposition(kept) is { } refused)
            {
                return refused;
            }

            try
            {
                return await RefuseUnknownGenerationAsync(row, generation, cancellationToken).ConfigureAwait(false)
                    ?? await ShapeAndLoadAsync(row, kept, runId, generation, cancellationToken).ConfigureAwait(false);
            }
            catch (MillraceException e) when (e.Code.Kind == ErrorKind.Run)
            {
                // What the destination has against this row says nothing of the others.
                return new(RetryOutcome.Left, e.Code, e.Message);
            }
        }
    }

    // Where no row is met by its key, a change of one has nothing to change.
    private RetryResult? RefuseByDisposition(KeptRow kept) => task.Target.Disposition switch
    {
        WriteDisposition.Append when kept.IsPartial =>
            Impossible($"The row is a change of some columns, and an append has no row to take the others from. {ReadAgain}"),
        WriteDisposition.Replace when kept.IsPartial || kept.Change == ChangeKind.Delete =>
            Impossible($"The row is a change of a row, and a table that is replaced takes whole rows only. {ReadAgain}"),
        _ => null,
    };

    // A row that was kept before generations were noted. Whether its key is gone since cannot be told where a later generation has begun.
    private async Task<RetryResult?> RefuseUnknownGenerationAsync(QuarantinedRow row, int generation, CancellationToken cancellationToken)
    {
        if (row.Generation is not null || generation == 1 || task.Target.Disposition == WriteDisposition.Append)
        {
            return null;
        }

        if (task.Target.Disposition != WriteDisposition.Replace || target is not ITableOrigins origins)
        {
            return Impossible(
                $"Which generation the row is of was not noted when it was kept, and the task is in generation {generation}: the row may be gone since. {ReadAgain} "
                    + "Then take this one out with 'millrace quarantine drop'.");
        }

        IReadOnlyList<TableOrigin> runs = await origins.OriginsAsync(row.Row.Table, cancellationToken).ConfigureAwait(false);
        return runs.Count > 0 && runs.Min(r => r.RunId) > row.RunId
            ? Impossible($"Table {row.Row.Table} was replaced since the row was met in run {row.RunId}; what the source holds of it now came with that.")
            : null;
    }

    private async Task<RetryResult> ShapeAndLoadAsync(
        QuarantinedRow row, KeptRow kept, long runId, int generation, CancellationToken cancellationToken)
    {
        TargetTable? table = await target.DescribeFilledAsync(row.Row.Table, generation, cancellationToken).ConfigureAwait(false);
        var batch = new KeptBatch(task, table);
        if (!batch.HasKey(kept))
        {
            // The source could not read it: it stays for the reason that it has.
            return new(RetryOutcome.Left, row.Row.Code, row.Row.Reason);
        }

        TableShaper shaper = await TableShaper.CreateAsync(
            new(_asKept, row.Row.Table, target.Naming, target.Fit, id => target.DescribeFilledAsync(id, generation, cancellationToken))
            {
                MaxKeyBytes = target.MaxKeyBytes,
            }).ConfigureAwait(false);
        ShapedBatch shaped = await shaper.ShapeAsync(batch.Build(kept, row.Row)).ConfigureAwait(false);
        try
        {
            return shaped switch
            {
                { Rejected: [var rejected, ..] } => new(RetryOutcome.Left, rejected.Code, rejected.Reason),
                { DiscardedRows: > 0 } => new(RetryOutcome.Left, ErrorCodes.ContractViolated, "The schema contract discards it."),
                _ => await LoadAsync(row, shaped, runId, generation, cancellationToken).ConfigureAwait(false),
            };
        }
        finally
        {
            foreach (ShapedStep step in shaped.Steps)
            {
                step.Rows?.Dispose();
            }
        }
    }

    private async Task<RetryResult> LoadAsync(QuarantinedRow row, ShapedBatch shaped, long runId, int generation, CancellationToken cancellationToken)
    {
        var request = new WriteRequest(task.Key, runId, generation, time.GetUtcNow(), [.. shaped.Steps.Select(s => s.Table)]) { IsRetry = true };
        await target.PrepareAsync(request, cancellationToken).ConfigureAwait(false);
        LoadId load = LoadId.For(task.Key, generation, [("#retry", $"{row.Id} in run {runId}")]);
        IWriteSession session = await target.BeginAsync(request, load, cancellationToken).ConfigureAwait(false);
        await using (session.ConfigureAwait(false))
        {
            foreach (RecordBatch rows in shaped.Steps.Select(s => s.Rows).OfType<RecordBatch>())
            {
                await session.WriteAsync(rows, cancellationToken).ConfigureAwait(false);
            }

            if (session.Quarantined > 0)
            {
                return session.Rejected is [var rejected, ..]
                    ? new(RetryOutcome.Left, rejected.Code, rejected.Reason)
                    : new(RetryOutcome.Left, ErrorCodes.ValueRefused, row.Row.Reason);
            }

            CommitOutcome outcome = await session.CommitAsync(new([]) { Requeued = [row.Id] }, cancellationToken).ConfigureAwait(false);
            return outcome.Tables.Sum(t => t.Upserted + t.Deleted) > 0
                ? new(RetryOutcome.Loaded)
                : new(RetryOutcome.Superseded, null, $"What {row.Row.Table} says of its key is newer, or the same.");
        }
    }

    private static RetryResult Impossible(string reason) => new(RetryOutcome.Left, ErrorCodes.RetryImpossible, reason);

    private static bool TryParse(string raw, out JsonDocument? document)
    {
        try
        {
            document = JsonDocument.Parse(raw);
            return document.RootElement.ValueKind == JsonValueKind.Object;
        }
        catch (JsonException)
        {
            document = null;
            return false;
        }
    }
}
