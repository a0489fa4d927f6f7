using System.CommandLine;
using System.Text.Json;
using Millrace.Cli.CommandLine;
using Millrace.Cli.Output;
using Millrace.Cli.Projects;
using Millrace.Core.Config.Options;
using Millrace.Core.Contracts;
using Millrace.Core.Errors;

namespace Millrace.Cli.Verbs;

/// <summary><c>millrace connectors [TYPE]</c>: what systems there are, and what each can do and takes.</summary>
internal static class ConnectorsVerb
{
    public static Verb Create()
    {
        var type = new Argument<string?>("type") { Description = "One connector, with all its settings.", Arity = ArgumentArity.ZeroOrOne };
        type.CompletionSources.Add(_ => ConnectorList.Registry.All.Select(c => new System.CommandLine.Completions.CompletionItem(c.Info.Type)));
        var verb = new Verb("connectors", "List the systems that Millrace can talk to, with roles, methods, dispositions and settings.")
        {
            Examples = ["millrace connectors", "millrace connectors duckdb", "millrace connectors --json"],
        };
        verb.Arguments.Add(type);
        verb.Does(context => Print(context, context.Get(type)));
        return verb;
    }

    private static int Print(VerbContext context, string? type)
    {
        ConnectorRegistry registry = ConnectorList.Registry;
        ConnectorInfo[] chosen = type is null
            ? [.. registry.All.Select(c => c.Info)]
            : [registry.Find(type)?.Info ?? throw Unknown(type, registry)];
        if (context.Json)
        {
            JsonOutput.Write(context.Out, writer => WriteAll(writer, chosen));
        }
        else if (type is null)
        {
            context.Terminal.Table(["type", "name", "roles", "methods", "dispositions"], chosen.Select(c => (IReadOnlyList<string>)
                [c.Type, c.Title, string.Join(", ", Roles(c)), Words(c.Methods), Words(c.Dispositions)]));
            context.Terminal.Line("Settings of one: millrace connectors TYPE");
        }
        else
        {
            PrintOne(context.Terminal, chosen[0]);
        }

        return ExitCodes.Ok;
    }

    /// <summary>Source, destination or both.</summary>
    public static IEnumerable<string> Roles(ConnectorInfo connector)
    {
        if (!connector.Methods.IsEmpty)
        {
            yield return "source";
        }

        if (!connector.Dispositions.IsEmpty)
        {
            yield return "destination";
        }
    }

    /// <summary>The settings of a connector with the section that they stand in.</summary>
    public static IEnumerable<(string Section, IReadOnlyList<OptionDescription> Options)> Sections(ConnectorInfo connector) =>
        ((string, IReadOnlyList<OptionDescription>)[])
        [
            ("connection", OptionDescription.Of(connector.ConnectionOptions)),
            ("source", OptionDescription.Of(connector.SourceOptions)),
            ("target", OptionDescription.Of(connector.TargetOptions)),
        ];

    /// <summary>Enum members as they are written in a project file.</summary>
    public static string Words<T>(IEnumerable<T> members)
        where T : struct, Enum => string.Join(", ", members.Select(SnakeCase.Of));

    private static void PrintOne(Terminal terminal, ConnectorInfo connector)
    {
        terminal.Line($"{connector.Title} ({connector.Type}): {connector.Summary}");
        terminal.Line($"roles: {string.Join(", ", Roles(connector))}");
        foreach ((string section, IReadOnlyList<OptionDescription> options) in Sections(connector).Where(s => s.Options.Count > 0))
        {
            terminal.Line();
            terminal.Line(section switch { "connection" => $"connections.NAME: {{ type: {connector.Type}, … }}", _ => $"{section}: settings" });
            terminal.Table(["setting", "takes", "default", "meaning"], options.Select(o => (IReadOnlyList<string>)
                [o.Name, o.TypeName, o.Required ? "required" : o.Default ?? "", o.Meaning]));
        }
    }

    private static void WriteAll(Utf8JsonWriter writer, ConnectorInfo[] connectors)
    {
        writer.WriteStartArray();
        foreach (ConnectorInfo connector in connectors)
        {
            writer.WriteStartObject();
            writer.WriteString("type", connector.Type);
            writer.WriteString("title", connector.Title);
            writer.WriteString("summary", connector.Summary);
            WriteTexts(writer, "roles", Roles(connector));
            WriteTexts(writer, "methods", connector.Methods.Select(SnakeCase.Of));
            WriteTexts(writer, "dispositions", connector.Dispositions.Select(SnakeCase.Of));
            WriteTexts(writer, "merge_strategies", connector.Strategies.Select(SnakeCase.Of));
            foreach ((string section, IReadOnlyList<OptionDescription> options) in Sections(connector))
            {
                WriteOptions(writer, section + "_options", options);
            }

            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    private static void WriteOptions(Utf8JsonWriter writer, string name, IReadOnlyList<OptionDescription> options)
    {
        writer.WriteStartArray(name);
        foreach (OptionDescription option in options)
        {
            writer.WriteStartObject();
            writer.WriteString("name", option.Name);
            writer.WriteString("takes", option.TypeName);
            writer.WriteString("meaning", option.Meaning);
            writer.WriteString("default", option.Default);
            writer.WriteString("min", option.Min);
            writer.WriteString("max", option.Max);
            writer.WriteString("example", option.Example);
            writer.WriteBoolean("required", option.Required);
            writer.WriteBoolean("secret", option.Secret);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    private static void WriteTexts(Utf8JsonWriter writer, string name, IEnumerable<string> texts)
    {
        writer.WriteStartArray(name);
        foreach (string text in texts)
        {
            writer.WriteStringValue(text);
        }

        writer.WriteEndArray();
    }

    private static MillraceException Unknown(string type, ConnectorRegistry registry) => new(
        ErrorCodes.InvalidConfiguration, $"There is no connector '{type}'.", $"Known: {string.Join(", ", registry.All.Select(c => c.Info.Type))}.");
}
