using Millrace.Catalog;
using Millrace.Catalog.Logs;
using Millrace.Core.Config;
using Millrace.Core.Config.Secrets;
using Millrace.Core.Contracts;
using Millrace.Core.Engine;

namespace Millrace.Orchestration.Runner;

/// <summary>Writes what a task run does to the catalog, and hands it on.</summary>
internal sealed class RecordingObserver(
    ICatalog catalog, long runId, long taskRunId, string taskKey, RunLog log, SecretScrubber secrets, IRunObserver next) : IRunObserver
{
    private RunProgress? _last;

    public void Planned(ReadPlan plan, int generation)
    {
        long rows = plan.Partitions.Sum(p => p.Waiting.Rows);
        var bytes = new ByteSize(plan.Partitions.Sum(p => p.Waiting.Bytes));
        log.Add(LogLevel.Info, $"Generation {generation}: {Quantity.Of(plan.Partitions.Count, "partition")} to read, {Quantity.Of(rows, "row")} and {bytes} waiting as far as known.");
        next.Planned(plan, generation);
    }

    public void Progress(RunProgress progress) => next.Progress(progress);

    public void Note(NoteLevel level, string text)
    {
        log.Add(level == NoteLevel.Warning ? LogLevel.Warning : LogLevel.Info, text);
        next.Note(level, secrets.Scrub(text));
    }

    public async ValueTask CommittedAsync(LoadId load, CommitOutcome outcome, RunProgress progress, CancellationToken cancellationToken)
    {
        // The rows are durable whatever becomes of this call: the mirror must not stop half-way for a cancellation.
        await catalog.Checkpoints.ReplaceAsync(taskKey, outcome.Stored, runId, CancellationToken.None).ConfigureAwait(false);
        await catalog.Runs.ProgressTaskAsync(taskRunId, progress, CancellationToken.None).ConfigureAwait(false);
        long rows = progress.RowsCommitted - (_last?.RowsCommitted ?? 0);
        var bytes = new ByteSize(progress.BytesCommitted - (_last?.BytesCommitted ?? 0));
        log.Add(LogLevel.Info, $"Load {load} committed: {Quantity.Of(rows, "row")}, {bytes}.", rows);
        _last = progress;
        await next.CommittedAsync(load, outcome, progress, cancellationToken).ConfigureAwait(false);
    }
}
