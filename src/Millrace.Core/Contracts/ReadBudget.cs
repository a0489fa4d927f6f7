namespace Millrace.Core.Contracts;

/// <summary>
/// What a run may still read, shared by all its partitions; safe for concurrent use. The first unit of a run is always granted, so that a
/// run with any budget makes progress; after a refusal every further request is refused.
/// </summary>
public sealed class ReadBudget
{
    /// <summary>What <see cref="Reached"/> says where the run was asked to end, as a setting's name says that a limit was met.</summary>
    public const string StopRequested = "stop_requested";

    private const int ClockEvery = 64;

    private readonly long _maxRows;
    private readonly long _maxBytes;
    private readonly long _deadline;
    private readonly TimeProvider _time;
    private readonly Lock _gate = new();
    private long _rows;
    private long _bytes;
    private long _seenRows;
    private long _seenBytes;
    private int _calls;
    private volatile string? _reached;

    /// <summary>Creates a budget that starts now.</summary>
    /// <param name="maxRows">Rows, or null.</param>
    /// <param name="maxBytes">Source payload bytes, or null.</param>
    /// <param name="maxDuration">Time, or null.</param>
    /// <param name="time">The clock.</param>
    public ReadBudget(long? maxRows, long? maxBytes, TimeSpan? maxDuration, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(time);
        _maxRows = maxRows ?? long.MaxValue;
        _maxBytes = maxBytes ?? long.MaxValue;
        _time = time;
        _deadline = maxDuration is { } d ? time.GetTimestamp() + (long)(d.TotalSeconds * time.TimestampFrequency) : long.MaxValue;
    }

    /// <summary>A budget that never refuses.</summary>
    public static ReadBudget Unlimited { get; } = new(null, null, null, TimeProvider.System);

    /// <summary>The limit that refused first, by its setting's name, or <see cref="StopRequested"/>, or null.</summary>
    public string? Reached => _reached;

    /// <summary>Rows granted.</summary>
    public long Rows => Interlocked.Read(ref _rows);

    /// <summary>Bytes granted.</summary>
    public long Bytes => Interlocked.Read(ref _bytes);

    /// <summary>Asks for one indivisible unit.</summary>
    /// <param name="rows">Its rows.</param>
    /// <param name="bytes">Its payload bytes.</param>
    /// <returns>False where it does not fit: it must not be read in this run.</returns>
    public bool TryTake(long rows, long bytes)
    {
        if (_reached is null && _maxRows == long.MaxValue && _maxBytes == long.MaxValue && _deadline == long.MaxValue)
        {
            return true;
        }

        lock (_gate)
        {
            if (_reached is not null)
            {
                return false;
            }

            if (_rows + _bytes > 0)
            {
                _reached = _rows + rows > _maxRows ? "run_max_rows"
                    : _bytes + bytes > _maxBytes ? "run_max_bytes"
                    : IsLate() ? "run_max_duration"
                    : null;
                if (_reached is not null)
                {
                    return false;
                }
            }

            _rows += rows;
            _bytes += bytes;
            return true;
        }
    }

    /// <summary>
    /// True where a limit was met. Asks the clock, too: a run that waits for a quiet source asks for nothing, and must end all the same.
    /// </summary>
    internal bool IsSpent()
    {
        lock (_gate)
        {
            if (_deadline != long.MaxValue && _time.GetTimestamp() >= _deadline)
            {
                _reached ??= "run_max_duration";
            }

            return _reached is not null;
        }
    }

    /// <summary>
    /// Takes back what was granted beyond what is durable, because it is to be read again. Time that has passed and a request to stop stay.
    /// </summary>
    /// <param name="rows">Rows that are durable.</param>
    /// <param name="bytes">Source payload bytes that are durable.</param>
    internal void Return(long rows, long bytes)
    {
        lock (_gate)
        {
            // A source that never asked is held by what was seen of it alone.
            bool hasAsked = _rows + _bytes > 0;
            (_rows, _bytes) = hasAsked ? (Math.Min(_rows, rows), Math.Min(_bytes, bytes)) : (0, 0);
            (_seenRows, _seenBytes) = (Math.Min(_seenRows, rows), Math.Min(_seenBytes, bytes));
            _reached = _reached is "run_max_rows" or "run_max_bytes" ? null : _reached;
        }
    }

    /// <summary>Grants nothing further, so that the run ends at its next commit point.</summary>
    internal void Stop()
    {
        lock (_gate)
        {
            _reached ??= StopRequested;
        }
    }

    /// <summary>True where a limit was reached that the source never asked about.</summary>
    internal bool IsStoppedFromOutside => _reached is not null && Rows + Bytes == 0;

    /// <summary>Told of each batch that was read. A source that never asks is stopped at the first batch that reaches a limit.</summary>
    internal void Observe(long rows, long bytes)
    {
        lock (_gate)
        {
            _seenRows += rows;
            _seenBytes += bytes;
            if (_reached is null && _rows + _bytes == 0)
            {
                _reached = _seenRows >= _maxRows ? "run_max_rows"
                    : _seenBytes >= _maxBytes ? "run_max_bytes"
                    : _deadline != long.MaxValue && _time.GetTimestamp() >= _deadline ? "run_max_duration"
                    : null;
            }
        }
    }

    private bool IsLate() => _deadline != long.MaxValue && (_calls++ % ClockEvery) == 0 && _time.GetTimestamp() >= _deadline;
}
