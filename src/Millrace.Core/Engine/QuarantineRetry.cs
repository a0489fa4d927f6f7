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
/// quarantine. A row never overwrites what is newer, by position or by the run that wrote what is there. Run it under the task's lease.
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
    /// <returns>Null where the row is out of quarantine, loaded or outdated by what is there; else why it stays, which the store now says of it.</returns>
    public async Task<RetryRefusal?> RetryAsync(QuarantinedRow row, long runId, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(row);
        IReadOnlyList<Checkpoint> committed = await target.CommittedAsync(task.Key, cancellationToken).ConfigureAwait(false);
        ProjectClaim.ThrowIfOthers(task, committed);
        int generation = committed.Count == 0 ? 1 : committed.Max(c => c.Generation);
        RetryRefusal? refusal = await TryAsync(row, runId, generation, cancellationToken).ConfigureAwait(false);
        if (refusal is null)
        {
            return null;
        }

        refusal = refusal with { Reason = Scrub(refusal.Reason) };
        if (target is IQuarantineStore store)
        {
            await store.SetReasonAsync(row.Id, refusal.Code, refusal.Reason, cancellationToken).ConfigureAwait(false);
        }

        return refusal;
    }

    private async Task<RetryRefusal?> TryAsync(QuarantinedRow row, long runId, int generation, CancellationToken cancellationToken)
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
                return await RefuseAfterReplaceAsync(row, cancellationToken).ConfigureAwait(false)
                    ?? await ShapeAndLoadAsync(row, kept, runId, generation, cancellationToken).ConfigureAwait(false);
            }
            catch (MillraceException e) when (e.Code.Kind == ErrorKind.Run)
            {
                // What the destination has against this row says nothing of the others.
                return new(e.Code, e.Message);
            }
        }
    }

    // Where no row is met by its key, a change of one has nothing to change.
    private RetryRefusal? RefuseByDisposition(KeptRow kept) => task.Target.Disposition switch
    {
        WriteDisposition.Append when kept.IsPartial =>
            Impossible($"The row is a change of some columns, and an append has no row to take the others from. {ReadAgain}"),
        WriteDisposition.Replace when kept.IsPartial || kept.Change == ChangeKind.Delete =>
            Impossible($"The row is a change of a row, and a table that is replaced takes whole rows only. {ReadAgain}"),
        _ => null,
    };

    // A table that was filled anew has what the source held then, this row's later self among it.
    private async Task<RetryRefusal?> RefuseAfterReplaceAsync(QuarantinedRow row, CancellationToken cancellationToken)
    {
        if (task.Target.Disposition != WriteDisposition.Replace || target is not ITableOrigins origins)
        {
            return null;
        }

        IReadOnlyList<TableOrigin> runs = await origins.OriginsAsync(row.Row.Table, cancellationToken).ConfigureAwait(false);
        return runs.Count > 0 && runs.Min(r => r.RunId) > row.RunId
            ? Impossible($"Table {row.Row.Table} was replaced since the row was met in run {row.RunId}; what the source holds of it now came with that.")
            : null;
    }

    private async Task<RetryRefusal?> ShapeAndLoadAsync(
        QuarantinedRow row, KeptRow kept, long runId, int generation, CancellationToken cancellationToken)
    {
        TargetTable? table = await target.DescribeAsync(row.Row.Table, cancellationToken).ConfigureAwait(false);
        var batch = new KeptBatch(task, table);
        if (!batch.HasKey(kept))
        {
            // The source could not read it: it stays for the reason that it has.
            return new(row.Row.Code, row.Row.Reason);
        }

        TableShaper shaper = await TableShaper.CreateAsync(
            new(_asKept, row.Row.Table, target.Naming, target.Fit, id => target.DescribeAsync(id, cancellationToken))
            {
                MaxKeyBytes = target.MaxKeyBytes,
            }).ConfigureAwait(false);
        ShapedBatch shaped = await shaper.ShapeAsync(batch.Build(kept, row.Row)).ConfigureAwait(false);
        try
        {
            return shaped switch
            {
                { Rejected: [var rejected, ..] } => new(rejected.Code, rejected.Reason),
                { DiscardedRows: > 0 } => new(ErrorCodes.ContractViolated, "The schema contract discards it."),
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

    private async Task<RetryRefusal?> LoadAsync(QuarantinedRow row, ShapedBatch shaped, long runId, int generation, CancellationToken cancellationToken)
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
                return session.Rejected is [var rejected, ..] ? new(rejected.Code, rejected.Reason) : new(ErrorCodes.ValueRefused, row.Row.Reason);
            }

            await session.CommitAsync(new([]) { Requeued = [row.Id] }, cancellationToken).ConfigureAwait(false);
            return null;
        }
    }

    private static RetryRefusal Impossible(string reason) => new(ErrorCodes.RetryImpossible, reason);

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
