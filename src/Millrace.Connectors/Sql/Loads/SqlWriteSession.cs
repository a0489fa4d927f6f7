using Millrace.Connectors.Sql.Merging;
using Millrace.Core.Batches;
using Millrace.Core.Contracts;
using Millrace.Core.Errors;
using Millrace.Core.Schemas;

namespace Millrace.Connectors.Sql.Loads;

/// <summary>
/// One load. Staged rows wait in TEMP tables outside any transaction, so that a slow source holds no lock; the transaction opens with the first
/// row that goes straight into a table, else at the commit, and holds everything that becomes visible.
/// </summary>
internal sealed class SqlWriteSession : IWriteSession
{
    private readonly SqlStore _store;
    private readonly SqlChannel _channel;
    private readonly SqlDialect _dialect;
    private readonly LoadId _load;
    private readonly WriteRequest _request;
    private readonly LoadIntake _intake;
    private readonly LoadCompletion _completion;

    /// <summary>Opens a load on a channel that belongs to it until it is disposed.</summary>
    public SqlWriteSession(SqlStore store, SqlChannel channel, WriteRequest request, LoadId load)
    {
        _store = store;
        _channel = channel;
        _dialect = store.Dialect;
        _request = request;
        _load = load;
        var merger = new TableMerger(channel, store.Dialect, request, store.System, store.Schemas);
        _intake = new(store, channel, request, merger);
        _completion = new(store, channel, request, _intake, merger);
    }

    /// <inheritdoc/>
    public long Quarantined => _intake.Rejected.Count;

    /// <inheritdoc/>
    public IReadOnlyList<RejectedRow> Rejected => _intake.Rejected;

    /// <inheritdoc/>
    public async ValueTask EvolveAsync(TableWrite table, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(table);
        await _intake.CloseWriterAsync(cancellationToken).ConfigureAwait(false);
        await _store.Claims.CheckAsync(_channel, _request.TaskKey, table, cancellationToken).ConfigureAwait(false);
        await _intake.EvolveAsync(table, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async ValueTask WriteAsync(RecordBatch batch, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(batch);
        _intake.Rejected.AddRange(batch.Rejected);
        if (batch.Control == TableControl.DeleteAll)
        {
            TableLoad load = await _intake.TableOfAsync(batch.Schema.Table, cancellationToken).ConfigureAwait(false);
            await DeleteAllAsync(load, cancellationToken).ConfigureAwait(false);
        }
        else if (batch.RowCount > 0)
        {
            await _intake.WriteAsync(batch, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    public async ValueTask<CommitOutcome> CommitAsync(CommitRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        await _intake.CloseWriterAsync(cancellationToken).ConfigureAwait(false);
        await _intake.EnsureTransactionAsync(cancellationToken).ConfigureAwait(false);
        (bool isCommitted, IReadOnlyList<Checkpoint> stored) =
            await _store.Checkpoints.CompareAsync(_channel, _request.TaskKey, _load, request, cancellationToken).ConfigureAwait(false);
        if (isCommitted)
        {
            await _channel.RollbackAsync().ConfigureAwait(false);
            return new(true, stored, [], 0);
        }

        await _store.Claims.CheckLockedAsync(_channel, _request.TaskKey, FirstRowsOf(request), cancellationToken).ConfigureAwait(false);
        foreach (TableLoad load in _intake.Tables.Values)
        {
            await _completion.FinishTableAsync(load, cancellationToken).ConfigureAwait(false);
        }

        await _completion.FailOnChecksAsync(cancellationToken).ConfigureAwait(false);
        foreach (TableId table in request.Completed)
        {
            await _completion.CompleteAsync(table, cancellationToken).ConfigureAwait(false);
        }

        await _completion.WriteNotesAsync(request, cancellationToken).ConfigureAwait(false);
        stored = await _store.Checkpoints.ReadAsync(_channel, _request.TaskKey, false, cancellationToken).ConfigureAwait(false);
        await _channel.CommitAsync(cancellationToken).ConfigureAwait(false);
        return new(false, stored, [.. _intake.Tables.Select(t => Outcome(t.Key, t.Value))], Quarantined);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _intake.DisposeAsync().ConfigureAwait(false);
        await _channel.RollbackAsync().ConfigureAwait(false);
        foreach (TableLoad load in _intake.Tables.Values.Where(t => t.HasStage))
        {
            await DropStageAsync(load.StageName).ConfigureAwait(false);
        }
    }

    private async ValueTask DropStageAsync(string stage)
    {
        if (_channel.IsBroken)
        {
            return;
        }

        try
        {
            await _channel.ExecuteAsync($"DROP TABLE IF EXISTS {_dialect.QuoteTemporary(stage)}", CancellationToken.None).ConfigureAwait(false);
        }
        catch (MillraceException e) when (e.Code != ErrorCodes.Internal)
        {
            // A stage goes with its connection, and its name is not used again. The error that ended the load is the one to tell.
            return;
        }
    }

    // The tables that the task has no rows in before this commit. One that took rows directly, even if others were staged after them, was empty,
    // is locked since, and what is in it are the load's own rows.
    private IEnumerable<TableWrite> FirstRowsOf(CommitRequest request) => request.Checkpoints
        .Where(c => c.Expected is null)
        .Select(c => TableMarker.TableOf(c.Next.Partition))
        .OfType<TableId>()
        .Where(t => _intake.Tables.TryGetValue(t, out TableLoad? load) && load.DirectRows == 0)
        .Select(_intake.WriteOf)
        .OfType<TableWrite>();

    private static TableOutcome Outcome(TableId table, TableLoad load) =>
        new(table, load.DirectRows + load.MergedRows, load.MergedDeletes + load.ControlDeletes);

    private async ValueTask DeleteAllAsync(TableLoad load, CancellationToken cancellationToken)
    {
        if (load.Write.DeleteMode == DeleteMode.Ignore && load.Write.Disposition != WriteDisposition.Replace)
        {
            return;
        }

        _intake.NoteCleared(load.Write.Schema.Table);
        await _intake.CloseWriterAsync(cancellationToken).ConfigureAwait(false);
        if (LoadCompletion.MayPostpone(load))
        {
            await _completion.PostponeDeleteAllAsync(load, cancellationToken).ConfigureAwait(false);
            return;
        }

        // What came before the control must be in the table when it acts.
        await _intake.BeginEarlyAsync(cancellationToken).ConfigureAwait(false);
        await _completion.FinishTableAsync(load, cancellationToken).ConfigureAwait(false);
        await _completion.DeleteAllAsync(load, cancellationToken).ConfigureAwait(false);
        load.IsTargetChanged = true;
        load.Mode = load.IsKeyed ? LoadMode.Staged : load.Mode;
        if (load.HasStage)
        {
            await _channel.ExecuteAsync($"DELETE FROM {_dialect.QuoteTemporary(load.StageName)}", cancellationToken).ConfigureAwait(false);
            load.StagedRows = load.StagedDeletes = load.StagedPartials = 0;
        }
    }
}
