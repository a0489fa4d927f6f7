using System.Buffers;
using System.Buffers.Binary;
using Millrace.Connectors.Sql.Reading;
using Millrace.Core.Errors;
using Millrace.PostgreSql;
using Npgsql;

namespace Millrace.Connectors.PostgreSql.Copy;

/// <summary>
/// Rows of a binary COPY … TO STDOUT, decoded straight into columns (the format: PostgreSQL manual, COPY, "Binary Format"). The connection goes with it.
/// </summary>
internal sealed class CopyRowStream : RowStream
{
    private const int HeaderSize = 19;
    private const int FirstSize = 1 << 20;
    private const int Trailer = -1;
    private const int NullLength = -1;
    private static readonly TimeSpan MostWait = TimeSpan.FromMilliseconds(500);

    private readonly PostgreSqlChannel _channel;
    private readonly NpgsqlRawCopyStream _stream;
    private readonly PostgreSqlErrors _errors;
    private readonly BatchColumns _columns;
    private readonly Func<int, ValueTask> _cancel;
    private readonly CopyValueReader[] _readers;
    private readonly List<int> _rows = [];      // where each row that is there begins in the buffer
    private byte[] _buffer = ArrayPool<byte>.Shared.Rent(FirstSize);
    private Task? _filling;
    private int _next;      // of _rows
    private int _parsed;    // rows before this place are whole
    private int _filled;
    private bool _hasHeader;
    private bool _isDone;

    /// <summary>Takes over an open stream and its connection.</summary>
    /// <param name="channel">The connection.</param>
    /// <param name="stream">The stream.</param>
    /// <param name="errors">What is reported.</param>
    /// <param name="columns">Where the columns go.</param>
    /// <param name="cancel">Ends what the server process of a number is doing; the driver does not, for a COPY that is read.</param>
    public CopyRowStream(
        PostgreSqlChannel channel, NpgsqlRawCopyStream stream, PostgreSqlErrors errors, BatchColumns columns, Func<int, ValueTask> cancel)
    {
        _cancel = cancel;
        _channel = channel;
        _stream = stream;
        _errors = errors;
        _columns = columns;
        _readers = [.. columns.All.Select(c => CopyValueReader.Of(c.Source))];
    }

    /// <inheritdoc/>
    public override async ValueTask<int> WaitAsync(CancellationToken cancellationToken)
    {
        while (_next == _rows.Count && !_isDone)
        {
            Compact();
            await FillAsync(cancellationToken).ConfigureAwait(false);
            Parse();
        }

        return _rows.Count - _next;
    }

    /// <inheritdoc/>
    public override int BytesOf(int ahead)
    {
        int row = _next + ahead;
        int end = row + 1 < _rows.Count ? _rows[row + 1] : _parsed;
        return end - _rows[row] - sizeof(short) - (_readers.Length * sizeof(int));
    }

    /// <inheritdoc/>
    public override void Append(int row, int count)
    {
        for (int i = 0; i < count; i++)
        {
            Decode(_buffer.AsSpan(_rows[_next++] + sizeof(short)), row + i);
        }
    }

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        bool isIdle = await EndAsync().ConfigureAwait(false);
        if (isIdle)
        {
            await CloseAsync().ConfigureAwait(false);
        }
        else if (_filling is { } filling)
        {
            // The server does not answer: the connection is left to whatever ends it.
            _ = filling.ContinueWith(async _ => await CloseAsync().ConfigureAwait(false), TaskScheduler.Default);
        }
    }

    // False where a read is under way that does not end.
    private async ValueTask<bool> EndAsync()
    {
        if (_isDone || _channel.IsBroken)
        {
            return _filling is null or { IsCompleted: true };
        }

        try
        {
            // Without this the stream's end would first read all that is left.
            await _cancel(_channel.ProcessId).ConfigureAwait(false);
        }
        catch (Exception e) when (e is MillraceException or OperationCanceledException)
        {
            // Nobody answers there.
        }

        if (_filling is not { } filling)
        {
            return true;
        }

        await Task.WhenAny(filling, Task.Delay(MostWait)).ConfigureAwait(false);
        return filling.IsCompleted;
    }

    private async ValueTask CloseAsync()
    {
        _ = _filling?.Exception;
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = [];
        try
        {
            await _stream.DisposeAsync().ConfigureAwait(false);
        }
        catch (Exception e) when (e is NpgsqlException or IOException or InvalidOperationException or ObjectDisposedException or OperationCanceledException)
        {
            // The statement was ended, or the connection is gone: either way nothing more is wanted of it.
        }

        await _channel.DisposeAsync().ConfigureAwait(false);
    }

    private void Decode(ReadOnlySpan<byte> fields, int row)
    {
        for (int i = 0; i < _readers.Length; i++)
        {
            int length = BinaryPrimitives.ReadInt32BigEndian(fields);
            fields = fields[sizeof(int)..];
            if (length != NullLength)
            {
                _readers[i].Read(fields[..length], _columns.All[i], row);
                fields = fields[length..];
            }
        }
    }

    private void Compact()
    {
        _buffer.AsSpan(_parsed, _filled - _parsed).CopyTo(_buffer);
        _filled -= _parsed;
        _parsed = 0;
        _rows.Clear();
        _next = 0;
        if (_filled > _buffer.Length / 2)
        {
            byte[] larger = ArrayPool<byte>.Shared.Rent((int)Math.Min((long)_buffer.Length * 2, Array.MaxLength));
            _buffer.AsSpan(0, _filled).CopyTo(larger);
            ArrayPool<byte>.Shared.Return(_buffer);
            _buffer = larger;
        }
    }

    // The driver hands out one row at a time, and each of its asynchronous reads allocates: a good part of the buffer is read on a thread of its own.
    private async ValueTask FillAsync(CancellationToken cancellationToken)
    {
        _filling = Task.Factory.StartNew(Fill, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        try
        {
            await _filling.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is NpgsqlException or IOException or TimeoutException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw _errors.OnStatement(e);
        }

        _filling = null;
    }

    private void Fill()
    {
        int enough = _buffer.Length / 2;
        do
        {
            int read = _stream.Read(_buffer.AsSpan(_filled));
            if (read == 0)
            {
                _isDone = true;
                return;
            }

            _filled += read;
        }
        while (_filled < enough);
    }

    private void Parse()
    {
        if (!_hasHeader && _filled >= HeaderSize)
        {
            _parsed = HeaderSize + BinaryPrimitives.ReadInt32BigEndian(_buffer.AsSpan(HeaderSize - sizeof(int)));
            _hasHeader = true;
        }

        while (_hasHeader && EndOfRow() is { } end)
        {
            if (end < 0)
            {
                _isDone = true;
                return;
            }

            _rows.Add(_parsed);
            _parsed = end;
        }

        if (_isDone)
        {
            throw _errors.OnStatement(new EndOfStreamException("the copy ended in the middle of a row"));
        }
    }

    // Null where the row is not whole yet, negative at the trailer.
    private int? EndOfRow()
    {
        int at = _parsed;
        if (_filled - at < sizeof(short))
        {
            return null;
        }

        int fields = BinaryPrimitives.ReadInt16BigEndian(_buffer.AsSpan(at));
        if (fields == Trailer)
        {
            return -1;
        }

        if (fields != _readers.Length)
        {
            throw new MillraceException(ErrorCodes.Internal, $"A row of the copy has another number of fields ({fields}) than was asked for ({_readers.Length}).", "Report it.");
        }

        at += sizeof(short);
        for (int i = 0; i < fields; i++)
        {
            if (_filled - at < sizeof(int))
            {
                return null;
            }

            int length = BinaryPrimitives.ReadInt32BigEndian(_buffer.AsSpan(at));
            at += sizeof(int) + Math.Max(length, 0);
            if (at > _filled)
            {
                return null;
            }
        }

        return at;
    }
}
