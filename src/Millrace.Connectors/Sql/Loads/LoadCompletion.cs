using Millrace.Connectors.Sql.Merging;
using Millrace.Core.Contracts;
using Millrace.Core.Schemas;

namespace Millrace.Connectors.Sql.Loads;

/// <summary>The steps of a load's commit that concern tables and notes, all inside its transaction.</summary>
internal sealed class LoadCompletion(
    SqlStore store, SqlChannel channel, WriteRequest request, LoadIntake intake, TableMerger merger)
{
    private readonly QualityGate _gate = new(channel, store.Dialect);

    /// <summary>True where rows wait in a stage that can say of each of them that it is gone.</summary>
    public static bool MayPostpone(TableLoad load) =>
        load.Mode != LoadMode.Direct && load.IsKeyed && !load.IsScd2 && load.Write.Disposition == WriteDisposition.Merge
            && load.Write.Strategy != MergeStrategy.InsertOnly;

    /// <summary>
    /// Notes that every row up to here is gone, to be done at the commit. The table is not touched before: DuckDB lets no transaction alter a table
    /// whose rows it has changed, and what follows may need further columns.
    /// </summary>
    public async ValueTask PostponeDeleteAllAsync(TableLoad load, CancellationToken cancellationToken)
    {
        load.Mode = LoadMode.Staged;
        load.IsDeleteAllPending = true;
        if (load.HasStage)
        {
            await channel.ExecuteAsync(new StageSql(store.Dialect, load, request.Generation).MarkGone(), cancellationToken).ConfigureAwait(false);
            load.StagedDeletes += load.HasDeletedAt ? load.StagedRows : 0;
            load.HasSoftRows |= load.HasDeletedAt;
            load.StagedRows = load.StagedPartials = 0;
        }
    }

    /// <summary>Removes every row of a table by the delete mode.</summary>
    public async ValueTask DeleteAllAsync(TableLoad load, CancellationToken cancellationToken) =>
        load.ControlDeletes += await channel.ExecuteAsync(new TableSql(store.Dialect, load, request).DeleteAll(), cancellationToken).ConfigureAwait(false);

    /// <summary>Brings what was taken in for a table so far into the table.</summary>
    public async ValueTask FinishTableAsync(TableLoad load, CancellationToken cancellationToken)
    {
        if (load.IsDeleteAllPending)
        {
            load.IsDeleteAllPending = false;
            await DeleteAllAsync(load, cancellationToken).ConfigureAwait(false);
        }

        if (load.StagedRows + load.StagedDeletes > 0 || !load.Write.Checks.IsEmpty)
        {
            if (load.HasStage)
            {
                await merger.MergeAsync(load, _gate, cancellationToken).ConfigureAwait(false);
                await _gate.CheckTableAsync(load, cancellationToken).ConfigureAwait(false);
            }
        }
        else if (load.Mode == LoadMode.Direct && load.Write.Disposition == WriteDisposition.Merge)
        {
            await merger.EnsureKeyIndexAsync(load, load.DirectRows > 0, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Completes a generation of a table: swaps a replaced one in, removes older rows of a merged one.</summary>
    public async ValueTask CompleteAsync(TableId table, CancellationToken cancellationToken)
    {
        if (!intake.Tables.TryGetValue(table, out TableLoad? load))
        {
            load = await store.UnknownTableAsync(channel, table, intake.WriteOf(table), request.Generation, cancellationToken).ConfigureAwait(false);
        }

        if (load is null)
        {
            return;
        }

        if (load.Write.Disposition == WriteDisposition.Replace)
        {
            await CompleteReplaceAsync(load, table, cancellationToken).ConfigureAwait(false);
        }
        else if (load.Write.Disposition == WriteDisposition.Merge && load.Write.IsChangeCapture)
        {
            await CompleteMergeAsync(load, cancellationToken).ConfigureAwait(false);
        }
    }

    private async ValueTask CompleteMergeAsync(TableLoad load, CancellationToken cancellationToken)
    {
        if (load.Write.DeleteMode != DeleteMode.Ignore)
        {
            load.ControlDeletes += await channel.ExecuteAsync(new TableSql(store.Dialect, load, request).DeleteOlder(), cancellationToken).ConfigureAwait(false);
        }

        // A tombstone guards against events of its own generation and of older ones. None of these can come any more: every load, of a row from
        // quarantine too, carries the task's current generation, and one that began in an older generation is fenced at its commit.
        await channel.ExecuteAsync(new TombstoneSql(store.Dialect, load, request, store.System).DropOlder(), cancellationToken).ConfigureAwait(false);
    }

    private async ValueTask CompleteReplaceAsync(TableLoad load, TableId table, CancellationToken cancellationToken)
    {
        TableId target = store.Names.Resolve(table);
        var swap = new TableSwap(channel, store.Dialect, store.System, store.Reader, store.Schemas);
        if (load.Stored.Id != target)
        {
            if (load.IsKeyed)
            {
                await merger.EnsureKeyIndexAsync(load, true, cancellationToken).ConfigureAwait(false);
            }

            await swap.SwapAsync(load, target, request.Generation, cancellationToken).ConfigureAwait(false);
        }
        else
        {
            if (load.Stored.Note is { } note && note.Generation < request.Generation)
            {
                await swap.EmptyAsync(load.Stored, request.Generation, cancellationToken).ConfigureAwait(false);
            }

            // A shadow that no row of this generation went to is of a run that was cut short.
            TableId shadow = store.Names.ShadowOf(target);
            if (await store.Reader.ReadAsync(channel, shadow, cancellationToken).ConfigureAwait(false) is not null)
            {
                await channel.ExecuteAsync(store.Schemas.Drop(shadow), cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Writes what is noted of tables, quarantined rows and the checkpoints.</summary>
    public async ValueTask WriteNotesAsync(CommitRequest commit, CancellationToken cancellationToken)
    {
        DateTimeOffset now = store.Time.GetUtcNow();
        foreach ((TableId table, TableLoad load) in intake.Tables)
        {
            TableId resolved = commit.Completed.Contains(table) ? store.Names.Resolve(table) : load.Stored.Id;
            if (load.Write.IsChangeCapture && load.Sequence > 0)
            {
                var last = new LastPositionSql(store.Dialect, store.System, resolved);
                await channel.ExecuteAsync(
                    load.Positions.Last is { } position ? last.Advance(request.Generation, position) : last.Forget(), cancellationToken).ConfigureAwait(false);
            }

            if (load.WideColumns.Count > 0)
            {
                await channel.ExecuteAsync(
                    $"""
                    UPDATE {store.System.Columns} SET is_wide = {store.Dialect.Literal(true)}
                    WHERE {store.System.Names(resolved)} AND column_name IN ({string.Join(", ", load.WideColumns.Select(store.Dialect.Literal))})
                    """,
                    cancellationToken).ConfigureAwait(false);
            }
        }

        if (commit.Requeued.Count > 0)
        {
            await channel.ExecuteAsync(store.Quarantine.Remove(commit.Requeued), cancellationToken).ConfigureAwait(false);
        }

        foreach (TableId table in intake.Cleared)
        {
            await channel.ExecuteAsync(store.Quarantine.Outdate(request.TaskKey, table), cancellationToken).ConfigureAwait(false);
        }

        await store.Quarantine.WriteAsync(channel, request, intake.RejectedWithGeneration(), now, cancellationToken).ConfigureAwait(false);
        await store.Checkpoints.WriteAsync(channel, [.. commit.Checkpoints.Select(c => c.Next)], now, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Where a check failed: rolls back, keeps samples of the failing rows in a transaction of their own, and throws.</summary>
    public async ValueTask FailOnChecksAsync(CancellationToken cancellationToken)
    {
        if (_gate.Failures.Count == 0)
        {
            return;
        }

        await channel.RollbackAsync().ConfigureAwait(false);
        DateTimeOffset now = store.Time.GetUtcNow();
        foreach (CheckFailure failure in _gate.Failures)
        {
            IEnumerable<string?> samples = failure.Samples.Cast<string?>().DefaultIfEmpty();
            IEnumerable<string> values = samples.Select(s => store.Dialect.Row(
                request.TaskKey, request.RunId, failure.Table.Stored.Id.Schema, failure.Table.Stored.Id.Name, failure.Check, failure.Rows, s, now));
            await channel.ExecuteAsync(
                $"""
                INSERT INTO {store.System.CheckFailures} (
                  task_key, run_id, table_schema, table_name, check_name, failing_rows, sample, failed_at)
                VALUES {string.Join(",\n  ", values)}
                """,
                cancellationToken).ConfigureAwait(false);
        }

        throw _gate.ToException();
    }
}
