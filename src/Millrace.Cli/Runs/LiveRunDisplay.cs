using Millrace.Core.Config;
using Millrace.Core.Contracts;
using Millrace.Core.Engine;
using Spectre.Console;

namespace Millrace.Cli.Runs;

/// <summary>Figures on a terminal, one line a task, drawn again as the run goes on; notes scroll by above it.</summary>
internal sealed class LiveRunDisplay : RunDisplay
{
    private static readonly TimeSpan Refresh = TimeSpan.FromMilliseconds(250);

    private readonly IAnsiConsole _console;
    private readonly TimeProvider _time;
    private readonly Dictionary<string, int> _lines = new(StringComparer.Ordinal);
    private readonly ProgressTable _table = new();
    private readonly Lock _drawing = new();
    private readonly CancellationTokenSource _end = new();
    private readonly Task _drawn;

    public LiveRunDisplay(IAnsiConsole console, TimeProvider time)
    {
        _console = console;
        _time = time;
        _drawn = _console.Live(new Text("")).StartAsync(DrawAsync);
    }

    public override async ValueTask DisposeAsync()
    {
        await _end.CancelAsync().ConfigureAwait(false);
        await _drawn.ConfigureAwait(false);
        _end.Dispose();
        await base.DisposeAsync().ConfigureAwait(false);
    }

    protected override void Planned(ProjectTask task, long runId, ReadPlan plan, int generation) =>
        Set(task, plan.Partitions.Count == 0 ? ["0", "", "", "", "nothing waits", ""] : ["0", "0 B", "", "", "", ""]);

    protected override void Progress(ProjectTask task, RunProgress progress)
    {
        ProgressText text = ProgressText.Of(progress, _time);
        Set(task, [text.Rows, text.Bytes, text.Rate, text.Lag, text.Left, $"{progress.RowsCommitted:N0}"]);
    }

    protected override void Note(ProjectTask task, NoteLevel level, string text)
    {
        lock (_drawing)
        {
            _console.WriteLine($"{task.Name}: {(level == NoteLevel.Warning ? "warning: " : "")}{text}");
        }
    }

    protected override void Committed(ProjectTask task, LoadId load, CommitOutcome outcome, RunProgress progress) => Progress(task, progress);

    private void Set(ProjectTask task, IReadOnlyList<string> cells)
    {
        lock (_drawing)
        {
            if (!_lines.TryGetValue(task.Key, out int line))
            {
                line = _lines[task.Key] = _table.Count;
            }

            _table.Set(line, [task.Name, .. cells]);
        }
    }

    private async Task DrawAsync(LiveDisplayContext context)
    {
        using var timer = new PeriodicTimer(Refresh, _time);
        try
        {
            while (await timer.WaitForNextTickAsync(_end.Token).ConfigureAwait(false))
            {
                Draw(context);
            }
        }
        catch (OperationCanceledException)
        {
            Draw(context);
        }
    }

    private void Draw(LiveDisplayContext context)
    {
        lock (_drawing)
        {
            // Most terminals go to the next line by themselves where the last cell of one is written.
            IEnumerable<string> lines = _table.Count == 0 ? [] : _table.Lines(_console.Profile.Width - 1);
            context.UpdateTarget(new Text(string.Join('\n', lines)));
        }
    }
}
