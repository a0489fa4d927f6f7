using Millrace.Cli.Output;
using Millrace.Core.Config;
using Millrace.Core.Contracts;
using Millrace.Core.Engine;

namespace Millrace.Cli.Runs;

/// <summary>Lines for a file or a pipe: what is planned, every few seconds where it stands, notes and commits.</summary>
internal sealed class PlainRunDisplay(TextWriter output, TimeProvider time) : RunDisplay
{
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(5);

    private readonly Dictionary<string, TimeSpan> _shown = new(StringComparer.Ordinal);

    protected override void Planned(ProjectTask task, long runId, ReadPlan plan, int generation)
    {
        // A partition that only notes something has nothing to move.
        PartitionPlan[] moving = [.. plan.Partitions.Where(p => p.Waiting is not { Bytes: 0, BytesKnown: Certainty.Exact })];
        string waiting = moving.Length == 0
            ? "nothing waits"
            : $"{Quantity.Of(moving.Length, "partition")} to read: {string.Join(", ", moving.Take(5).Select(p => $"{p.Name} ({Figures.Bytes(p.Waiting)})"))}"
                + (moving.Length > 5 ? ", …" : "");
        output.WriteLine($"{task.Name}: run {runId}, generation {generation}, {waiting}");
    }

    protected override void Progress(ProjectTask task, RunProgress progress)
    {
        if (progress.Elapsed - _shown.GetValueOrDefault(task.Key) < Every)
        {
            return;
        }

        _shown[task.Key] = progress.Elapsed;
        ProgressText text = ProgressText.Of(progress, time);
        string lag = text.Lag.Length == 0 ? "" : $", lag {text.Lag}";
        output.WriteLine($"{task.Name}: {Quantity.Of(progress.RowsRead, "row")}, {text.Bytes}, {text.Rate}{lag}, left {text.Left}");
    }

    protected override void Note(ProjectTask task, NoteLevel level, string text) =>
        output.WriteLine($"{task.Name}: {(level == NoteLevel.Warning ? "warning: " : "")}{text}");

    protected override void Committed(ProjectTask task, LoadId load, CommitOutcome outcome, RunProgress progress) =>
        output.WriteLine($"{task.Name}: committed {Quantity.Of(progress.RowsCommitted, "row")} so far, {new ByteSize(progress.BytesCommitted)} (load {load.Text[..8]})");
}
