using System.Globalization;
using Millrace.Connectors.Sql.Bulk;
using Millrace.Connectors.Sql.Merging;
using Millrace.Core.Batches;
using Millrace.Core.Contracts;
using Millrace.Core.Errors;
using Millrace.Core.Schemas;

namespace Millrace.Connectors.Sql.Loads;

/// <summary>Takes the rows of one load in: chooses each table's way, keeps its stream open, and puts aside rows that cannot be loaded.</summary>
internal sealed class LoadIntake(SqlStore store, SqlChannel channel, WriteRequest request, TableMerger merger) : IAsyncDisposable
{
    private readonly Dictionary<TableId, TableWrite> _writes = request.Tables.ToDictionary(t => t.Schema.Table);
    private readonly Dictionary<TableId, TableLoad> _tables = [];
    private readonly BulkRows _rows = new();
    private TableLoad? _open;

    private readonly Dictionary<TableId, int> _cleared = [];

    /// <summary>The tables that got rows or controls.</summary>
    public IReadOnlyDictionary<TableId, TableLoad> Tables => _tables;

    /// <summary>Rows for quarantine.</summary>
    public List<RejectedRow> Rejected { get; } = [];

    /// <summary>The tables that every row was removed from.</summary>
    public IEnumerable<TableId> Cleared => _cleared.Keys;

    /// <summary>Notes that every row of a table is removed here: what it has in quarantine until now is outdated.</summary>
    public void NoteCleared(TableId table) => _cleared[table] = Rejected.Count;

    /// <summary><see cref="Rejected"/>, each row with the generation that it belongs to.</summary>
    public IEnumerable<(RejectedRow Row, int Generation)> RejectedWithGeneration() => Rejected.Select(
        (row, i) => (row, i < _cleared.GetValueOrDefault(row.Table) ? QuarantinedRow.BeforeAll : request.Generation));

    /// <summary>How the tables of this load are written, those without rows too.</summary>
    public IEnumerable<TableWrite> Writes => _writes.Values;

    /// <summary>How a table of this load is written, or null for one that the load does not know.</summary>
    public TableWrite? WriteOf(TableId table) => _writes.GetValueOrDefault(table);

    /// <summary>See <see cref="IWriteSession.EvolveAsync"/>.</summary>
    public async ValueTask EvolveAsync(TableWrite table, CancellationToken cancellationToken)
    {
        await CloseWriterAsync(cancellationToken).ConfigureAwait(false);
        _writes[table.Schema.Table] = table;

        if (_tables.TryGetValue(table.Schema.Table, out TableLoad? changed))
        {
            await OwnTargetAsync(changed, cancellationToken).ConfigureAwait(false);
        }

        // Inside the load's transaction where one is open, which may hold locks that another transaction would wait for without end.
        StoredTable stored = channel.InTransaction
            ? await store.PrepareTableAsync(channel, table, request.Generation, cancellationToken).ConfigureAwait(false)
            : await store.PrepareInTransactionAsync(channel, table, request.Generation, cancellationToken).ConfigureAwait(false);
        if (_tables.TryGetValue(table.Schema.Table, out TableLoad? load))
        {
            await EvolveStageAsync(load, table, stored, cancellationToken).ConfigureAwait(false);
            load.Refresh(table, stored);
        }
    }

    /// <summary>Takes a batch of rows in.</summary>
    public async ValueTask WriteAsync(RecordBatch batch, CancellationToken cancellationToken)
    {
        TableLoad load = await TableOfAsync(batch.Schema.Table, cancellationToken).ConfigureAwait(false);
        _rows.Reset(batch, load.Bind(batch), load.Sequence);
        if (load.Write.IsChangeCapture)
        {
            load.Positions.Add(batch);
        }

        bool isPlain = RowClassifier.Classify(load, _rows, Rejected);
        RowClassifier.FindWide(load, _rows);
        await ChooseModeAsync(load, isPlain, cancellationToken).ConfigureAwait(false);
        await MarkUnsetAsync(load, cancellationToken).ConfigureAwait(false);
        if (load is { Mode: LoadMode.Staged, Repeats: { } repeats })
        {
            load.StagedRepeats += repeats.Mark(_rows, load.KeyColumns.AsSpan());
            if (repeats.IsFull)
            {
                // From here on the merge looks at every key, as it does where it cannot tell.
                await CloseWriterAsync(cancellationToken).ConfigureAwait(false);
                load.ForgetRepeats();
            }
        }

        BulkWriter writer = await OpenWriterAsync(load, cancellationToken).ConfigureAwait(false);
        await writer.WriteAsync(_rows, cancellationToken).ConfigureAwait(false);
        Account(load);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_open?.Writer is { } writer)
        {
            _open.Writer = null;
            await writer.DisposeAsync().ConfigureAwait(false);
        }

        foreach (TableLoad load in _tables.Values)
        {
            load.ForgetRepeats();
        }
    }

    /// <summary>The state of a table of this load; the table is read when its first row comes.</summary>
    public async ValueTask<TableLoad> TableOfAsync(TableId table, CancellationToken cancellationToken)
    {
        if (_tables.TryGetValue(table, out TableLoad? load))
        {
            return load;
        }

        if (!_writes.TryGetValue(table, out TableWrite? write))
        {
            throw new InvalidOperationException($"Table {table} is not part of this load.");
        }

        await CloseWriterAsync(cancellationToken).ConfigureAwait(false);
        TableId physical = await store.PhysicalAsync(channel, write, request.Generation, cancellationToken).ConfigureAwait(false);
        StoredTable stored = await store.Reader.ReadAsync(channel, physical, cancellationToken).ConfigureAwait(false)
            ?? throw new MillraceException(
                ErrorCodes.TargetVanished,
                $"The target table {physical} is gone since it was prepared.",
                "Start the run again; with on_target_vanished: resnapshot the table is filled anew.");
        load = new(write, stored, store.NextStageName());
        _tables.Add(table, load);
        return load;
    }

    private async ValueTask ChooseModeAsync(TableLoad load, bool isPlain, CancellationToken cancellationToken)
    {
        if (load.Mode == LoadMode.Direct && (isPlain || !load.IsKeyed))
        {
            return;
        }

        if (load.Mode == LoadMode.Direct)
        {
            await CloseWriterAsync(cancellationToken).ConfigureAwait(false);
            await merger.EnsureKeyIndexAsync(load, load.DirectRows > 0, cancellationToken).ConfigureAwait(false);
            load.Mode = LoadMode.Staged;
        }
        else if (load.Mode == LoadMode.Undecided)
        {
            await CloseWriterAsync(cancellationToken).ConfigureAwait(false);
            load.Mode = load.Write.Checks.IsEmpty && (isPlain || !load.IsKeyed) && await TryDirectAsync(load, cancellationToken).ConfigureAwait(false)
                ? LoadMode.Direct
                : LoadMode.Staged;
        }

        if (load.Mode == LoadMode.Staged && !load.HasStage)
        {
            // A table control may have chosen the mode, with another table's stream open since.
            await CloseWriterAsync(cancellationToken).ConfigureAwait(false);
            load.TrackRepeats();
            await channel.ExecuteAsync(new StageSql(store.Dialect, load, request.Generation).Create(), cancellationToken).ConfigureAwait(false);
            load.HasStage = true;
        }
    }

    private async ValueTask<bool> TryDirectAsync(TableLoad load, CancellationToken cancellationToken)
    {
        // Of rows that went straight in under one key, nothing could say which came last.
        if (load.IsKeyed && store.Dialect.InsertionOrder.Length == 0)
        {
            return false;
        }

        if (load.Write.Disposition == WriteDisposition.Merge)
        {
            bool may = load.Stored.Note is { IsManaged: true } && load.IsKeyed && !load.IsScd2
                && await channel.HasRowAsync(store.Dialect.IsFreshQuery(load.Stored.Id), cancellationToken).ConfigureAwait(false)
                && !await channel.HasRowAsync(new TombstoneSql(store.Dialect, load, request, store.System).Any(), cancellationToken).ConfigureAwait(false);
            if (!may)
            {
                return false;
            }
        }

        await BeginEarlyAsync(cancellationToken).ConfigureAwait(false);
        if (load.IsKeyed)
        {
            await channel.LockAsync(SqlStore.LockName(load.Stored.Id), cancellationToken).ConfigureAwait(false);
            if (store.Dialect.LockTable(load.Stored.Id) is { Length: > 0 } lockTable)
            {
                await channel.ExecuteAsync(lockTable, cancellationToken).ConfigureAwait(false);
            }

            if (load.Write.Disposition == WriteDisposition.Merge
                && !await channel.HasRowAsync(store.Dialect.IsFreshQuery(load.Stored.Id), cancellationToken).ConfigureAwait(false))
            {
                return false;
            }

            await DropKeyIndexAsync(load, cancellationToken).ConfigureAwait(false);
        }

        return true;
    }

    // Rows go in faster without the index, and repeated keys are then settled when it is built again.
    private async ValueTask DropKeyIndexAsync(TableLoad load, CancellationToken cancellationToken)
    {
        if (load.KeyIndex is { } index)
        {
            await channel.ExecuteAsync(new TableSql(store.Dialect, load, request).DropKeyIndex(index), cancellationToken).ConfigureAwait(false);
            await store.Schemas.NoteAsync(channel, load.Stored.Id, load.Stored.Note! with { KeyIndex = null }, cancellationToken).ConfigureAwait(false);
            load.KeyIndex = null;
        }
    }

    private async ValueTask MarkUnsetAsync(TableLoad load, CancellationToken cancellationToken)
    {
        int rows = _rows.Batch.RowCount;
        if (load.Mode != LoadMode.Staged || _rows.Codes.AsSpan(0, rows).IndexOf(StageCode.Partial) < 0)
        {
            return;
        }

        for (int i = 0; i < load.Columns.Length; i++)
        {
            int column = _rows.BatchColumns[i];
            if ((column < 0 || _rows.Batch.Columns[column].HasUnset) && !load.UnsetMarks.ContainsKey(load.Columns[i].Name))
            {
                await CloseWriterAsync(cancellationToken).ConfigureAwait(false);
                string mark = "_millrace_unset_" + load.UnsetMarks.Count.ToString(CultureInfo.InvariantCulture);
                await channel.ExecuteAsync(new StageSql(store.Dialect, load, request.Generation).AddUnset(mark), cancellationToken).ConfigureAwait(false);
                load.UnsetMarks.Add(load.Columns[i].Name, mark);
            }
        }
    }

    private async ValueTask<BulkWriter> OpenWriterAsync(TableLoad load, CancellationToken cancellationToken)
    {
        if (_open != load || load.Writer is null)
        {
            await CloseWriterAsync(cancellationToken).ConfigureAwait(false);
            load.Writer = load.Mode == LoadMode.Direct
                ? await channel.OpenWriterAsync(store.Dialect.Quote(load.Stored.Id), load.DirectColumns(request), cancellationToken).ConfigureAwait(false)
                : await channel.OpenWriterAsync(store.Dialect.QuoteTemporary(load.StageName), load.StageColumns(), cancellationToken).ConfigureAwait(false);
            _open = load;
        }

        return load.Writer;
    }

    /// <summary>Ends the open stream, so that other statements may run.</summary>
    public async ValueTask CloseWriterAsync(CancellationToken cancellationToken)
    {
        if (_open?.Writer is { } writer)
        {
            await writer.CompleteAsync(cancellationToken).ConfigureAwait(false);
            _open.Writer = null;
            await writer.DisposeAsync().ConfigureAwait(false);
        }

        _open = null;
    }

    private void Account(TableLoad load)
    {
        foreach (RefusedValue refused in _rows.Refused)
        {
            _rows.Codes[refused.Row] = StageCode.Skip;
            Rejected.Add(new(
                load.Write.Schema.Table,
                RowClassifier.PositionOf(_rows.Batch, refused.Row),
                ErrorCodes.ValueRefused,
                $"Column {load.Columns[refused.Column].Name}: {refused.Reason}",
                KeptRow.Of(_rows.Batch, refused.Row)));
        }

        load.Sequence += _rows.Batch.RowCount;
        foreach (byte code in _rows.Codes.AsSpan(0, _rows.Batch.RowCount))
        {
            bool isStaged = load.Mode == LoadMode.Staged;
            load.DirectRows += code != StageCode.Skip && !isStaged ? 1 : 0;
            load.StagedDeletes += code == StageCode.Delete && isStaged ? 1 : 0;
            load.StagedRows += code < StageCode.Skip && code != StageCode.Delete && isStaged ? 1 : 0;
            load.StagedPartials += code == StageCode.Partial && isStaged ? 1 : 0;
        }
    }

    private async ValueTask EvolveStageAsync(TableLoad load, TableWrite write, StoredTable stored, CancellationToken cancellationToken)
    {
        if (!load.HasStage)
        {
            return;
        }

        string stage = store.Dialect.QuoteTemporary(load.StageName);
        foreach (StoredColumn column in write.Schema.Columns.Select(c => stored.Find(c.Name)).OfType<StoredColumn>().Where(c => !c.IsGenerated))
        {
            int index = load.IndexOf(column.Name);
            if (index < 0)
            {
                string type = write.Schema.Key.Contains(column.Name) ? store.Dialect.KeyColumnType(column.Type) : store.Dialect.ColumnType(column.Type);
                await channel.ExecuteAsync(
                    store.Dialect.AddColumn(stage, store.Dialect.Quote(column.Name), type), cancellationToken).ConfigureAwait(false);
            }
            else if (store.Dialect.TypeName(load.Columns[index].Type) != store.Dialect.TypeName(column.Type))
            {
                await channel.ExecuteAsync(
                    store.Dialect.AlterType(stage, column.Name, load.Columns[index].Type, column.Type), cancellationToken).ConfigureAwait(false);
            }
        }

        if (write.RekeyFrom is { } from && !load.Write.Schema.Key.Contains(SystemColumns.Key))
        {
            string key = KeySql.Canonical(store.Dialect, store.Dialect.Quote(from), stored.Find(from)?.SourceType);
            await channel.ExecuteAsync(
                $"UPDATE {stage} SET {store.Dialect.Quote(SystemColumns.Key)} = {key} WHERE {store.Dialect.Quote(SystemColumns.Key)} IS NULL",
                cancellationToken).ConfigureAwait(false);
        }
    }

    // A table of Millrace's making has no constraints or indexes there, so that a copy of it is the same table.
    private async ValueTask OwnTargetAsync(TableLoad load, CancellationToken cancellationToken)
    {
        if (store.Dialect.AltersChangedTables || load is not { IsTargetChanged: true, IsTargetCopied: false, Stored.Note.IsManaged: true })
        {
            return;
        }

        TableId target = load.Stored.Id;
        await OwnAsync(
            "TABLE", store.Dialect.Quote(target), store.Dialect.Quote(target with { Name = store.NextStageName() }), target.Name, cancellationToken).ConfigureAwait(false);
        load.IsTargetCopied = true;
    }

    // The transaction's own copy takes the table's place; where it is rolled back, the table is there as before.
    private async ValueTask OwnAsync(string kind, string table, string copy, string name, CancellationToken cancellationToken) => await channel.ExecuteAsync(
        $"""
        CREATE {kind} {copy} AS SELECT * FROM {table} ORDER BY {store.Dialect.InsertionOrder};
        DROP TABLE {table};
        ALTER TABLE {copy} RENAME TO {store.Dialect.Quote(name)}
        """,
        cancellationToken).ConfigureAwait(false);

    /// <summary>
    /// Opens the load's transaction while rows may still come, with no stream open. Stages may have to be altered after rows in them were changed:
    /// where that needs rows of the transaction's own, the stages are copied into it.
    /// </summary>
    public async ValueTask BeginEarlyAsync(CancellationToken cancellationToken)
    {
        if (channel.InTransaction)
        {
            return;
        }

        await EnsureTransactionAsync(cancellationToken).ConfigureAwait(false);
        foreach (TableLoad load in _tables.Values.Where(t => t.HasStage && !store.Dialect.AltersChangedTables))
        {
            await OwnAsync(
                "TEMP TABLE", store.Dialect.QuoteTemporary(load.StageName), store.Dialect.QuoteTemporary(store.NextStageName()), load.StageName, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Opens the load's transaction where it is not open yet.</summary>
    public async ValueTask EnsureTransactionAsync(CancellationToken cancellationToken)
    {
        if (!channel.InTransaction)
        {
            await channel.BeginAsync(cancellationToken).ConfigureAwait(false);
        }
    }
}
