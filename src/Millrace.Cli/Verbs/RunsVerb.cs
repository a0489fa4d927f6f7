using System.CommandLine;
using System.Text.Json;
using Millrace.Catalog;
using Millrace.Catalog.Runs;
using Millrace.Cli.CommandLine;
using Millrace.Cli.Output;
using Millrace.Cli.Projects;
using Millrace.Core.Config;
using Millrace.Core.Config.Options;
using Millrace.Core.Errors;
using Millrace.Orchestration.Runner;

namespace Millrace.Cli.Verbs;

/// <summary><c>millrace runs</c>: what ran.</summary>
internal static class RunsVerb
{
    public static Verb Create()
    {
        var verb = new Verb("runs", "List runs, newest first; with a run's id, its task runs.")
        {
            Examples = ["millrace runs", "millrace runs 12", "millrace runs --job load --status failed --limit 5 --json"],
        };
        var id = new Argument<long?>("run") { Description = "A run's id.", Arity = ArgumentArity.ZeroOrOne };
        var job = new Option<string?>("--job") { Description = "Only this job's.", HelpName = "NAME" };
        job.CompletionSources.Add(ProjectCompletions.Jobs);
        var status = new Option<RunStatus?>("--status") { Description = "Only running, succeeded, failed, cancelled or lost ones.", HelpName = "STATUS" };
        var limit = CountOption.Create("--limit", "At most so many.", "runs", 20);
        verb.Arguments.Add(id);
        verb.Options.Add(job);
        verb.Options.Add(status);
        verb.Options.Add(limit);
        verb.Does((context, cancellationToken) =>
        {
            var filter = new RunFilter(context.Get(limit)) { Job = context.Get(job), Status = context.Get(status), RunId = context.Get(id) };
            return RunAsync(context, filter, cancellationToken);
        });
        return verb;
    }

    /// <summary>Writes a task run as an object.</summary>
    public static void Write(Utf8JsonWriter writer, TaskRunRecord task)
    {
        writer.WriteStartObject();
        writer.WriteNumber("run_id", task.RunId);
        writer.WriteNumber("task_run_id", task.TaskRunId);
        writer.WriteString("task", task.Start.TaskName);
        writer.WriteString("status", SnakeCase.Of(task.Status));
        writer.WriteString("started_at", task.StartedAt);
        WriteMoment(writer, "ended_at", task.EndedAt);
        writer.WriteNumber("generation", task.Counts.Generation);
        writer.WriteNumber("rows", task.Counts.Rows);
        writer.WriteNumber("bytes", task.Counts.Bytes);
        writer.WriteNumber("loads", task.Counts.Loads);
        writer.WriteNumber("quarantined", task.Counts.Quarantined);
        writer.WriteString("limit_reached", task.LimitReached);
        writer.WriteStartArray("tables");
        foreach ((string table, long upserted, long deleted) in task.Tables)
        {
            writer.WriteStartObject();
            writer.WriteString("table", table);
            writer.WriteNumber("upserted", upserted);
            writer.WriteNumber("deleted", deleted);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteString("error_code", task.Error?.Code);
        writer.WriteString("error_message", task.Error?.Message);
        writer.WriteEndObject();
    }

    /// <summary>Throws where a run that was asked for is not among those found.</summary>
    /// <exception cref="MillraceException">MR1406.</exception>
    public static void ThrowIfUnknown(long? id, IReadOnlyList<RunRecord> found)
    {
        if (id is { } runId && found.Count == 0)
        {
            throw RunErrors.Unknown(runId);
        }
    }

    private static async Task<int> RunAsync(VerbContext context, RunFilter filter, CancellationToken cancellationToken)
    {
        Workspace workspace = await Workspace.OpenAsync(context, cancellationToken).ConfigureAwait(false);
        ICatalog catalog = await workspace.OpenCatalogToReadAsync(cancellationToken).ConfigureAwait(false);
        await using (catalog.ConfigureAwait(false))
        {
            await LostRuns.MarkAsync(catalog, cancellationToken).ConfigureAwait(false);
            IReadOnlyList<RunRecord> runs = await catalog.Runs.ListAsync(filter, cancellationToken).ConfigureAwait(false);
            ThrowIfUnknown(filter.RunId, runs);
            IReadOnlyList<TaskRunRecord> tasks = filter.RunId is { } id
                ? await catalog.Runs.TasksOfAsync(id, cancellationToken).ConfigureAwait(false)
                : [];
            if (context.Json)
            {
                JsonOutput.Write(context.Out, writer => Write(writer, runs, tasks));
            }
            else
            {
                Print(context.Terminal, runs, tasks);
            }

            return ExitCodes.Ok;
        }
    }

    private static void Print(Terminal terminal, IReadOnlyList<RunRecord> runs, IReadOnlyList<TaskRunRecord> tasks)
    {
        terminal.Table(
            [">run", "job", "status", "started", ">time", ">rows", ">bytes", ">quarantined", "error"],
            runs.Select(r => (IReadOnlyList<string>)
            [
                $"{r.RunId}", r.Start.Job, SnakeCase.Of(r.Status), StatusVerb.At(r.StartedAt), Took(r.StartedAt, r.EndedAt), $"{r.Rows:N0}",
                new ByteSize(r.Bytes).ToString(), $"{r.Quarantined:N0}", r.ErrorCode is null ? "" : $"{r.ErrorCode}: {r.ErrorMessage}",
            ]));
        if (tasks.Count > 0)
        {
            terminal.Line();
            terminal.Table(
                ["task", "status", ">time", ">rows", ">bytes", ">loads", "ended by", "tables"],
                tasks.Select(t => (IReadOnlyList<string>)
                [
                    t.Start.TaskName, SnakeCase.Of(t.Status), Took(t.StartedAt, t.EndedAt), $"{t.Counts.Rows:N0}",
                    new ByteSize(t.Counts.Bytes).ToString(), $"{t.Counts.Loads}", t.LimitReached ?? "",
                    string.Join(", ", t.Tables.Select(o => $"{o.Table} +{o.Upserted:N0} -{o.Deleted:N0}")),
                ]));
        }
    }

    private static void Write(Utf8JsonWriter writer, IReadOnlyList<RunRecord> runs, IReadOnlyList<TaskRunRecord> tasks)
    {
        writer.WriteStartArray();
        foreach (RunRecord run in runs)
        {
            writer.WriteStartObject();
            writer.WriteNumber("run_id", run.RunId);
            writer.WriteString("job", run.Start.Job);
            writer.WriteString("status", SnakeCase.Of(run.Status));
            writer.WriteString("started_at", run.StartedAt);
            WriteMoment(writer, "ended_at", run.EndedAt);
            writer.WriteNumber("rows", run.Rows);
            writer.WriteNumber("bytes", run.Bytes);
            writer.WriteNumber("quarantined", run.Quarantined);
            writer.WriteString("trigger", run.Start.Trigger);
            writer.WriteString("error_code", run.ErrorCode);
            writer.WriteString("error_message", run.ErrorMessage);
            if (tasks.Count > 0)
            {
                writer.WriteStartArray("tasks");
                tasks.ToList().ForEach(task => Write(writer, task));
                writer.WriteEndArray();
            }

            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    private static void WriteMoment(Utf8JsonWriter writer, string name, DateTimeOffset? moment)
    {
        if (moment is { } at)
        {
            writer.WriteString(name, at);
        }
        else
        {
            writer.WriteNull(name);
        }
    }

    private static string Took(DateTimeOffset started, DateTimeOffset? ended) => ended is { } end ? Figures.Time(end - started) : "";
}
