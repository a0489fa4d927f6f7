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
using Millrace.Core.Schemas;

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

            List<Dropped> dropped = await DropAsync(context, choice, context.Get(dataset), wanted, ct).ConfigureAwait(false);
            if (context.Get(dataset) is { } name)
            {
                ThrowIfUnknown(name, choice.Job(context), dropped);
            }

            Print(context, dropped);
            QuarantineVerb.ThrowIfMissing(wanted, dropped.Sum(d => d.Rows), choice.Job(context));
            return ExitCodes.Ok;
        });
        return verb;
    }

    private static void ThrowIfUnknown(string dataset, string job, List<Dropped> dropped)
    {
        if (dropped.Exists(d => d.IsKnown))
        {
            return;
        }

        string[] known = [.. dropped.SelectMany(d => d.Known).Distinct().Order(StringComparer.Ordinal)];
        throw new MillraceException(
            ErrorCodes.UnknownName,
            $"No dataset '{dataset}' is known to job {job}: its tasks do not name it, and nothing of it was loaded or put into quarantine.",
            known.Length == 0 ? "None is known yet: nothing was loaded." : $"There are: {string.Join(", ", known)}.");
    }

    private static async Task<List<Dropped>> DropAsync(
        VerbContext context, TaskChoice choice, string? dataset, long[] ids, CancellationToken ct)
    {
        Workspace workspace = await Workspace.OpenAsync(context, ct).ConfigureAwait(false);
        List<Dropped> dropped = [];
        ICatalog catalog = await workspace.OpenCatalogAsync(ct).ConfigureAwait(false);
        await using (catalog.ConfigureAwait(false))
        {
            foreach (ProjectTask task in choice.Moves(context, workspace))
            {
                dropped.Add(await DropAsync(workspace, catalog, task, dataset, ids, ct).ConfigureAwait(false));
            }
        }

        return dropped;
    }

    private static async Task<Dropped> DropAsync(
        Workspace workspace, ICatalog catalog, ProjectTask project, string? dataset, long[] ids, CancellationToken ct)
    {
        TaskDefinition task = project.Move!;
        string[] named = [.. task.Source.Datasets.Names];
        bool hasPlace = task.Target.Table.Contains(TargetNames.DatasetPlaceholder, StringComparison.Ordinal);
        if (dataset is not null && !hasPlace && !task.Source.Datasets.Matches(dataset))
        {
            return new(task.Key, 0, false, named);
        }

        TargetSession session = await TargetSession.ToChangeAsync(workspace, catalog, project, ct).ConfigureAwait(false);
        await using (session.ConfigureAwait(false))
        {
            if (session.Destination is not IQuarantineStore store)
            {
                return new(task.Key, 0, true, named);
            }

            IReadOnlyList<Checkpoint> stored = await session.Destination.CommittedAsync(task.Key, ct).ConfigureAwait(false);
            ProjectClaim.ThrowIfOthers(task.Key, task.Project, stored);
            TableId? table = dataset is null ? null : TargetNames.For(task.Target.Table, dataset, session.Destination.Naming);
            long rows = await store.RemoveAsync(new(task.Key) { Table = table, Ids = ids.Length == 0 ? null : ids }, ct).ConfigureAwait(false);
            if (table is not { } wanted || rows > 0 || named.Contains(dataset))
            {
                return new(task.Key, rows, true, named);
            }

            IEnumerable<TableId> met = (await store.ListAsync(task.Key, QuarantineVerb.MostRows, ct).ConfigureAwait(false)).Select(r => r.Row.Table);
            TableId[] tables = [.. CheckpointEditing.TablesOf(stored).Concat(met).Distinct()];
            return new(task.Key, 0, tables.Contains(wanted), [.. named, .. DatasetsOf(task.Target.Table, tables)]);
        }
    }

    /// <summary>Datasets as the option takes them, from the tables that they went to.</summary>
    private static IEnumerable<string> DatasetsOf(string template, IEnumerable<TableId> tables)
    {
        string[] around = template.Split(TargetNames.DatasetPlaceholder);
        return around.Length != 2
            ? []
            : tables.Select(t => t.ToString())
                .Where(t => t.Length > template.Length - TargetNames.DatasetPlaceholder.Length
                    && t.StartsWith(around[0], StringComparison.Ordinal) && t.EndsWith(around[1], StringComparison.Ordinal))
                .Select(t => t[around[0].Length..^around[1].Length]);
    }

    private static void Print(VerbContext context, List<Dropped> dropped)
    {
        if (!context.Json)
        {
            context.Out.WriteLine($"{Quantity.Of(dropped.Sum(d => d.Rows), "row")} dropped from quarantine");
            return;
        }

        JsonOutput.Write(context.Out, writer =>
        {
            writer.WriteStartArray();
            foreach (Dropped of in dropped)
            {
                writer.WriteStartObject();
                writer.WriteString("task", of.Task);
                writer.WriteNumber("dropped", of.Rows);
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
        });
    }

    /// <summary>What became of a task's rows.</summary>
    /// <param name="Task">The task's key.</param>
    /// <param name="Rows">Rows dropped.</param>
    /// <param name="IsKnown">False where the task knows nothing of the dataset that was asked for.</param>
    /// <param name="Known">Datasets that it knows, as far as they were looked for.</param>
    private sealed record Dropped(string Task, long Rows, bool IsKnown, string[] Known);
}
