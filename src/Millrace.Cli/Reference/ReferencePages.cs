using System.CommandLine;
using System.Reflection;
using System.Text;
using Millrace.Cli.CommandLine;
using Millrace.Cli.Verbs;
using Millrace.Core.Config;
using Millrace.Core.Config.Options;
using Millrace.Core.Contracts;
using Millrace.Core.Errors;

namespace Millrace.Cli.Reference;

/// <summary>The pages under docs/connectors and docs/reference, made from the declarations that the program itself works by.</summary>
internal static class ReferencePages
{
    private const string Generated = "<!-- Made by 'millrace docs'; a test fails when it is stale. -->";

    /// <summary>Every page: its path under docs/, and its text with line feeds.</summary>
    public static IReadOnlyDictionary<string, string> All(ConnectorRegistry connectors, RootCommand commandLine)
    {
        var pages = new SortedDictionary<string, string>(StringComparer.Ordinal)
        {
            ["reference/errors.md"] = Errors(),
            ["reference/project-file.md"] = ProjectFilePage(),
            ["reference/catalog-schema.md"] = CatalogSchemaPage.Text(Generated),
            ["reference/command-line.md"] = CommandLinePage(commandLine),
            ["reference/millrace.schema.json"] = ProjectSchema.ToJson(connectors),
            ["connectors/README.md"] = Connectors(connectors),
        };
        foreach (IConnector connector in connectors.All)
        {
            pages[$"connectors/{connector.Info.Type}.md"] = Connector(connector.Info);
        }

        return pages;
    }

    private static string Errors()
    {
        StringBuilder page = Page("Error codes",
            "Every error has a stable code. The exit code of the command line follows its kind: 1 a run failed, 2 invalid configuration or "
            + "arguments, 3 something outside is missing or refuses.");
        page.Append("| code | exit code | meaning |\n|---|---|---|\n");
        IEnumerable<ErrorCode> codes = typeof(ErrorCodes).GetFields(BindingFlags.Public | BindingFlags.Static)
            .Select(f => f.GetValue(null)).OfType<ErrorCode>().OrderBy(c => c.Id, StringComparer.Ordinal);
        foreach (ErrorCode code in codes)
        {
            page.Append($"| {code.Id} | {(int)code.Kind} | {Cell(code.Summary)} |\n");
        }

        return page.ToString();
    }

    private static string ProjectFilePage()
    {
        StringBuilder page = Page("The project file",
            "`millrace.yaml` in the project's folder; jobs and connections may also stand in files of their own under `jobs/` and "
            + "`connections/`. Sizes are written 50MB or 1GiB, durations 10m or 2h30m. A secret is written as a reference: `${NAME}` from the "
            + "environment (or `.env` in the folder), or `file:path`. `${NAME}` stands for its value in every other setting, too (`table: raw_${STAGE}.orders`; "
            + "`$${` is a plain `${`); there it is shown and recorded as if it were written out, so it is no place for secrets. Settings of connections: [connectors](../connectors/README.md).");
        foreach ((string section, IReadOnlyList<OptionDescription> options) in ProjectSchema.Sections.Select(s => (s.Section, (IReadOnlyList<OptionDescription>)s.Options)))
        {
            // Tasks have a section of their own.
            Section(page, section, [.. options.Where(o => section != "jobs.<job>" || o.Name != "tasks")]);
        }

        return page.ToString();
    }

    private static void Section(StringBuilder page, string name, IReadOnlyList<OptionDescription> options)
    {
        page.Append($"\n## `{name}`\n\n");
        Options(page, Flat(options, ""));
    }

    private static IEnumerable<(string Name, OptionDescription Option)> Flat(IEnumerable<OptionDescription> options, string prefix) =>
        options.SelectMany(o =>
        {
            string name = prefix + o.Name;
            return Flat(o.Children, name + (o.IsList ? "[]." : ".")).Prepend((name, o));
        });

    private static void Options(StringBuilder page, IEnumerable<(string Name, OptionDescription Option)> options)
    {
        page.Append("| setting | takes | default | meaning |\n|---|---|---|---|\n");
        foreach ((string name, OptionDescription option) in options)
        {
            string bounds = (option.Min, option.Max) switch
            {
                (null, null) => "",
                ({ } min, null) => $", at least {min}",
                (null, { } max) => $", at most {max}",
                var (min, max) => $", {min} to {max}",
            };
            string byDefault = option.Required ? "required" : option.Default is { } value ? $"`{value}`" : "";
            string example = option.Example is null ? "" : $" Example: `{option.Example}`.";
            string secret = option.Secret ? " A secret: never shown." : "";
            page.Append($"| `{name}` | {Cell(option.TypeName + bounds)} | {Cell(byDefault)} | {Cell(option.Meaning + secret + example)} |\n");
        }
    }

    private static string Connectors(ConnectorRegistry connectors)
    {
        StringBuilder page = Page("Connectors", "The systems that Millrace can talk to (`millrace connectors`).");
        page.Append("| type | system | roles | methods | dispositions |\n|---|---|---|---|---|\n");
        foreach (ConnectorInfo c in connectors.All.Select(c => c.Info))
        {
            page.Append($"| [{c.Type}]({c.Type}.md) | {c.Title} | {string.Join(", ", ConnectorsVerb.Roles(c))} ")
                .Append($"| {ConnectorsVerb.Words(c.Methods)} | {ConnectorsVerb.Words(c.Dispositions)} |\n");
        }

        return page.ToString();
    }

    private static string Connector(ConnectorInfo connector)
    {
        StringBuilder page = Page(connector.Title, connector.Summary);
        page.Append($"- type: `{connector.Type}`\n- roles: {string.Join(", ", ConnectorsVerb.Roles(connector))}\n");
        Item(page, "replication methods", ConnectorsVerb.Words(connector.Methods));
        Item(page, "write dispositions", ConnectorsVerb.Words(connector.Dispositions));
        Item(page, "merge strategies", ConnectorsVerb.Words(connector.Strategies));
        Item(page, "more of it", string.Join(", ", connector.Guides.Select(g => $"[{g.Title}](../{g.File})")));
        foreach ((string section, IReadOnlyList<OptionDescription> options) in ConnectorsVerb.Sections(connector).Where(s => s.Options.Count > 0))
        {
            page.Append(section switch
            {
                "connection" => $"\n## Settings of a connection\n\n`connections: {{ name: {{ type: {connector.Type}, … }} }}`\n\n",
                _ => $"\n## Settings under `{section}:`\n\n",
            });
            Options(page, Flat(options, ""));
        }

        return page.ToString();
    }

    private static void Item(StringBuilder page, string name, string words)
    {
        if (words.Length > 0)
        {
            page.Append($"- {name}: {words}\n");
        }
    }

    private static string CommandLinePage(RootCommand root)
    {
        StringBuilder page = Page("The command line",
            "Exit codes: 0 ok, 1 a run failed or was stopped, 2 invalid configuration or arguments, 3 environment (no connection, no "
            + "permission). With `--json` everything for programs is on standard output, errors included: "
            + "`{\"errors\":[{\"code\":…,\"kind\":…,\"message\":…,\"fix\":…,\"config_path\":…,\"location\":…,\"is_transient\":…}]}`.");
        page.Append("Every verb takes:\n\n| option | meaning |\n|---|---|\n");
        foreach (Option option in root.Options.Where(o => o.Recursive && !o.Hidden))
        {
            page.Append($"| `{Signature(option)}` | {Cell(option.Description ?? "")} |\n");
        }

        foreach (Verb verb in root.Subcommands.OfType<Verb>().Where(v => !v.Hidden))
        {
            Verb(page, verb, "millrace");
        }

        return page.ToString();
    }

    private static void Verb(StringBuilder page, Verb verb, string prefix)
    {
        string words = $"{prefix} {verb.Name}";
        string arguments = string.Concat(verb.Arguments.Select(a => a.Arity.MinimumNumberOfValues == 0 ? $" [{a.Name}]" : $" <{a.Name}>"));
        page.Append($"\n## `{words}{arguments}`\n\n{verb.Description}\n");
        string[] rows =
        [
            .. verb.Arguments.Select(a => $"| `{a.Name}` | {Cell(a.Description ?? "")} |\n"),
            .. verb.Options.Where(o => !o.Hidden && !o.Recursive).Select(o => $"| `{Signature(o)}` | {Cell(o.Description ?? "")} |\n"),
        ];
        if (rows.Length > 0)
        {
            page.Append("\n| | |\n|---|---|\n").AppendJoin("", rows);
        }

        if (verb.Examples.Count > 0)
        {
            page.Append("\n```sh\n").AppendJoin('\n', verb.Examples).Append("\n```\n");
        }

        foreach (Verb inner in verb.Subcommands.OfType<Verb>())
        {
            Verb(page, inner, words);
        }
    }

    private static string Signature(Option option) =>
        string.Join(", ", option.Aliases.Prepend(option.Name)) + (option.ValueType == typeof(bool) ? "" : $" {option.HelpName ?? "VALUE"}");

    private static StringBuilder Page(string title, string summary) =>
        new StringBuilder().Append(Generated).Append($"\n# {title}\n\n{summary}\n\n");

    private static string Cell(string text) => text.Replace("|", "\\|", StringComparison.Ordinal).ReplaceLineEndings(" ");
}
