using System.CommandLine;
using System.Text.Json;
using Millrace.Catalog;
using Millrace.Cli.CommandLine;
using Millrace.Cli.Output;
using Millrace.Cli.Projects;
using Millrace.Core.Config;
using Millrace.Core.Contracts;
using Millrace.Core.Engine;
using Millrace.Core.Errors;

namespace Millrace.Cli.Verbs;

/// <summary><c>millrace checkpoints list|set|reset</c>: how far tasks are, and changing that by hand.</summary>
internal static class CheckpointsVerb
{
    public static Verb Create()
    {
        var verb = new Verb("checkpoints", "Show how far tasks are; move or reset that by hand.");
        verb.Subcommands.Add(CreateList());
        verb.Subcommands.Add(CreateSet());
        verb.Subcommands.Add(CreateReset());
        return verb;
    }

    private static Verb CreateList()
    {
        var verb = new Verb("list", "List a job's checkpoints from the catalog's mirror; with --live from the destination, which is the truth.")
        {
            Examples = ["millrace checkpoints list load", "millrace checkpoints list load --live --json"],
        };
        TaskChoice choice = TaskChoice.AddTo(verb);
        var live = new Option<bool>("--live") { Description = "Ask the destination itself." };
        verb.Options.Add(live);
        verb.Does((context, ct) => InCatalogAsync(context, async (workspace, catalog) =>
        {
            List<Checkpoint> found = [];
            foreach (ProjectTask task in choice.Tasks(context, workspace))
            {
                found.AddRange(context.Get(live)
                    ? await LiveAsync(workspace, task, ct).ConfigureAwait(false)
                    : (await catalog.Checkpoints.ReadAsync(task.Key, ct).ConfigureAwait(false)).Select(m => m.Checkpoint));
            }

            Print(context, found);
        }, ct, isReading: true));
        return verb;
    }

    private static Verb CreateSet()
    {
        var verb = new Verb("set", "Move a partition's checkpoint in the destination: the next run reads from there. Rows that are there stay.")
        {
            Examples = ["millrace checkpoints set load --task orders --partition log --position mongodb.oplog/65a1b2c3.00000001"],
        };
        TaskChoice choice = TaskChoice.AddTo(verb);
        var partition = new Option<string>("--partition") { Description = "The partition, as 'list' shows it.", HelpName = "NAME", Required = true };
        var position = new Option<string>("--position") { Description = "Where reading goes on, exclusive.", HelpName = "POSITION", Required = true };
        verb.Options.Add(partition);
        verb.Options.Add(position);
        verb.Does((context, ct) => ChangeAsync(
            context, choice, (_, stored) => Move(stored, context.Get(partition)!, context.Get(position)!), ct));
        return verb;
    }

    // What a position means is its source's own; a slip of the hand shows in its kind.
    private static IReadOnlyList<Checkpoint> Move(IReadOnlyList<Checkpoint> stored, string partition, string position)
    {
        string? before = stored.FirstOrDefault(c => c.Partition == partition)?.Position.Text;
        return before is null || before.Split('/')[0] == position.Split('/')[0]
            ? CheckpointEditing.Move(stored, partition, new Position(position))
            : throw new MillraceException(
                ErrorCodes.InvalidConfiguration, $"'{position}' is no position of partition {partition}.", $"Write it like the present one: {before}");
    }

    private static Verb CreateReset()
    {
        var verb = new Verb("reset", "Forget how far a job's tasks are: the next run starts from the beginning, as a new generation. Rows that an append has loaded stay, and come again.")
        {
            Examples = ["millrace checkpoints reset load --task orders"],
        };
        TaskChoice choice = TaskChoice.AddTo(verb);
        verb.Does((context, ct) => ChangeAsync(context, choice, Reset, ct));
        return verb;
    }

    // A step of SQL has a watermark and no generations.
    private static IReadOnlyList<Checkpoint> Reset(ProjectTask task, IReadOnlyList<Checkpoint> stored) =>
        task.Move is null ? [.. stored.Where(c => c.Partition == ProjectClaim.Marker)] : CheckpointEditing.Reset(stored);

    private static Task<int> ChangeAsync(
        VerbContext context, TaskChoice choice, Func<ProjectTask, IReadOnlyList<Checkpoint>, IReadOnlyList<Checkpoint>> change, CancellationToken ct) =>
        InCatalogAsync(context, async (workspace, catalog) =>
        {
            List<Checkpoint> all = [];
            foreach (ProjectTask task in choice.Tasks(context, workspace))
            {
                TargetSession session = await TargetSession.ToChangeAsync(workspace, catalog, task, ct).ConfigureAwait(false);
                await using (session.ConfigureAwait(false))
                {
                    IReadOnlyList<Checkpoint> stored = await session.Destination.CommittedAsync(task.Key, ct).ConfigureAwait(false);
                    ProjectClaim.ThrowIfOthers(task.Key, task.Project, stored);
                    IReadOnlyList<Checkpoint> next = change(task, stored);
                    await session.Destination.ReplaceCheckpointsAsync(task.Key, next, ct).ConfigureAwait(false);
                    await catalog.Checkpoints.ReplaceAsync(task.Key, next, null, CancellationToken.None).ConfigureAwait(false);
                    all.AddRange(next);
                }
            }

            Print(context, all);
        }, ct);

    private static async Task<IReadOnlyList<Checkpoint>> LiveAsync(Workspace workspace, ProjectTask task, CancellationToken ct)
    {
        TargetSession session = TargetSession.ToRead(workspace, task);
        await using (session.ConfigureAwait(false))
        {
            return await session.Destination.CommittedAsync(task.Key, ct).ConfigureAwait(false);
        }
    }

    private static async Task<int> InCatalogAsync(
        VerbContext context, Func<Workspace, ICatalog, Task> action, CancellationToken ct, bool isReading = false)
    {
        Workspace workspace = await Workspace.OpenAsync(context, ct).ConfigureAwait(false);
        ICatalog catalog = isReading
            ? await workspace.OpenCatalogToReadAsync(ct).ConfigureAwait(false)
            : await workspace.OpenCatalogAsync(ct).ConfigureAwait(false);
        await using (catalog.ConfigureAwait(false))
        {
            await action(workspace, catalog).ConfigureAwait(false);
        }

        return ExitCodes.Ok;
    }

    private static void Print(VerbContext context, IReadOnlyList<Checkpoint> checkpoints)
    {
        if (context.Json)
        {
            JsonOutput.Write(context.Out, writer => Write(writer, checkpoints));
            return;
        }

        context.Terminal.Table(["task", "partition", ">generation", "position", ">rows", "load"], checkpoints.Select(c => (IReadOnlyList<string>)
            [c.TaskKey, c.Partition, $"{c.Generation}", c.Position.Text, $"{c.Rows:N0}", c.Load.Text]));
    }

    private static void Write(Utf8JsonWriter writer, IReadOnlyList<Checkpoint> checkpoints)
    {
        writer.WriteStartArray();
        foreach (Checkpoint checkpoint in checkpoints)
        {
            writer.WriteStartObject();
            writer.WriteString("task", checkpoint.TaskKey);
            writer.WriteString("partition", checkpoint.Partition);
            writer.WriteNumber("generation", checkpoint.Generation);
            writer.WriteString("position", checkpoint.Position.Text);
            writer.WriteNumber("rows", checkpoint.Rows);
            writer.WriteString("load_id", checkpoint.Load.Text);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }
}
