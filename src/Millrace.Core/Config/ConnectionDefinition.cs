using System.Text.Json.Nodes;
using Millrace.Core.Config.Options;
using Millrace.Core.Config.Secrets;
using Millrace.Core.Config.Yaml;
using Millrace.Core.Contracts;
using Millrace.Core.Errors;

namespace Millrace.Core.Config;

/// <summary>A connection as its file says it: secrets still references.</summary>
public sealed class ConnectionDefinition
{
    private readonly MapNode _options;
    private readonly string _path;

    internal ConnectionDefinition(string name, string? dataSource, IConnector connector, MapNode options, string path)
    {
        DataSource = dataSource ?? name;
        Name = name;
        Connector = connector;
        _options = options;
        _path = path;
    }

    /// <summary>Its name in the project.</summary>
    public string Name { get; }

    /// <summary>The data source that it leads to: its own name where none is set.</summary>
    public string DataSource { get; }

    /// <summary>Its type: <c>mongodb</c>.</summary>
    public string Type => Connector.Info.Type;

    /// <summary>The connector that serves it.</summary>
    public IConnector Connector { get; }

    /// <summary>Where it stands.</summary>
    public SourceLine Location => new(_options.File, _options.Line);

    /// <summary>The connection with its secrets in place. Do it when they are needed, and keep them no longer.</summary>
    /// <param name="resolver">Finds the secrets.</param>
    /// <param name="basePath">The project's folder.</param>
    /// <exception cref="MillraceException">MR1003: a secret is missing. MR1012: a resolved value cannot be used; it is not shown.</exception>
    public ConnectionSettings Resolve(SecretResolver resolver, string basePath)
    {
        ArgumentNullException.ThrowIfNull(resolver);
        foreach (ScalarNode plain in _options.Entries.Where(IsPlainSecret).Select(e => (ScalarNode)e.Value))
        {
            resolver.Scrubber.Add(plain.Text);
        }

        var resolved = (MapNode)Resolved(_options, resolver, _path);
        var problems = new ProblemList();
        object options = new OptionBinder(problems) { HasReferences = false }.Bind(resolved, _path, Connector.Info.ConnectionOptions)[0];
        if (problems.ToImmutable() is [{ } problem, ..])
        {
            throw new MillraceException(problem.Code, $"{problem.Path}: {problem.Message}", problem.Fix, problem.Path);
        }

        return new(Name, options, basePath);
    }

    /// <summary>A setting's text; null where it is not set, or is a reference whose secret would have to be looked up.</summary>
    internal string? PlainText(string setting) => _options[setting] is ScalarNode { IsNull: false } scalar && !SecretReference.IsIn(scalar.Text) ? scalar.Text : null;

    /// <summary>The settings as JSON for the catalog: references as they are written, plain text secrets as <c>***</c>.</summary>
    public string ToJson()
    {
        var json = new JsonObject { ["type"] = Type };
        DefinitionJson.Set(json, "data_source", DataSource == Name ? null : DataSource);
        foreach (MapEntry entry in _options.Entries.OrderBy(e => e.Key.Text, StringComparer.Ordinal))
        {
            json[entry.Key.Text] = IsPlainSecret(entry) ? "***" : AsWritten(entry.Value);
        }

        return json.ToJsonString(DefinitionJson.Format);
    }

    /// <summary>Name and type: settings hold secrets.</summary>
    public override string ToString() => $"connection {Name} ({Type})";

    // A password 007 is no number 7: what would read otherwise than it is written stays text.
    private static JsonNode? AsWritten(ConfigNode node) => node switch
    {
        MapNode map => new JsonObject(map.Entries.Select(e => KeyValuePair.Create(e.Key.Text, AsWritten(e.Value)))),
        ListNode list => new JsonArray([.. list.Items.Select(AsWritten)]),
        ScalarNode { IsNull: false } scalar when NodeJson.Of(scalar) is not { } typed || typed.ToString() != scalar.Text => JsonValue.Create(scalar.Text),
        _ => NodeJson.Of(node),
    };

    private bool IsPlainSecret(MapEntry entry) =>
        entry.Value is ScalarNode { IsNull: false } scalar
        && SecretReference.LooksSecret(scalar.Text)
        && OptionDescription.Of(Connector.Info.ConnectionOptions).Any(o => o.Secret && o.Name == entry.Key.Text);

    private static ConfigNode Resolved(ConfigNode node, SecretResolver resolver, string path) => node switch
    {
        MapNode map => new MapNode(map.File, map.Line,
            [.. map.Entries.Select(e => e with { Value = Resolved(e.Value, resolver, OptionBinder.Join(path, e.Key.Text)) })]),
        ListNode list => new ListNode(list.File, list.Line, [.. list.Items.Select((item, i) => Resolved(item, resolver, $"{path}[{i}]"))]),
        ScalarNode { IsNull: false } scalar => new ScalarNode(scalar.File, scalar.Line, resolver.Resolve(scalar.Text, path), isPlain: false),
        _ => node,
    };
}
