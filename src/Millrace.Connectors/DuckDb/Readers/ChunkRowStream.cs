using Millrace.Connectors.DuckDb.Native;
using Millrace.Connectors.Sql.Reading;

namespace Millrace.Connectors.DuckDb.Readers;

/// <summary>Rows of a DuckDB statement: data chunks, copied column by column. The connection goes with it.</summary>
internal sealed class ChunkRowStream : RowStream
{
    private readonly DuckDbConnection _connection;
    private readonly DuckDbStream _stream;
    private readonly BatchColumns _columns;
    private readonly DuckDbColumnReader[] _readers;
    private readonly int[] _texts;
    private readonly int _fixedBytes;
    private int _rows;
    private int _next;

    /// <summary>Takes over a stream and its connection.</summary>
    public ChunkRowStream(DuckDbConnection connection, DuckDbStream stream, BatchColumns columns)
    {
        _connection = connection;
        _stream = stream;
        _columns = columns;
        _readers = [.. stream.Types.Select((type, i) => DuckDbColumnReader.Of(type, columns.All[i].Source))];
        _texts = [.. Enumerable.Range(0, _readers.Length).Where(i => columns.All[i].Source.Type.IsVariableLength)];
        _fixedBytes = _readers.Sum(r => r.Width);
    }

    /// <inheritdoc/>
    public override async ValueTask<int> WaitAsync(CancellationToken cancellationToken)
    {
        if (_next == _rows)
        {
            _rows = await Task.Run(() => _stream.Next(cancellationToken), cancellationToken).ConfigureAwait(false);
            _next = 0;
        }

        return _rows - _next;
    }

    /// <inheritdoc/>
    public override unsafe int BytesOf(int ahead)
    {
        long bytes = _fixedBytes;
        foreach (int column in _texts)
        {
            DuckDbVector vector = _stream.Vector(column);
            if (DuckDbVector.IsValid(vector.Validity, _next + ahead))
                bytes += vector.Data<DuckDbString>()[_next + ahead].Length;
        }

        return (int)Math.Min(bytes, int.MaxValue);
    }

    /// <inheritdoc/>
    public override void Append(int row, int count)
    {
        for (int i = 0; i < _readers.Length; i++)
            _readers[i].Read(_stream.Vector(i), _next, count, _columns.All[i], row);
        _next += count;
    }

    /// <inheritdoc/>
    public override ValueTask DisposeAsync()
    {
        _stream.Dispose();
        _connection.Dispose();
        return ValueTask.CompletedTask;
    }
}
