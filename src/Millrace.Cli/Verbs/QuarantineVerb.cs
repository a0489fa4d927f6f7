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

/// <summary><c>millrace quarantine list|show|retry|drop</c>: rows that could not be loaded.</summary>
internal static class QuarantineVerb
{
    /// <summary>Rows of a task that are looked at, at most.</summary>
    public const int MostRows = 100_000;

    private const int MostIds = 10;

    public static Verb Create()
    {
        var verb = new Verb("quarantine", "Show rows that could not be loaded, and why; try them again or drop them.");
        verb.Subcommands.Add(CreateList());
        verb.Subcommands.Add(CreateShow());
        verb.Subcommands.Add(CreateRetry());
        verb.Subcommands.Add(QuarantineDropVerb.Create());
        return verb;
    }

    private static Verb CreateList()
    {
        var verb = new Verb("list", "List a job's quarantined rows, oldest first.")
        {
            Examples = ["millrace quarantine list load", "millrace quarantine list load --task orders --limit 1000 --json"],
        };
        TaskChoice choice = TaskChoice.AddTo(verb);
        var limit = CountOption.Create("--limit", "At most so many a task.", "rows", 50);
        verb.Options.Add(limit);
        verb.Does(async (context, ct) =>
        {
            IReadOnlyList<QuarantinedRow> rows = await ReadAsync(
                context, choice, (store, task) => store.ListAsync(task, context.Get(limit), ct), ct).ConfigureAwait(false);
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
            IReadOnlyList<QuarantinedRow> rows = await ReadAsync(
                context, choice, (store, task) => store.FindAsync(task, [context.Get(id)], ct), ct).ConfigureAwait(false);
            QuarantinedRow row = rows is [var found, ..] ? found : throw new MillraceException(
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
            Workspace workspace = await Workspace.OpenAsync(context, ct).ConfigureAwait(false);
            List<(QuarantinedRow Row, RetryResult Result)> results = [];
            ICatalog catalog = await workspace.OpenCatalogAsync(ct).ConfigureAwait(false);
            await using (catalog.ConfigureAwait(false))
            {
                foreach (ProjectTask task in choice.Moves(context, workspace))
                {
                    results.AddRange(await RetryAsync(workspace, catalog, task, context.Get(ids) ?? [], ct).ConfigureAwait(false));
                }
            }

            Print(context, results);
            ThrowIfMissing(context.Get(ids) ?? [], results.Count, choice.Job(context));
            return results.Any(r => r.Result.Outcome == RetryOutcome.Left) ? ExitCodes.Failed : ExitCodes.Ok;
        });
        return verb;
    }

    private static async Task<List<(QuarantinedRow Row, RetryResult Result)>> RetryAsync(
        Workspace workspace, ICatalog catalog, ProjectTask task, long[] ids, CancellationToken ct)
    {
        List<(QuarantinedRow, RetryResult)> results = [];
        TargetSession session = await TargetSession.ToChangeAsync(workspace, catalog, task, ct).ConfigureAwait(false);
        await using (session.ConfigureAwait(false))
        {
            if (session.Destination is IQuarantineStore store)
            {
                var retry = new QuarantineRetry(task.Move!, session.Destination, TimeProvider.System) { Scrub = workspace.Secrets.Scrubber.Scrub };
                IReadOnlyList<QuarantinedRow> rows = ids.Length == 0
                    ? await store.ListAsync(task.Key, MostRows, ct).ConfigureAwait(false)
                    : await store.FindAsync(task.Key, ids, ct).ConfigureAwait(false);
                foreach (QuarantinedRow row in rows)
                {
                    // The row keeps the id of the run that met it: that run read it.
                    results.Add((row, await retry.RetryAsync(row, row.RunId, ct).ConfigureAwait(false)));
                }
            }
        }

        return results;
    }

    private static void Print(VerbContext context, List<(QuarantinedRow Row, RetryResult Result)> results)
    {
        if (context.Json)
        {
            JsonOutput.Write(context.Out, writer =>
            {
                writer.WriteStartArray();
                foreach ((QuarantinedRow row, RetryResult result) in results)
                {
                    writer.WriteStartObject();
                    writer.WriteNumber("id", row.Id);
                    writer.WriteString("outcome", result.Outcome.ToString().ToLowerInvariant());
                    writer.WriteBoolean("loaded", result.Outcome == RetryOutcome.Loaded);
                    writer.WriteString("code", result.Code?.Id);
                    writer.WriteString("reason", result.Reason);
                    writer.WriteEndObject();
                }

                writer.WriteEndArray();
            });
            return;
        }

        foreach (IGrouping<RetryResult, long> same in results.Where(r => r.Result.Outcome != RetryOutcome.Loaded).GroupBy(r => r.Result, r => r.Row.Id))
        {
            long[] ids = [.. same];
            string which = string.Join(", ", ids.Take(MostIds)) + (ids.Length > MostIds ? $" and {ids.Length - MostIds:N0} more" : "");
            string verb = (same.Key.Outcome, ids.Length) switch
            {
                (RetryOutcome.Superseded, 1) => " is ",
                (RetryOutcome.Superseded, _) => " are ",
                (_, 1) => " stays: ",
                _ => " stay: ",
            };
            context.Out.WriteLine(which + verb + same.Key);
        }

        int Count(RetryOutcome outcome) => results.Count(r => r.Result.Outcome == outcome);
        context.Out.WriteLine(
            $"{Count(RetryOutcome.Loaded)} loaded, {Count(RetryOutcome.Superseded)} superseded, {Count(RetryOutcome.Left)} left in quarantine");
    }

    /// <summary>Throws where fewer rows were met than ids were given.</summary>
    /// <exception cref="MillraceException">MR1002.</exception>
    public static void ThrowIfMissing(long[] wanted, long met, string job)
    {
        if (wanted.Length > met)
        {
            throw new MillraceException(
                ErrorCodes.InvalidConfiguration,
                $"{Quantity.Of(wanted.Length - met, "id")} of {wanted.Length} given: no such row is in quarantine.",
                $"See millrace quarantine list {job}.");
        }
    }

    private static async Task<IReadOnlyList<QuarantinedRow>> ReadAsync(
        VerbContext context, TaskChoice choice, Func<IQuarantineStore, string, ValueTask<IReadOnlyList<QuarantinedRow>>> read, CancellationToken ct)
    {
        Workspace workspace = await Workspace.OpenAsync(context, ct).ConfigureAwait(false);
        List<QuarantinedRow> rows = [];
        foreach (ProjectTask task in choice.Moves(context, workspace))
        {
            TargetSession session = TargetSession.ToRead(workspace, task.Move!);
            await using (session.ConfigureAwait(false))
            {
                rows.AddRange(session.Destination is IQuarantineStore store ? await read(store, task.Key).ConfigureAwait(false) : []);
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
        output.WriteLine($"position  {row.Row.Position}{(row.Generation is { } generation ? $", generation {generation}" : "")}");
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
        if (row.Generation is { } generation)
        {
            writer.WriteNumber("generation", generation);
        }
        else
        {
            writer.WriteNull("generation");
        }

        writer.WriteString("code", row.Row.Code.Id);
        writer.WriteString("reason", row.Row.Reason);
        writer.WriteString("row", row.Row.Raw);
        writer.WriteEndObject();
    }
}
