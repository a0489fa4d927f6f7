using System.CommandLine;
using System.Text.Json;
using Millrace.Cli.CommandLine;
using Millrace.Cli.Output;
using Millrace.Cli.Projects;
using Millrace.Core.Batches;
using Millrace.Core.Config;
using Millrace.Core.Engine;
using Millrace.Core.Engine.Shaping;
using Millrace.Core.Errors;

namespace Millrace.Cli.Verbs;

/// <summary><c>millrace preview JOB</c>: the first rows as they would land; nothing is written.</summary>
internal static class PreviewVerb
{
    private const int WidestCell = 60;

    public static Verb Create()
    {
        var rows = CountOption.Create("--limit", "Rows of each dataset.", "rows", 5);
        var verb = new Verb("preview", "Show the first rows of a job's tables as they would land: mapped, cast and masked. Writes nothing.")
        {
            Examples = ["millrace preview load", "millrace preview load --task everything --limit 20", "millrace preview load --json"],
        };
        TaskChoice choice = TaskChoice.AddTo(verb);
        verb.Options.Add(rows);
        verb.Does((context, cancellationToken) => RunAsync(context, choice, context.Get(rows), cancellationToken));
        return verb;
    }

    private static async Task<int> RunAsync(VerbContext context, TaskChoice choice, int rows, CancellationToken cancellationToken)
    {
        Workspace workspace = await Workspace.OpenAsync(context, cancellationToken).ConfigureAwait(false);
        foreach (ProjectTask task in choice.Moves(context, workspace))
        {
            (IReadOnlyList<ShapedStep> steps, IReadOnlyList<RejectedRow> rejected) =
                await ReadAsync(workspace, task.Move!, rows, cancellationToken).ConfigureAwait(false);
            foreach (ShapedStep step in steps)
            {
                using RecordBatch? batch = step.Rows;
                if (batch is { RowCount: > 0 })
                {
                    Print(context, task, batch, rows);
                }
            }

            foreach (RejectedRow row in rejected)
            {
                context.Error.WriteLine($"{row.Table}: {row.Position} would go to quarantine: {row.Code.Id}: {context.Secrets.Scrub(row.Reason)}");
            }
        }

        return ExitCodes.Ok;
    }

    private static async Task<(IReadOnlyList<ShapedStep> Steps, IReadOnlyList<RejectedRow> Rejected)> ReadAsync(
        Workspace workspace, TaskDefinition task, int rows, CancellationToken cancellationToken)
    {
        ConnectionDefinition source = workspace.Connection(task.Source.Connection);
        ConnectionDefinition target = workspace.Connection(task.Target.Connection);
        string state = Directory.CreateTempSubdirectory("millrace-preview-").FullName;
        try
        {
            var run = new RunContext(0, workspace.Resolve(source), workspace.Resolve(target), state);
            return await TaskPreview.ReadAsync(
                workspace.Secrets.Resolve(task), source.Connector, target.Connector, run, rows, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            Directory.Delete(state, recursive: true);
        }
    }

    private static void Print(VerbContext context, ProjectTask task, RecordBatch batch, int rows)
    {
        int shown = Math.Min(rows, batch.RowCount);
        if (context.Json)
        {
            JsonOutput.Write(context.Out, writer => Write(writer, task, batch, shown), indented: false);
            return;
        }

        context.Terminal.Line($"{task.Name} → {batch.Schema.Table}");
        context.Terminal.Table(
            [.. batch.Schema.Columns.Select(c => $"{c.Name} {c.Type}")],
            Enumerable.Range(0, shown).Select(row => (IReadOnlyList<string>)[.. batch.Columns.Select(column => Cell(column, row))]));
    }

    private static void Write(Utf8JsonWriter writer, ProjectTask task, RecordBatch batch, int rows)
    {
        writer.WriteStartObject();
        writer.WriteString("task", task.Name);
        writer.WriteString("table", batch.Schema.Table.ToString());
        writer.WriteStartArray("rows");
        for (int row = 0; row < rows; row++)
        {
            writer.WriteRawValue(RowJson.Of(batch, row));
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    private static string Cell(Column column, int row)
    {
        if (column.IsNull(row))
        {
            return "";
        }

        string text = ValueText.Of(column, row).ReplaceLineEndings(" ");
        return text.Length <= WidestCell ? text : string.Concat(text.AsSpan(0, WidestCell - 1), "…");
    }
}
