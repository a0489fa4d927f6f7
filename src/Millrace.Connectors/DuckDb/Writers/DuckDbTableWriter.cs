using System.Buffers;
using Millrace.Connectors.DuckDb.Native;
using Millrace.Core.Batches;
using Millrace.Core.Schemas;

namespace Millrace.Connectors.DuckDb.Writers;

/// <summary>A column of the table that is written: filled from the load, or (null filler) from the batch's column of that name.</summary>
internal readonly record struct DuckDbTargetColumn(string Name, DuckDbFiller? Filler = null);

/// <summary>A row that DuckDB's types cannot hold as it is.</summary>
/// <param name="Row">The row in its batch.</param>
/// <param name="Column">The target column.</param>
/// <param name="Reason">Why, without the value.</param>
internal readonly record struct DuckDbRefusedRow(int Row, string Column, string Reason);

/// <summary>Writes batches into one table through an appender, within the connection's transaction. What fills each column is
/// chosen when the batches' schema changes, not per row. One thread at a time; disposing without <see cref="Flush"/> leaves
/// out what DuckDB had not taken yet.</summary>
internal sealed class DuckDbTableWriter : IDisposable
{
    private readonly DuckDbAppender _appender;
    private readonly DuckDbTargetColumn[] _columns;
    private readonly DuckDbFiller[] _fillers;
    private readonly List<DuckDbRefusedRow> _refused = [];
    private TableSchema? _schema;
    private bool[] _skip = [];

    /// <summary>Opens a writer on a table that exists; columns that are not named get their default.</summary>
    /// <param name="connection">The connection whose transaction the rows belong to.</param>
    /// <param name="catalog">Null for the database's own, <c>temp</c> for TEMP tables.</param>
    /// <param name="table">The table, its schema empty for the default one.</param>
    /// <param name="columns">The columns to fill.</param>
    internal DuckDbTableWriter(DuckDbConnection connection, string? catalog, TableId table, IEnumerable<DuckDbTargetColumn> columns)
    {
        _columns = [.. columns];
        _fillers = new DuckDbFiller[_columns.Length];
        _appender = connection.Append(
            catalog, table.Schema.Length == 0 ? null : table.Schema, table.Name, Array.ConvertAll(_columns, static c => c.Name));
    }

    /// <summary>Writes the rows of a batch that can be stored.</summary>
    /// <param name="batch">The batch; it stays the caller's.</param>
    /// <param name="withDeletes">False to leave out rows that are deletes.</param>
    /// <returns>The rows that were left out because a value does not fit; good until the next call.</returns>
    internal IReadOnlyList<DuckDbRefusedRow> Write(RecordBatch batch, bool withDeletes = true)
    {
        Bind(batch.Schema);
        bool anySkipped = MarkRefused(batch) | (!withDeletes && MarkDeletes(batch));
        using PinnedBatch pinned = new(batch, _fillers);
        int capacity = _appender.Capacity;
        int at = 0;
        for (int from = 0; from < batch.RowCount;)
        {
            int run = anySkipped ? RunLength(from, batch.RowCount) : batch.RowCount - from;
            int count = Math.Min(run, capacity - at);
            Fill(batch, from, count, at);
            at += count;
            from += count;
            if (at == capacity)
                Hand(ref at);
            while (anySkipped && from < batch.RowCount && _skip[from])
                from++;
        }

        // Texts point into the batch, so nothing of it may stay in the chunk.
        Hand(ref at);
        return _refused;
    }

    /// <summary>Hands everything to the table.</summary>
    internal void Flush() => _appender.Flush();

    public void Dispose() => _appender.Dispose();

    private void Hand(ref int rows)
    {
        if (rows > 0)
            _appender.AppendChunk(rows);
        rows = 0;
    }

    private void Fill(RecordBatch batch, int from, int count, int at)
    {
        if (count == 0)
            return;
        for (int i = 0; i < _fillers.Length; i++)
            _fillers[i].Fill(batch, from, count, _appender.Vector(i), at);
    }

    // The rows from here to the next one that is left out.
    private int RunLength(int from, int rowCount)
    {
        int next = Array.IndexOf(_skip, true, from, rowCount - from);
        return (next < 0 ? rowCount : next) - from;
    }

    private void Bind(TableSchema schema)
    {
        if (ReferenceEquals(schema, _schema))
            return;
        for (int i = 0; i < _columns.Length; i++)
        {
            int source = _columns[i].Filler is null ? schema.IndexOf(_columns[i].Name) : -1;
            _fillers[i] = _columns[i].Filler
                ?? (source < 0 ? DuckDbFiller.Null : DuckDbFiller.Column(source, DuckDbColumnWriter.For(schema.Columns[source].Type, _appender.Types[i])));
        }

        _schema = schema;
    }

    private bool MarkRefused(RecordBatch batch)
    {
        _refused.Clear();
        if (_skip.Length < batch.RowCount)
            _skip = new bool[batch.RowCount];
        Array.Clear(_skip);
        for (int i = 0; i < _fillers.Length; i++)
        {
            for (int row = 0; (row = _fillers[i].FirstRefused(batch, row)) >= 0; row++)
            {
                if (!_skip[row])
                    _refused.Add(new DuckDbRefusedRow(row, _columns[i].Name, _fillers[i].Refusal));
                _skip[row] = true;
            }
        }

        return _refused.Count > 0;
    }

    private bool MarkDeletes(RecordBatch batch)
    {
        bool any = false;
        ReadOnlySpan<ChangeKind> changes = batch.Changes.Span;
        for (int row = 0; row < changes.Length; row++)
        {
            bool isDelete = changes[row] == ChangeKind.Delete;
            _skip[row] |= isDelete;
            any |= isDelete;
        }

        return any;
    }

    /// <summary>Keeps the texts of a batch in their place while vectors point at them.</summary>
    private readonly struct PinnedBatch : IDisposable
    {
        private readonly MemoryHandle[] _handles;
        private readonly int _count;

        internal PinnedBatch(RecordBatch batch, DuckDbFiller[] fillers)
        {
            _handles = ArrayPool<MemoryHandle>.Shared.Rent(fillers.Length);
            foreach (DuckDbFiller filler in fillers)
            {
                if (filler.Pinned(batch) is { } column)
                    _handles[_count++] = column.AllBytes.Pin();
            }
        }

        public void Dispose()
        {
            for (int i = 0; i < _count; i++)
                _handles[i].Dispose();
            ArrayPool<MemoryHandle>.Shared.Return(_handles, clearArray: true);
        }
    }
}
