using System.CommandLine;
using Millrace.Catalog;
using Millrace.Catalog.Logs;
using Millrace.Catalog.Runs;
using Millrace.Cli.CommandLine;
using Millrace.Cli.Output;
using Millrace.Cli.Projects;
using Millrace.Core.Config.Options;

namespace Millrace.Cli.Verbs;

/// <summary><c>millrace logs [RUN]</c>: the lines of a run and its task runs.</summary>
internal static class LogsVerb
{
    public static Verb Create()
    {
        var verb = new Verb("logs", "Show the log of a run and its task runs, in order of time.")
        {
            Examples = ["millrace logs", "millrace logs 12 --limit 1000", "millrace logs 12 --json"],
        };
        var id = new Argument<long?>("run") { Description = "A run's id [default: the latest].", Arity = ArgumentArity.ZeroOrOne };
        var limit = CountOption.Create("--limit", "At most so many lines.", "lines", 200);
        verb.Arguments.Add(id);
        verb.Options.Add(limit);
        verb.Does((context, cancellationToken) => RunAsync(context, context.Get(id), context.Get(limit), cancellationToken));
        return verb;
    }

    private static async Task<int> RunAsync(VerbContext context, long? id, int limit, CancellationToken cancellationToken)
    {
        Workspace workspace = await Workspace.OpenAsync(context, cancellationToken).ConfigureAwait(false);
        ICatalog catalog = await workspace.OpenCatalogToReadAsync(cancellationToken).ConfigureAwait(false);
        await using (catalog.ConfigureAwait(false))
        {
            IReadOnlyList<RunRecord> runs =
                await catalog.Runs.ListAsync(new RunFilter(1) { RunId = id }, cancellationToken).ConfigureAwait(false);
            RunsVerb.ThrowIfUnknown(id, runs);
            IReadOnlyList<LogEntry> lines = runs.Count == 0
                ? []
                : await catalog.Logs.ReadAsync(runs[0].RunId, limit, cancellationToken).ConfigureAwait(false);
            Print(context, lines);
            return ExitCodes.Ok;
        }
    }

    private static void Print(VerbContext context, IReadOnlyList<LogEntry> lines)
    {
        foreach (LogEntry entry in lines)
        {
            if (!context.Json)
            {
                string task = entry.TaskName is null ? "" : $"{entry.TaskName}: ";
                context.Out.WriteLine($"{StatusVerb.At(entry.Line.At)} {SnakeCase.Of(entry.Line.Level),-7} {task}{entry.Line.Message}");
                continue;
            }

            JsonOutput.Write(
                context.Out,
                writer =>
                {
                    writer.WriteStartObject();
                    writer.WriteString("at", entry.Line.At);
                    writer.WriteString("level", SnakeCase.Of(entry.Line.Level));
                    writer.WriteString("task", entry.TaskName);
                    writer.WriteString("message", entry.Line.Message);
                    writer.WriteEndObject();
                },
                indented: false);
        }
    }
}
