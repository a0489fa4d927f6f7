using Millrace.Connectors.Sql.Loads;
using Millrace.Connectors.Sql.OwnTables;
using Millrace.Core.Contracts;

namespace Millrace.Connectors.Sql.Merging;

/// <summary>Brings one table's staged rows into the table, inside the load's transaction.</summary>
internal sealed class TableMerger(SqlChannel channel, SqlDialect dialect, WriteRequest request, SystemTables system, SchemaWriter schemas)
{
    /// <summary>
    /// Merges and counts into <see cref="TableLoad.MergedRows"/> and <see cref="TableLoad.MergedDeletes"/>. The stage keeps the rows that
    /// were applied, for checks; it must be emptied before it is used again.
    /// </summary>
    /// <param name="load">The table.</param>
    /// <param name="gate">The task's checks, asked once the staged rows are whole and before they are applied.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public async ValueTask MergeAsync(TableLoad load, QualityGate gate, CancellationToken cancellationToken)
    {
        var merge = new MergeSql(dialect, load, request);
        await RunAsync(dialect.Analyze(merge.Stage, load.Write.Schema.Key), cancellationToken).ConfigureAwait(false);
        if (!load.IsKeyed)
        {
            await gate.CheckStagedAsync(load, cancellationToken).ConfigureAwait(false);
            load.MergedRows += await RunAsync(merge.Append(), cancellationToken).ConfigureAwait(false);
            return;
        }

        await EnsureKeyIndexAsync(load, load.DirectRows > 0, cancellationToken).ConfigureAwait(false);
        load.IsInOrder = await IsInOrderAsync(load, cancellationToken).ConfigureAwait(false);
        if (load.Write is { Strategy: MergeStrategy.InsertOnly, IsChangeCapture: true, ParentKey.IsEmpty: true } && request.Generation > 1)
        {
            await RunAsync(new InsertOnlySql(dialect, load, request.Generation).Adopt(), cancellationToken).ConfigureAwait(false);
        }

        var matches = new MatchSql(dialect, load, request);
        if (matches.IsUseful)
        {
            await RunAsync(matches.Collect(), cancellationToken).ConfigureAwait(false);
            load.HasMatches = true;
            await RunAsync(matches.CollectWhole(), cancellationToken).ConfigureAwait(false);
        }

        await GuardAsync(load, cancellationToken).ConfigureAwait(false);
        if (!load.Write.ParentKey.IsEmpty)
        {
            await MergeChildrenAsync(load, merge, gate, cancellationToken).ConfigureAwait(false);
        }
        else if (load.IsScd2)
        {
            await MergeVersionsAsync(load, gate, cancellationToken).ConfigureAwait(false);
        }
        else
        {
            await MergeRowsAsync(load, merge, gate, cancellationToken).ConfigureAwait(false);
        }

        if (load.HasMatches)
        {
            load.HasMatches = false;
            await RunAsync(matches.Drop(), cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Makes keys unique after rows went straight in, and builds the key's index.</summary>
    /// <param name="load">The table.</param>
    /// <param name="mayRepeat">True where keys may repeat, because rows went in unseen.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public async ValueTask EnsureKeyIndexAsync(TableLoad load, bool mayRepeat, CancellationToken cancellationToken)
    {
        if (load.KeyIndex is not null || load.Stored.Note is not { IsManaged: true } note)
        {
            return;
        }

        var table = new TableSql(dialect, load, request);
        if (!dialect.UsesKeyIndex)
        {
            // There is no index that would tell: once is enough, as nothing goes straight in after it.
            if (mayRepeat && !load.AreKeysSettled)
            {
                await RunAsync(table.DropRepeatedKeys(), cancellationToken).ConfigureAwait(false);
                load.AreKeysSettled = true;
            }

            return;
        }

        load.KeyIndex = await BuiltIndexAsync(load, cancellationToken).ConfigureAwait(false);
        if (load.KeyIndex is not null)
        {
            return;
        }

        string name = schemas.KeyIndexOf(load.Stored.Id);
        if (!await channel.TryUniqueAsync(table.CreateKeyIndex(name), cancellationToken).ConfigureAwait(false))
        {
            await RunAsync(table.DropRepeatedKeys(), cancellationToken).ConfigureAwait(false);
            await RunAsync(table.CreateKeyIndex(name), cancellationToken).ConfigureAwait(false);
        }

        load.KeyIndex = name;
        await schemas.NoteAsync(
            channel, load.Stored.Id, note with { KeyIndex = name, Key = load.Write.Schema.Key, Write = load.Write }, cancellationToken).ConfigureAwait(false);
    }

    // Another task's load may have built it since this one read the table.
    private async ValueTask<string?> BuiltIndexAsync(TableLoad load, CancellationToken cancellationToken)
    {
        await channel.LockAsync(SqlStore.LockName(load.Stored.Id), cancellationToken).ConfigureAwait(false);
        IReadOnlyList<SqlRow> notes = await channel.QueryAsync(
            $"SELECT key_index FROM {system.Tables} WHERE {system.Names(load.Stored.Id)}", cancellationToken).ConfigureAwait(false);
        return notes.Count == 0 ? null : notes[0].TextOrNull(0);
    }

    // Asked within the transaction: another task's load may have moved the table on since this load began.
    private async ValueTask<bool> IsInOrderAsync(TableLoad load, CancellationToken cancellationToken)
    {
        if (!load.Write.IsChangeCapture || load.DirectRows > 0 || load.Stored.Note is not { IsManaged: true })
        {
            return false;
        }

        IReadOnlyList<SqlRow> last = await channel.QueryAsync(
            new LastPositionSql(dialect, system, load.Stored.Id).Read(), cancellationToken).ConfigureAwait(false);
        return last.Count > 0
            && (last[0].Int(0) < request.Generation || (last[0].Int(0) == request.Generation && load.Positions.IsAfter(last[0].Text(1))));
    }

    // Events that are older than what is there go first, wherever a later step would mix them with newer ones.
    private async ValueTask GuardAsync(TableLoad load, CancellationToken cancellationToken)
    {
        if (request.IsRetry)
        {
            await RunAsync(new StageSql(dialect, load, request.Generation).DropOfEarlierRun(request.RunId), cancellationToken).ConfigureAwait(false);
        }

        if (!load.Write.IsChangeCapture || load.IsInOrder)
        {
            return;
        }

        var tombstones = new TombstoneSql(dialect, load, request, system);
        if (await channel.HasRowAsync(tombstones.Any(), cancellationToken).ConfigureAwait(false))
        {
            await RunAsync(tombstones.DropStaleByTombstone(), cancellationToken).ConfigureAwait(false);
        }

        // A plain upsert has the guard in its ON CONFLICT clause, which costs no pass of its own.
        // What is filled mixes events, so there the stale ones go before.
        bool isUpsert = load.Write.Strategy == MergeStrategy.Upsert && load.Write.ParentKey.IsEmpty && new MergeSql(dialect, load, request).UsesConflict;
        var fill = new FillSql(dialect, load, request.Generation);
        if (!isUpsert || fill.IsNeeded)
        {
            await RunAsync(fill.DropStale(isUpsert ? fill.Keys : null), cancellationToken).ConfigureAwait(false);
        }
    }

    private async ValueTask FillAsync(TableLoad load, CancellationToken cancellationToken)
    {
        var fill = new FillSql(dialect, load, request.Generation);
        if (fill.IsNeeded)
        {
            await RunAsync(fill.Fill(), cancellationToken).ConfigureAwait(false);
            load.HasSoftRows |= load.HasDeletedAt;
        }
    }

    private async ValueTask MergeRowsAsync(TableLoad load, MergeSql merge, QualityGate gate, CancellationToken cancellationToken)
    {
        if (load.Write.Strategy == MergeStrategy.InsertOnly)
        {
            var firsts = new InsertOnlySql(dialect, load, request.Generation);
            await RunAsync(firsts.KeepFirst(), cancellationToken).ConfigureAwait(false);
            await FillAsync(load, cancellationToken).ConfigureAwait(false);
            await RunAsync(firsts.KeepLastSegment(), cancellationToken).ConfigureAwait(false);
        }
        else
        {
            await FillAsync(load, cancellationToken).ConfigureAwait(false);
            await RunAsync(merge.KeepLast(), cancellationToken).ConfigureAwait(false);
        }

        await gate.CheckStagedAsync(load, cancellationToken).ConfigureAwait(false);
        if (ReplacesRows(load, merge))
        {
            await DropUnchangedAsync(load, merge, cancellationToken).ConfigureAwait(false);
            await RunAsync(merge.DeleteForInsert(MergeSql.WholeCodes), cancellationToken).ConfigureAwait(false);
        }

        if (load.StagedDeletes > 0)
        {
            await DeleteAsync(load, merge, cancellationToken).ConfigureAwait(false);
        }

        load.MergedRows += await ApplyAsync(load, merge, MergeSql.LiveCodes, cancellationToken).ConfigureAwait(false);
    }

    private async ValueTask DeleteAsync(TableLoad load, MergeSql merge, CancellationToken cancellationToken)
    {
        if (load.HasSoftRows)
        {
            load.MergedDeletes += await ApplyAsync(load, merge, MergeSql.SoftCodes, cancellationToken).ConfigureAwait(false);
        }

        if (!load.HasDeletedAt)
        {
            load.MergedDeletes += await RunAsync(merge.DeleteRows(), cancellationToken).ConfigureAwait(false);
        }
        else if (merge.MarksDeletesInPlace)
        {
            long marked = await RunAsync(merge.MarkDeleted(), cancellationToken).ConfigureAwait(false);
            load.MergedDeletes += marked;
            if (marked == load.StagedDeletes)
            {
                // Every delete met its row, which carries the position from here on.
                return;
            }
        }

        await WriteTombstonesAsync(load, cancellationToken).ConfigureAwait(false);
    }

    private async ValueTask WriteTombstonesAsync(TableLoad load, CancellationToken cancellationToken)
    {
        if (load.Write.IsChangeCapture && load.StagedDeletes > 0)
        {
            await RunAsync(new TombstoneSql(dialect, load, request, system).Write(), cancellationToken).ConfigureAwait(false);
        }
    }

    private async ValueTask<long> ApplyAsync(TableLoad load, MergeSql merge, string codes, CancellationToken cancellationToken)
    {
        if (merge.UsesConflict)
        {
            return await RunAsync(merge.Upsert(codes), cancellationToken).ConfigureAwait(false);
        }

        if (ReplacesRows(load, merge))
        {
            return await RunAsync(merge.InsertRows(codes), cancellationToken).ConfigureAwait(false);
        }

        if (codes == MergeSql.LiveCodes)
        {
            await DropUnchangedAsync(load, merge, cancellationToken).ConfigureAwait(false);
        }

        if (load.Stored.Note is not { IsManaged: true })
        {
            long updated = await RunAsync(merge.UpdateInPlace(codes), cancellationToken).ConfigureAwait(false);
            return updated + await RunAsync(merge.InsertMissing(codes), cancellationToken).ConfigureAwait(false);
        }

        await RunAsync(merge.DeleteForInsert(codes), cancellationToken).ConfigureAwait(false);
        return await RunAsync(merge.InsertRows(codes), cancellationToken).ConfigureAwait(false);
    }

    // Rows that are there make way at once for all that come: each scan for their places costs the same, however few they are.
    private static bool ReplacesRows(TableLoad load, MergeSql merge) => !merge.UsesConflict && load.Write.Strategy != MergeStrategy.InsertOnly
        && load.Write.ParentKey.IsEmpty && load.Stored.Note is { IsManaged: true };

    private async ValueTask DropUnchangedAsync(TableLoad load, MergeSql merge, CancellationToken cancellationToken)
    {
        if (!load.Write.IsChangeCapture)
        {
            await RunAsync(merge.DropUnchanged(), cancellationToken).ConfigureAwait(false);
        }
    }

    private async ValueTask MergeVersionsAsync(TableLoad load, QualityGate gate, CancellationToken cancellationToken)
    {
        var versions = new Scd2Sql(dialect, load, request);
        await RunAsync(versions.DropRepeats(), cancellationToken).ConfigureAwait(false);
        await FillAsync(load, cancellationToken).ConfigureAwait(false);
        await gate.CheckStagedAsync(load, cancellationToken).ConfigureAwait(false);
        await RunAsync(versions.CreateVersions(), cancellationToken).ConfigureAwait(false);
        if (load.Write.IsChangeCapture)
        {
            await RunAsync(versions.TouchUnchanged(), cancellationToken).ConfigureAwait(false);
        }

        load.MergedDeletes += await RunAsync(versions.Close(byDelete: true), cancellationToken).ConfigureAwait(false);
        await RunAsync(versions.Close(byDelete: false), cancellationToken).ConfigureAwait(false);
        load.MergedRows += await RunAsync(versions.Insert(), cancellationToken).ConfigureAwait(false);
        await RunAsync($"DROP TABLE {versions.Versions}", cancellationToken).ConfigureAwait(false);
        await WriteTombstonesAsync(load, cancellationToken).ConfigureAwait(false);
    }

    private async ValueTask MergeChildrenAsync(TableLoad load, MergeSql merge, QualityGate gate, CancellationToken cancellationToken)
    {
        var children = new ChildSql(dialect, load, request, system);
        await RunAsync(children.KeepLastEvent(), cancellationToken).ConfigureAwait(false);
        await RunAsync(merge.KeepLast(), cancellationToken).ConfigureAwait(false);
        await gate.CheckStagedAsync(load, cancellationToken).ConfigureAwait(false);
        load.MergedDeletes += await RunAsync(children.DeleteChildren(), cancellationToken).ConfigureAwait(false);
        if (load.Write.IsChangeCapture)
        {
            await RunAsync(children.WriteTombstones(), cancellationToken).ConfigureAwait(false);
        }

        load.MergedRows += await ApplyAsync(load, merge, MergeSql.LiveCodes, cancellationToken).ConfigureAwait(false);
    }

    private ValueTask<long> RunAsync(string sql, CancellationToken cancellationToken) =>
        sql.Length == 0 ? ValueTask.FromResult(0L) : channel.ExecuteAsync(sql, cancellationToken);
}
