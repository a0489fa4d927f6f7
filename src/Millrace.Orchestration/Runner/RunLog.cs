using System.Threading.Channels;
using Millrace.Catalog.Logs;

namespace Millrace.Orchestration.Runner;

/// <summary>
/// The log of a run or task run. Lines may come from any thread and never wait for the catalog; a worker of its own writes them, in order, what
/// has gathered in one transaction. Disposing waits until all are written. Where the catalog refuses lines, that is said once and the rest are
/// let go: the run's rows do not depend on its log.
/// </summary>
internal sealed class RunLog : IAsyncDisposable
{
    private readonly ILogStore _store;
    private readonly long _logId;
    private readonly TimeProvider _time;
    private readonly Func<string, string> _scrub;
    private readonly Channel<LogLine> _lines = Channel.CreateUnbounded<LogLine>(new() { SingleReader = true });
    private readonly Lock _gate = new();
    private readonly Action<Exception> _onFault;
    private readonly Task _writer;
    private long _sequence;

    private RunLog(ILogStore store, long logId, TimeProvider time, Func<string, string> scrub, Action<Exception> onFault)
    {
        _onFault = onFault;
        _store = store;
        _logId = logId;
        _time = time;
        _scrub = scrub;
        _writer = WriteAsync();
    }

    /// <summary>Opens the log of a run or task run.</summary>
    /// <param name="store">Where it goes.</param>
    /// <param name="runId">The run.</param>
    /// <param name="taskRunId">The task run, or null.</param>
    /// <param name="time">The clock.</param>
    /// <param name="scrub">Takes secrets out of a line.</param>
    /// <param name="onFault">Told, from the writing worker, when no more lines can be written.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public static async Task<RunLog> OpenAsync(
        ILogStore store,
        long runId,
        long? taskRunId,
        TimeProvider time,
        Func<string, string> scrub,
        Action<Exception> onFault,
        CancellationToken cancellationToken) =>
        new(store, await store.OpenAsync(runId, taskRunId, cancellationToken).ConfigureAwait(false), time, scrub, onFault);

    /// <summary>The sequence of the next line.</summary>
    public long NextSequence
    {
        get
        {
            lock (_gate)
            {
                return _sequence + 1;
            }
        }
    }

    public void Add(LogLevel level, string message, long? rows = null, string? context = null)
    {
        lock (_gate)
        {
            // Refused after disposal, when nobody is left to speak of the run, and after a fault.
            _lines.Writer.TryWrite(new(++_sequence, _time.GetUtcNow(), level, _scrub(message)) { Rows = rows, Context = context });
        }
    }

    public async ValueTask DisposeAsync()
    {
        _lines.Writer.TryComplete();
        await _writer.ConfigureAwait(false);
    }

    private async Task WriteAsync()
    {
        try
        {
            await WriteAllAsync().ConfigureAwait(false);
        }
        catch (Exception fault)
        {
            _lines.Writer.TryComplete();
            _onFault(fault);
        }
    }

    private async Task WriteAllAsync()
    {
        var gathered = new List<LogLine>();
        while (await _lines.Reader.WaitToReadAsync().ConfigureAwait(false))
        {
            gathered.Clear();
            while (_lines.Reader.TryRead(out LogLine? line))
            {
                gathered.Add(line);
            }

            await _store.AppendAsync(_logId, gathered, CancellationToken.None).ConfigureAwait(false);
        }
    }
}
