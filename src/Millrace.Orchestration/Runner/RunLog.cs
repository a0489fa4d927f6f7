using System.Threading.Channels;
using Millrace.Catalog.Logs;

namespace Millrace.Orchestration.Runner;

/// <summary>
/// The log of a run or task run. Lines may come from any thread and never wait for the catalog; a worker of its own writes them, in order, what
/// has gathered in one transaction. Disposing waits until all are written.
/// </summary>
internal sealed class RunLog : IAsyncDisposable
{
    private readonly ILogStore _store;
    private readonly long _logId;
    private readonly TimeProvider _time;
    private readonly Func<string, string> _scrub;
    private readonly Channel<LogLine> _lines = Channel.CreateUnbounded<LogLine>(new() { SingleReader = true });
    private readonly Lock _gate = new();
    private readonly Task _writer;
    private long _sequence;

    private RunLog(ILogStore store, long logId, TimeProvider time, Func<string, string> scrub)
    {
        _store = store;
        _logId = logId;
        _time = time;
        _scrub = scrub;
        _writer = WriteAsync();
    }

    public static async Task<RunLog> OpenAsync(
        ILogStore store, long runId, long? taskRunId, TimeProvider time, Func<string, string> scrub, CancellationToken cancellationToken) =>
        new(store, await store.OpenAsync(runId, taskRunId, cancellationToken).ConfigureAwait(false), time, scrub);

    public void Add(LogLevel level, string message, long? rows = null, string? context = null)
    {
        lock (_gate)
        {
            // Refused only after disposal, when nobody is left to speak of the run.
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
