using Millrace.Core.Config;
using Millrace.Core.Contracts;
using Millrace.Core.Engine;

namespace Millrace.Cli.Runs;

/// <summary>Shows what a run does while it runs. Tasks may run at the same time; calls are made one at a time.</summary>
internal abstract class RunDisplay : IAsyncDisposable
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, RunProgress> _committed = new(StringComparer.Ordinal);

    /// <summary>The observer of one task run.</summary>
    public IRunObserver ObserverOf(ProjectTask task, long runId) => new Observer(this, task, runId);

    /// <summary>What a task had committed when it last committed, or null where it never did.</summary>
    public RunProgress? CommittedOf(ProjectTask task)
    {
        lock (_gate)
        {
            return _committed.GetValueOrDefault(task.Key);
        }
    }

    /// <inheritdoc/>
    public virtual ValueTask DisposeAsync() => ValueTask.CompletedTask;

    protected abstract void Planned(ProjectTask task, long runId, ReadPlan plan, int generation);

    protected abstract void Progress(ProjectTask task, RunProgress progress);

    protected abstract void Note(ProjectTask task, NoteLevel level, string text);

    protected abstract void Committed(ProjectTask task, LoadId load, CommitOutcome outcome, RunProgress progress);

    private sealed class Observer(RunDisplay display, ProjectTask task, long runId) : IRunObserver
    {
        public void Planned(ReadPlan plan, int generation)
        {
            lock (display._gate)
            {
                display.Planned(task, runId, plan, generation);
            }
        }

        public void Progress(RunProgress progress)
        {
            lock (display._gate)
            {
                display.Progress(task, progress);
            }
        }

        public void Note(NoteLevel level, string text)
        {
            lock (display._gate)
            {
                display.Note(task, level, text);
            }
        }

        public ValueTask CommittedAsync(LoadId load, CommitOutcome outcome, RunProgress progress, CancellationToken cancellationToken)
        {
            lock (display._gate)
            {
                display._committed[task.Key] = progress;
                display.Committed(task, load, outcome, progress);
            }

            return ValueTask.CompletedTask;
        }
    }
}
