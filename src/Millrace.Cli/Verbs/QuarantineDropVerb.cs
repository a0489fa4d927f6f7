using System.CommandLine;
using Millrace.Catalog;
using Millrace.Cli.CommandLine;
using Millrace.Cli.Output;
using Millrace.Cli.Projects;
using Millrace.Core.Config;
using Millrace.Core.Contracts;
using Millrace.Core.Engine;
using Millrace.Core.Engine.Shaping;
using Millrace.Core.Errors;

namespace Millrace.Cli.Verbs;

/// <summary><c>millrace quarantine drop</c>: takes rows out of quarantine for good. As with <c>checkpoints reset</c>, the words are the consent.</summary>
internal static class QuarantineDropVerb
{
    public static Verb Create()
    {
        var verb = new Verb("drop", "Remove quarantined rows for good: those of a task, of a dataset, by id, or all of the job's.")
        {
            Examples = ["millrace quarantine drop load --id 17 --id 18", "millrace quarantine drop load --task orders", "millrace quarantine drop load --all"],
        };
        TaskChoice choice = TaskChoice.AddTo(verb);
        var dataset = new Option<string?>("--dataset") { Description = "Only rows of this dataset.", HelpName = "NAME" };
        var ids = new Option<long[]>("--id") { Description = "Only this row; may be given several times.", HelpName = "ID" };
        var all = new Option<bool>("--all") { Description = "Every row of the job." };
        verb.Options.Add(dataset);
        verb.Options.Add(ids);
        verb.Options.Add(all);
        verb.Does(async (context, ct) =>
        {
            long[] wanted = [.. (context.Get(ids) ?? []).Distinct()];
            bool isNarrowed = choice.Task(context) is not null || context.Get(dataset) is not null || wanted.Length > 0;
            if (isNarrowed == context.Get(all))
            {
                throw new MillraceException(
                    ErrorCodes.InvalidConfiguration,
                    isNarrowed ? "--all goes without --task, --dataset and --id." : "Which rows are to be dropped is not said.",
                    "Name them by --task, --dataset or --id; --all stands for every row of the job.");
            }

            List<(string Task, long Rows)> dropped = await DropAsync(context, choice, context.Get(dataset), wanted, ct).ConfigureAwait(false);
            Print(context, dropped);
            if (wanted.Length > dropped.Sum(d => d.Rows))
            {
                throw new MillraceException(
                    ErrorCodes.InvalidConfiguration,
                    $"{Quantity.Of(wanted.Length - dropped.Sum(d => d.Rows), "id")} of {wanted.Length} given: no such row is in quarantine.",
                    $"See millrace quarantine list {choice.Job(context)}.");
            }

            return ExitCodes.Ok;
        });
        return verb;
    }

    private static async Task<List<(string Task, long Rows)>> DropAsync(
        VerbContext context, TaskChoice choice, string? dataset, long[] ids, CancellationToken ct)
    {
        Workspace workspace = Workspace.Open(context);
        List<(string, long)> dropped = [];
        ICatalog catalog = await workspace.OpenCatalogAsync(ct).ConfigureAwait(false);
        await using (catalog.ConfigureAwait(false))
        {
            foreach (ProjectTask task in choice.Moves(context, workspace))
            {
                dropped.Add((task.Key, await DropAsync(workspace, catalog, task.Move!, dataset, ids, ct).ConfigureAwait(false)));
            }
        }

        return dropped;
    }

    private static async Task<long> DropAsync(
        Workspace workspace, ICatalog catalog, TaskDefinition task, string? dataset, long[] ids, CancellationToken ct)
    {
        bool hasPlace = task.Target.Table.Contains(TargetNames.DatasetPlaceholder, StringComparison.Ordinal);
        if (dataset is not null && !hasPlace && !task.Source.Datasets.Matches(dataset))
        {
            return 0;
        }

        TargetSession session = await TargetSession.ToChangeAsync(workspace, catalog, task, ct).ConfigureAwait(false);
        await using (session.ConfigureAwait(false))
        {
            if (session.Destination is not IQuarantineStore store)
            {
                return 0;
            }

            ProjectClaim.ThrowIfOthers(task, await session.Destination.CommittedAsync(task.Key, ct).ConfigureAwait(false));
            return await store.RemoveAsync(
                new(task.Key)
                {
                    Table = dataset is null ? null : TargetNames.For(task.Target.Table, dataset, session.Destination.Naming),
                    Ids = ids.Length == 0 ? null : ids,
                },
                ct).ConfigureAwait(false);
        }
    }

    private static void Print(VerbContext context, List<(string Task, long Rows)> dropped)
    {
        if (!context.Json)
        {
            context.Out.WriteLine($"{Quantity.Of(dropped.Sum(d => d.Rows), "row")} dropped from quarantine");
            return;
        }

        JsonOutput.Write(context.Out, writer =>
        {
            writer.WriteStartArray();
            foreach ((string task, long rows) in dropped)
            {
                writer.WriteStartObject();
                writer.WriteString("task", task);
                writer.WriteNumber("dropped", rows);
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
        });
    }
}
