using System.Globalization;
using System.Text.Json;
using Millrace.Catalog;
using Millrace.Catalog.Checkpoints;
using Millrace.Catalog.Runs;
using Millrace.Cli.CommandLine;
using Millrace.Cli.Output;
using Millrace.Cli.Projects;
using Millrace.Core.Config;
using Millrace.Core.Config.Options;
using Millrace.Orchestration.Runner;

namespace Millrace.Cli.Verbs;

/// <summary><c>millrace status</c>: each task's last run and how far it is. Opens the catalog alone.</summary>
internal static class StatusVerb
{
    // That of an incremental read holds the ids at its watermark; 'checkpoints list' shows it whole.
    private const int WidestPosition = 80;

    public static Verb Create()
    {
        var verb = new Verb("status", "Show every task: its last run, when, what it moved, and how far it is.")
        {
            Examples = ["millrace status", "millrace status --json"],
        };
        verb.Does(RunAsync);
        return verb;
    }

    /// <summary>A moment as tables show it.</summary>
    public static string At(DateTimeOffset? moment) =>
        moment?.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss'Z'", CultureInfo.InvariantCulture) ?? "";

    private static async Task<int> RunAsync(VerbContext context, CancellationToken cancellationToken)
    {
        Workspace workspace = await Workspace.OpenAsync(context, cancellationToken).ConfigureAwait(false);
        ICatalog catalog = await workspace.OpenCatalogToReadAsync(cancellationToken).ConfigureAwait(false);
        await using (catalog.ConfigureAwait(false))
        {
            await LostRuns.MarkAsync(catalog, cancellationToken).ConfigureAwait(false);
            List<TaskState> states = [];
            List<JobState> jobs = [];
            foreach (JobDefinition job in workspace.Project.Jobs)
            {
                jobs.Add(await JobState.ReadAsync(catalog, job, cancellationToken).ConfigureAwait(false));
            }

            foreach (ProjectTask task in workspace.Project.Jobs.SelectMany(j => j.Tasks))
            {
                IReadOnlyList<TaskRunRecord> last = await catalog.Runs.HistoryAsync(task.Key, 1, cancellationToken).ConfigureAwait(false);
                IReadOnlyList<MirroredCheckpoint> mirrored = await catalog.Checkpoints.ReadAsync(task.Key, cancellationToken).ConfigureAwait(false);
                states.Add(new(task, last.Count > 0 ? last[0] : null, [.. mirrored.Where(m => !m.Checkpoint.Partition.StartsWith('#'))]));
            }

            Print(context, jobs, states);
            return ExitCodes.Ok;
        }
    }

    private static void Print(VerbContext context, List<JobState> jobs, List<TaskState> states)
    {
        if (context.Json)
        {
            JsonOutput.Write(context.Out, writer => Write(writer, jobs, states));
            return;
        }

        jobs.Select(j => j.Line).OfType<string>().ToList().ForEach(context.Out.WriteLine);

        context.Terminal.Table(
            ["job", "task", "last run", "status", "started", ">rows", ">bytes", ">generation", ">partitions", "position"],
            states.Select(s => (IReadOnlyList<string>)
            [
                s.Task.Job,
                s.Task.Name + (s.Task.Enabled ? "" : " (off)"),
                s.Last is null ? "never" : $"{s.Last.RunId}",
                s.Last is null ? "" : SnakeCase.Of(s.Last.Status) + (s.Last.LimitReached is null ? "" : $" ({s.Last.LimitReached})"),
                At(s.Last?.StartedAt),
                s.Last is null ? "" : $"{s.Last.Counts.Rows:N0}",
                s.Last is null ? "" : new ByteSize(s.Last.Counts.Bytes).ToString(),
                s.Checkpoints.Count == 0 ? "" : $"{s.Checkpoints.Max(c => c.Checkpoint.Generation)}",
                $"{s.Checkpoints.Count}",
                s.Position.Length <= WidestPosition ? s.Position : s.Position[..(WidestPosition - 1)] + "…",
            ]));
    }

    private static void Write(Utf8JsonWriter writer, List<JobState> jobs, List<TaskState> states)
    {
        writer.WriteStartArray();
        foreach (TaskState state in states)
        {
            writer.WriteStartObject();
            writer.WriteString("job", state.Task.Job);
            writer.WriteString("task", state.Task.Name);
            writer.WriteString("key", state.Task.Key);
            writer.WriteBoolean("enabled", state.Task.Enabled);
            writer.WriteString("owner", state.Task.Owner);
            JobState job = jobs.Find(j => j.Job.Name == state.Task.Job)!;
            writer.WriteString("job_sla", job.Sla);
            writer.WriteBoolean("job_exceeds_sla", job.Exceeds);
            if (state.Last is { } last)
            {
                writer.WritePropertyName("last_run");
                RunsVerb.Write(writer, last);
            }

            writer.WriteStartObject("positions");
            foreach (MirroredCheckpoint mirrored in state.Checkpoints)
            {
                writer.WriteString(mirrored.Checkpoint.Partition, mirrored.Checkpoint.Position.Text);
            }

            writer.WriteEndObject();
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    private sealed record TaskState(ProjectTask Task, TaskRunRecord? Last, IReadOnlyList<MirroredCheckpoint> Checkpoints)
    {
        private const string LogNotBegun = "mongodb.oplog/00000000.00000000";

        // Where there is a log, its position says more than the end of a snapshot; before its first entry is read it has none.
        public string Position
        {
            get
            {
                string text = Checkpoints
                    .OrderBy(c => c.Checkpoint.Partition.StartsWith("snapshot:", StringComparison.Ordinal))
                    .Select(c => c.Checkpoint.Position.Text).FirstOrDefault("");
                return text == LogNotBegun ? "-" : text;
            }
        }
    }
}
