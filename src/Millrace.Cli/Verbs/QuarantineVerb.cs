using System.CommandLine;
using System.Text.Json;
using Millrace.Cli.CommandLine;
using Millrace.Cli.Output;
using Millrace.Cli.Projects;
using Millrace.Catalog;
using Millrace.Core.Config;
using Millrace.Core.Contracts;
using Millrace.Core.Engine;
using Millrace.Core.Errors;

namespace Millrace.Cli.Verbs;

/// <summary><c>millrace quarantine list|show|retry</c>: rows that could not be loaded.</summary>
internal static class QuarantineVerb
{
    private const int MostRows = 100_000;
    private const int MostIds = 10;

    public static Verb Create()
    {
        var verb = new Verb("quarantine", "Show rows that could not be loaded, and why; try them again.");
        verb.Subcommands.Add(CreateList());
        verb.Subcommands.Add(CreateShow());
        verb.Subcommands.Add(CreateRetry());
        return verb;
    }

    private static Verb CreateList()
    {
        var verb = new Verb("list", "List a job's quarantined rows, oldest first.")
        {
            Examples = ["millrace quarantine list load", "millrace quarantine list load --task orders --limit 1000 --json"],
        };
        TaskChoice choice = TaskChoice.AddTo(verb);
        var limit = new Option<int>("--limit") { Description = "At most so many a task.", HelpName = "N", DefaultValueFactory = _ => 50 };
        verb.Options.Add(limit);
        verb.Does(async (context, ct) =>
        {
            IReadOnlyList<QuarantinedRow> rows = await ReadAsync(context, choice, context.Get(limit), ct).ConfigureAwait(false);
            if (context.Json)
            {
                JsonOutput.Write(context.Out, writer => Write(writer, rows));
            }
            else
            {
                context.Terminal.Table(
                    [">id", "task", "table", ">run", "at", "position", "code", "reason"],
                    rows.Select(r => (IReadOnlyList<string>)
                    [
                        $"{r.Id}", r.TaskKey, r.Row.Table.ToString(), $"{r.RunId}", StatusVerb.At(r.QuarantinedAt), r.Row.Position, r.Row.Code.Id,
                        r.Row.Reason,
                    ]));
            }

            return ExitCodes.Ok;
        });
        return verb;
    }

    private static Verb CreateShow()
    {
        var verb = new Verb("show", "Show one quarantined row whole: masked, as it would have been written.")
        {
            Examples = ["millrace quarantine show load 17"],
        };
        TaskChoice choice = TaskChoice.AddTo(verb);
        var id = new Argument<long>("id") { Description = "The row's id, as 'list' shows it." };
        verb.Arguments.Add(id);
        verb.Does(async (context, ct) =>
        {
            IReadOnlyList<QuarantinedRow> rows = await ReadAsync(context, choice, MostRows, ct).ConfigureAwait(false);
            QuarantinedRow row = rows.FirstOrDefault(r => r.Id == context.Get(id)) ?? throw new MillraceException(
                ErrorCodes.InvalidConfiguration,
                $"There is no quarantined row {context.Get(id)} in job {choice.Job(context)}.",
                $"See millrace quarantine list {choice.Job(context)}.");
            if (context.Json)
            {
                JsonOutput.Write(context.Out, writer => Write(writer, row));
            }
            else
            {
                Print(context.Out, row);
            }

            return ExitCodes.Ok;
        });
        return verb;
    }

    private static Verb CreateRetry()
    {
        var verb = new Verb("retry", "Try quarantined rows again, after the target or its contract was changed so that it can take them.")
        {
            Examples = ["millrace quarantine retry load", "millrace quarantine retry load --task orders --id 17 --id 18"],
        };
        TaskChoice choice = TaskChoice.AddTo(verb);
        var ids = new Option<long[]>("--id") { Description = "Only this row; may be given several times.", HelpName = "ID" };
        verb.Options.Add(ids);
        verb.Does(async (context, ct) =>
        {
            Workspace workspace = Workspace.Open(context);
            List<(QuarantinedRow Row, RetryRefusal? Left)> results = [];
            ICatalog catalog = await workspace.OpenCatalogAsync(ct).ConfigureAwait(false);
            await using (catalog.ConfigureAwait(false))
            {
                foreach (ProjectTask task in choice.Moves(context, workspace))
                {
                    results.AddRange(await RetryAsync(workspace, catalog, task, context.Get(ids) ?? [], ct).ConfigureAwait(false));
                }
            }

            Print(context, results);
            return results.Any(r => r.Left is not null) ? ExitCodes.Failed : ExitCodes.Ok;
        });
        return verb;
    }

    private static async Task<List<(QuarantinedRow Row, RetryRefusal? Left)>> RetryAsync(
        Workspace workspace, ICatalog catalog, ProjectTask task, long[] ids, CancellationToken ct)
    {
        List<(QuarantinedRow, RetryRefusal?)> results = [];
        TargetSession session = await TargetSession.ToChangeAsync(workspace, catalog, task.Move!, ct).ConfigureAwait(false);
        await using (session.ConfigureAwait(false))
        {
            if (session.Destination is IQuarantineStore store)
            {
                var retry = new QuarantineRetry(task.Move!, session.Destination, TimeProvider.System) { Scrub = workspace.Secrets.Scrubber.Scrub };
                foreach (QuarantinedRow row in await store.ListAsync(task.Key, MostRows, ct).ConfigureAwait(false))
                {
                    if (ids.Length == 0 || ids.Contains(row.Id))
                    {
                        // The row keeps the id of the run that met it: that run read it.
                        results.Add((row, await retry.RetryAsync(row, row.RunId, ct).ConfigureAwait(false)));
                    }
                }
            }
        }

        return results;
    }

    private static void Print(VerbContext context, List<(QuarantinedRow Row, RetryRefusal? Left)> results)
    {
        if (context.Json)
        {
            JsonOutput.Write(context.Out, writer =>
            {
                writer.WriteStartArray();
                foreach ((QuarantinedRow row, RetryRefusal? left) in results)
                {
                    writer.WriteStartObject();
                    writer.WriteNumber("id", row.Id);
                    writer.WriteBoolean("loaded", left is null);
                    writer.WriteString("code", left?.Code.Id);
                    writer.WriteString("reason", left?.Reason);
                    writer.WriteEndObject();
                }

                writer.WriteEndArray();
            });
            return;
        }

        foreach (IGrouping<RetryRefusal, long> same in results.Where(r => r.Left is not null).GroupBy(r => r.Left!, r => r.Row.Id))
        {
            long[] ids = [.. same];
            string which = string.Join(", ", ids.Take(MostIds)) + (ids.Length > MostIds ? $" and {ids.Length - MostIds:N0} more" : "");
            context.Out.WriteLine($"{which} {(ids.Length == 1 ? "stays" : "stay")}: {same.Key}");
        }

        int loaded = results.Count(r => r.Left is null);
        context.Out.WriteLine($"{loaded} loaded, {results.Count - loaded} left in quarantine");
    }

    private static async Task<IReadOnlyList<QuarantinedRow>> ReadAsync(VerbContext context, TaskChoice choice, int limit, CancellationToken ct)
    {
        Workspace workspace = Workspace.Open(context);
        List<QuarantinedRow> rows = [];
        foreach (ProjectTask task in choice.Moves(context, workspace))
        {
            TargetSession session = TargetSession.ToRead(workspace, task.Move!);
            await using (session.ConfigureAwait(false))
            {
                rows.AddRange(session.Destination is IQuarantineStore store ? await store.ListAsync(task.Key, limit, ct).ConfigureAwait(false) : []);
            }
        }

        return rows;
    }

    private static void Print(TextWriter output, QuarantinedRow row)
    {
        output.WriteLine($"id        {row.Id}");
        output.WriteLine($"task      {row.TaskKey}");
        output.WriteLine($"table     {row.Row.Table}");
        output.WriteLine($"run       {row.RunId}, {StatusVerb.At(row.QuarantinedAt)}");
        output.WriteLine($"position  {row.Row.Position}");
        output.WriteLine($"reason    {row.Row.Code.Id}: {row.Row.Reason}");
        output.WriteLine($"row       {row.Row.Raw ?? "(not shown: it could not be decoded, so nothing in it could be masked)"}");
    }

    private static void Write(Utf8JsonWriter writer, IReadOnlyList<QuarantinedRow> rows)
    {
        writer.WriteStartArray();
        foreach (QuarantinedRow row in rows)
        {
            Write(writer, row);
        }

        writer.WriteEndArray();
    }

    private static void Write(Utf8JsonWriter writer, QuarantinedRow row)
    {
        writer.WriteStartObject();
        writer.WriteNumber("id", row.Id);
        writer.WriteString("task", row.TaskKey);
        writer.WriteString("table", row.Row.Table.ToString());
        writer.WriteNumber("run_id", row.RunId);
        writer.WriteString("at", row.QuarantinedAt);
        writer.WriteString("position", row.Row.Position);
        writer.WriteString("code", row.Row.Code.Id);
        writer.WriteString("reason", row.Row.Reason);
        writer.WriteString("row", row.Row.Raw);
        writer.WriteEndObject();
    }
}
