using System.CommandLine;
using System.Text.Json;
using Millrace.Cli.CommandLine;
using Millrace.Cli.Output;
using Millrace.Cli.Projects;
using Millrace.Core.Config;
using Millrace.Core.Config.Options;
using Millrace.Core.Contracts;
using Millrace.Core.Errors;
using Millrace.Core.Schemas;

namespace Millrace.Cli.Verbs;

/// <summary><c>millrace discover CONNECTION</c>: the datasets of a source.</summary>
internal static class DiscoverVerb
{
    public static Verb Create()
    {
        var name = new Argument<string>("connection") { Description = "A connection of the project." };
        name.CompletionSources.Add(ProjectCompletions.Connections);
        var fields = new Option<bool>("--fields") { Description = "Show each dataset's fields as a sample has them." };
        var verb = new Verb("discover", "List what a source offers: datasets, rows and bytes, ways to read them, keys and fields.")
        {
            Examples = ["millrace discover backup", "millrace discover backup --fields", "millrace discover backup --json"],
        };
        verb.Arguments.Add(name);
        verb.Options.Add(fields);
        verb.Does((context, cancellationToken) => RunAsync(context, context.Get(name)!, context.Get(fields), cancellationToken));
        return verb;
    }

    private static async Task<int> RunAsync(VerbContext context, string name, bool withFields, CancellationToken cancellationToken)
    {
        Workspace workspace = await Workspace.OpenAsync(context, cancellationToken).ConfigureAwait(false);
        ConnectionDefinition connection = workspace.Connection(name);
        if (connection.Connector.Info.Methods.IsEmpty)
        {
            throw new MillraceException(
                ErrorCodes.InvalidConfiguration, $"{connection.Connector.Info.Title} is not a source.", "Name a connection that can be read.");
        }

        IReadOnlyList<DatasetInfo> datasets =
            await connection.Connector.DiscoverAsync(workspace.Resolve(connection), cancellationToken).ConfigureAwait(false);
        if (context.Json)
        {
            JsonOutput.Write(context.Out, writer => Write(writer, context, datasets));
        }
        else
        {
            Print(context, datasets, withFields);
        }

        return ExitCodes.Ok;
    }

    private static void Print(VerbContext context, IReadOnlyList<DatasetInfo> datasets, bool withFields)
    {
        Terminal terminal = context.Terminal;
        terminal.Table(["dataset", ">rows", ">bytes", "methods", "key", ">fields", "note"], datasets.Select(d => (IReadOnlyList<string>)
        [
            d.Name, Figures.Rows(d.Waiting), Figures.Bytes(d.Waiting), ConnectorsVerb.Words(d.Methods),
            string.Join(", ", d.Schema.Key), $"{d.Schema.Columns.Length}", context.Secrets.Scrub(d.Note ?? ""),
        ]));
        foreach (DatasetInfo dataset in withFields ? datasets : [])
        {
            terminal.Line(dataset.Name);
            terminal.Table(["field", "type", "in the source"], dataset.Schema.Columns.Select(c => (IReadOnlyList<string>)
                [c.Name, c.Type.ToString(), c.SourceType ?? ""]));
        }
    }

    private static void Write(Utf8JsonWriter writer, VerbContext context, IReadOnlyList<DatasetInfo> datasets)
    {
        writer.WriteStartArray();
        foreach (DatasetInfo dataset in datasets)
        {
            writer.WriteStartObject();
            writer.WriteString("dataset", dataset.Name);
            Figures.Write(writer, dataset.Waiting);
            writer.WriteStartArray("methods");
            foreach (ReplicationMethod method in dataset.Methods)
            {
                writer.WriteStringValue(SnakeCase.Of(method));
            }

            writer.WriteEndArray();
            writer.WriteStartArray("key");
            foreach (string key in dataset.Schema.Key)
            {
                writer.WriteStringValue(key);
            }

            writer.WriteEndArray();
            writer.WriteStartArray("fields");
            foreach (ColumnSchema column in dataset.Schema.Columns)
            {
                writer.WriteStartObject();
                writer.WriteString("name", column.Name);
                writer.WriteString("type", column.Type.ToString());
                writer.WriteString("source_type", column.SourceType);
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
            writer.WriteString("note", dataset.Note is null ? null : context.Secrets.Scrub(dataset.Note));
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }
}
