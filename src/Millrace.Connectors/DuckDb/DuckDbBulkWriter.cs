using System.Buffers;
using System.Collections.Immutable;
using Millrace.Connectors.DuckDb.Native;
using Millrace.Connectors.DuckDb.Writers;
using Millrace.Connectors.Sql;
using Millrace.Connectors.Sql.Bulk;

namespace Millrace.Connectors.DuckDb;

/// <summary>Writes batches into one table through an appender, a data chunk at a time, within the connection's transaction. What
/// fills each column is chosen when the stream opens and, for data columns, when their type changes; never per row.</summary>
internal sealed class DuckDbBulkWriter : BulkWriter
{
    private readonly DuckDbAppender _appender;
    private readonly Action<long> _countWritten;
    private readonly ImmutableArray<BulkColumn> _columns;
    private readonly DuckDbFiller[] _fillers;
    private readonly MemoryHandle[] _pins;

    /// <summary>Opens a stream.</summary>
    /// <param name="appender">An appender on the table for exactly these columns; disposed with this.</param>
    /// <param name="columns">The columns, in the appender's order.</param>
    /// <param name="countWritten">Told of each batch how many rows it has.</param>
    internal DuckDbBulkWriter(DuckDbAppender appender, ImmutableArray<BulkColumn> columns, Action<long> countWritten)
    {
        _countWritten = countWritten;
        _appender = appender;
        _columns = columns;
        _fillers = new DuckDbFiller[columns.Length];
        _pins = new MemoryHandle[columns.Length];
        for (int i = 0; i < columns.Length; i++)
            _fillers[i] = DuckDbFiller.For(columns[i], appender.Types[i]);
    }

    /// <inheritdoc/>
    public override ValueTask WriteAsync(BulkRows rows, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(rows);
        cancellationToken.ThrowIfCancellationRequested();
        foreach (DuckDbFiller filler in _fillers)
            filler.Bind(rows);
        Refuse(rows);
        try
        {
            Pin();
            Append(rows);
            _countWritten(rows.Batch.RowCount);
        }
        finally
        {
            Unpin();
        }

        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public override ValueTask CompleteAsync(CancellationToken cancellationToken) =>
        new(Task.Run(_appender.Flush, cancellationToken));

    /// <inheritdoc/>
    public override ValueTask DisposeAsync()
    {
        _appender.Dispose();
        return ValueTask.CompletedTask;
    }

    // Refused rows are coded as skipped, so that what follows has one test a row.
    private void Refuse(BulkRows rows)
    {
        for (int i = 0; i < _fillers.Length; i++)
        {
            for (int row = 0; (row = _fillers[i].FirstRefused(row)) >= 0; row++)
            {
                if (rows.Codes[row] == StageCode.Skip)
                    continue;
                rows.Codes[row] = StageCode.Skip;
                rows.Refused.Add(new RefusedValue(row, _columns[i].Index, _fillers[i].Refusal));
            }
        }
    }

    private void Append(BulkRows rows)
    {
        ReadOnlySpan<byte> codes = rows.Codes.AsSpan(0, rows.Batch.RowCount);
        int at = 0;
        int from = 0;
        while (NextRun(codes, ref from, _appender.Capacity - at) is var count and > 0)
        {
            for (int i = 0; i < _fillers.Length; i++)
                _fillers[i].Fill(from, count, _appender.Vector(i), at);
            from += count;
            at += count;
            if (at == _appender.Capacity)
                Hand(ref at);
        }

        // Texts point into the batch, so nothing of it may stay in the chunk.
        Hand(ref at);
    }

    private void Hand(ref int rows)
    {
        if (rows > 0)
            _appender.AppendChunk(rows);
        rows = 0;
    }

    // Moves to the next row that is written and returns how many follow one another from there, 0 at the end.
    private static int NextRun(ReadOnlySpan<byte> codes, ref int from, int most)
    {
        int start = codes[from..].IndexOfAnyExcept(StageCode.Skip);
        if (start < 0)
            return 0;
        from += start;
        ReadOnlySpan<byte> rest = codes.Slice(from, Math.Min(most, codes.Length - from));
        int end = rest.IndexOf(StageCode.Skip);
        return end < 0 ? rest.Length : end;
    }

    private void Pin()
    {
        for (int i = 0; i < _fillers.Length; i++)
        {
            if (_fillers[i].Pinned is { } texts)
                _pins[i] = texts.AllBytes.Pin();
        }
    }

    private void Unpin()
    {
        foreach (ref MemoryHandle pin in _pins.AsSpan())
        {
            pin.Dispose();
            pin = default;
        }
    }
}
