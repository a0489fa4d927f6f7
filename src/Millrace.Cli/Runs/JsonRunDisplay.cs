using System.Text.Json;
using Millrace.Cli.Output;
using Millrace.Core.Config;
using Millrace.Core.Config.Options;
using Millrace.Core.Contracts;
using Millrace.Core.Engine;

namespace Millrace.Cli.Runs;

/// <summary>One JSON object a line: <c>planned</c>, <c>progress</c>, <c>note</c>, <c>committed</c>; the run's end is written by the verb.</summary>
internal sealed class JsonRunDisplay(TextWriter output) : RunDisplay
{
    protected override void Planned(ProjectTask task, long runId, ReadPlan plan, int generation) => Event("planned", task, writer =>
    {
        writer.WriteNumber("run_id", runId);
        writer.WriteNumber("generation", generation);
        writer.WriteStartArray("partitions");
        foreach (PartitionPlan partition in plan.Partitions)
        {
            writer.WriteStartObject();
            writer.WriteString("name", partition.Name);
            writer.WriteString("start", partition.Start.Text);
            writer.WriteString("until", partition.Until?.Text);
            Figures.Write(writer, partition.Waiting);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    });

    protected override void Progress(ProjectTask task, RunProgress progress) => Event("progress", task, writer => Write(writer, progress));

    protected override void Note(ProjectTask task, NoteLevel level, string text) => Event("note", task, writer =>
    {
        writer.WriteString("level", SnakeCase.Of(level));
        writer.WriteString("text", text);
    });

    protected override void Committed(ProjectTask task, LoadId load, CommitOutcome outcome, RunProgress progress) => Event("committed", task, writer =>
    {
        writer.WriteString("load_id", load.Text);
        writer.WriteBoolean("already_committed", outcome.AlreadyCommitted);
        Write(writer, progress);
    });

    private void Event(string name, ProjectTask task, Action<Utf8JsonWriter> more) => JsonOutput.Write(
        output,
        writer =>
        {
            writer.WriteStartObject();
            writer.WriteString("event", name);
            writer.WriteString("task", task.Name);
            more(writer);
            writer.WriteEndObject();
        },
        indented: false);

    private static void Write(Utf8JsonWriter writer, RunProgress progress)
    {
        writer.WriteNumber("rows_read", progress.RowsRead);
        writer.WriteNumber("bytes_read", progress.BytesRead);
        writer.WriteNumber("rows_committed", progress.RowsCommitted);
        writer.WriteNumber("bytes_committed", progress.BytesCommitted);
        writer.WriteNumber("quarantined", progress.Quarantined);
        writer.WriteNumber("loads", progress.Loads);
        writer.WriteNumber("elapsed_seconds", Math.Round(progress.Elapsed.TotalSeconds, 3));
        if (progress.SourceTime is { } newest)
        {
            writer.WriteString("source_time", newest);
        }

        writer.WriteStartObject("waiting");
        Figures.Write(writer, progress.Waiting);
        writer.WriteEndObject();
    }
}
