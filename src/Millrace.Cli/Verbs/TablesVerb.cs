using System.Text.Json;
using Millrace.Cli.CommandLine;
using Millrace.Cli.Output;
using Millrace.Cli.Projects;
using Millrace.Core.Config;
using Millrace.Core.Contracts;
using Millrace.Core.Engine;
using Millrace.Core.Schemas;

namespace Millrace.Cli.Verbs;

/// <summary><c>millrace tables JOB</c>: the rows of a job's target tables, and which run each came from.</summary>
internal static class TablesVerb
{
    public static Verb Create()
    {
        var verb = new Verb("tables", "Count the rows of a job's target tables at the destination, by the run that they came from.")
        {
            Examples = ["millrace tables load", "millrace tables load --json"],
        };
        TaskChoice choice = TaskChoice.AddTo(verb);
        verb.Does(async (context, ct) =>
        {
            Workspace workspace = await Workspace.OpenAsync(context, ct).ConfigureAwait(false);
            List<(TableId Table, IReadOnlyList<TableOrigin> Origins)> tables = [];
            foreach (ProjectTask task in choice.Moves(context, workspace))
            {
                TargetSession session = TargetSession.ToRead(workspace, task.Move!);
                await using (session.ConfigureAwait(false))
                {
                    tables.AddRange(await ReadAsync(session.Destination, task.Key, ct).ConfigureAwait(false));
                }
            }

            Print(context, tables);
            return ExitCodes.Ok;
        });
        return verb;
    }

    private static async Task<List<(TableId Table, IReadOnlyList<TableOrigin> Origins)>> ReadAsync(
        IDestination destination, string taskKey, CancellationToken ct)
    {
        List<(TableId Table, IReadOnlyList<TableOrigin> Origins)> tables = [];
        if (destination is ITableOrigins origins)
        {
            IReadOnlyList<Checkpoint> stored = await destination.CommittedAsync(taskKey, ct).ConfigureAwait(false);
            foreach (TableId table in CheckpointEditing.TablesOf(stored))
            {
                tables.Add((table, await origins.OriginsAsync(table, ct).ConfigureAwait(false)));
            }
        }

        return tables;
    }

    private static void Print(VerbContext context, List<(TableId Table, IReadOnlyList<TableOrigin> Origins)> tables)
    {
        if (context.Json)
        {
            JsonOutput.Write(context.Out, writer => Write(writer, tables));
            return;
        }

        context.Terminal.Table(
            ["table", ">rows", ">deleted", ">of run", ">its rows", ">its deleted", "newest position"],
            tables.SelectMany(t => t.Origins.Select((o, i) => (IReadOnlyList<string>)
            [
                i == 0 ? t.Table.ToString() : "",
                i == 0 ? $"{t.Origins.Sum(r => r.Rows - r.Deleted):N0}" : "",
                i == 0 ? $"{t.Origins.Sum(r => r.Deleted):N0}" : "",
                $"{o.RunId}", $"{o.Rows - o.Deleted:N0}", $"{o.Deleted:N0}", o.LastPosition ?? "",
            ])));
    }

    private static void Write(Utf8JsonWriter writer, List<(TableId Table, IReadOnlyList<TableOrigin> Origins)> tables)
    {
        writer.WriteStartArray();
        foreach ((TableId table, IReadOnlyList<TableOrigin> origins) in tables)
        {
            writer.WriteStartObject();
            writer.WriteString("table", table.ToString());
            writer.WriteNumber("rows", origins.Sum(o => o.Rows - o.Deleted));
            writer.WriteNumber("deleted", origins.Sum(o => o.Deleted));
            writer.WriteStartArray("origins");
            foreach (TableOrigin origin in origins)
            {
                writer.WriteStartObject();
                writer.WriteNumber("run_id", origin.RunId);
                writer.WriteNumber("rows", origin.Rows);
                writer.WriteNumber("deleted", origin.Deleted);
                writer.WriteString("last_position", origin.LastPosition);
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }
}
