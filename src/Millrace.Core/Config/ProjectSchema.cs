using System.Collections.Immutable;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Millrace.Core.Config.Options;
using Millrace.Core.Config.Settings;
using Millrace.Core.Contracts;

namespace Millrace.Core.Config;

/// <summary>
/// The project file as its declarations say it: a JSON schema (draft 2020-12) for editors, and the same settings by section for the reference pages.
/// </summary>
public static class ProjectSchema
{
    private static readonly JsonSerializerOptions Indented = new()
    {
        WriteIndented = true,
        NewLine = "\n",
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>The sections of the project file and their settings, for the reference pages.</summary>
    public static ImmutableArray<(string Section, ImmutableArray<OptionDescription> Options)> Sections { get; } =
    [
        (ProjectLoader.MainFile, OptionDescription.Of(typeof(ProjectOptions))),
        ("catalog", OptionDescription.Of(typeof(CatalogOptions))),
        ("connections.<connection>", OptionDescription.Of(typeof(ConnectionOptions))),
        ("defaults", OptionDescription.Of(typeof(DefaultsOptions))),
        ("jobs.<job>", OptionDescription.Of(typeof(JobOptions))),
        ("jobs.<job>.tasks[]", OptionDescription.Of(typeof(TaskOptions))),
    ];

    /// <summary>The schema as text; the same connectors give the same text.</summary>
    public static string ToJson(ConnectorRegistry connectors)
    {
        ArgumentNullException.ThrowIfNull(connectors);
        var root = new JsonObject
        {
            ["$schema"] = "https://json-schema.org/draft/2020-12/schema",
            ["title"] = "Millrace project",
            ["type"] = "object",
            ["additionalProperties"] = false,
            ["properties"] = new JsonObject
            {
                ["project"] = Property(OptionDescription.Of(typeof(ProjectOptions))[0], [], false),
                ["definitions"] = Property(OptionDescription.Of(typeof(ProjectOptions))[1], [], false),
                ["catalog"] = Group(OptionDescription.Of(typeof(CatalogOptions)), "Where the catalog is.", []),
                ["connections"] = Named("Connections by name.", Connections(connectors)),
                ["defaults"] = Group(OptionDescription.Of(typeof(DefaultsOptions)), "Settings that every task inherits.", Extra(connectors), partial: true),
                ["jobs"] = Named("Jobs by name.", Group(OptionDescription.Of(typeof(JobOptions)), "A job.", Extra(connectors))),
            },
        };
        return root.ToJsonString(Indented) + "\n";
    }

    private static JsonObject Named(string meaning, JsonObject item) =>
        new() { ["description"] = meaning, ["type"] = "object", ["additionalProperties"] = item };

    private static JsonObject Connections(ConnectorRegistry connectors) => new()
    {
        ["type"] = "object",
        ["required"] = new JsonArray("type"),
        ["properties"] = new JsonObject { ["data_source"] = DataSource(), ["type"] = new JsonObject { ["enum"] = Texts(connectors.All.Select(c => c.Info.Type)) } },
        // if and then rather than oneOf, so that an editor complains of the setting and not of the whole connection.
        ["allOf"] = new JsonArray([.. connectors.All.Select(c => new JsonObject
        {
            ["if"] = new JsonObject { ["properties"] = new JsonObject { ["type"] = new JsonObject { ["const"] = c.Info.Type } } },
            ["then"] = Connection(c.Info),
        })]),
    };

    private static JsonNode DataSource() => Property(OptionDescription.Of(typeof(ConnectionOptions))[0], [], false);

    private static JsonObject Connection(ConnectorInfo info)
    {
        JsonObject group = Group(OptionDescription.Of(info.ConnectionOptions), info.Summary, []);
        var properties = (JsonObject)group["properties"]!;
        properties.Insert(0, "type", new JsonObject { ["const"] = info.Type });
        properties.Insert(1, "data_source", DataSource());
        group["required"] = new JsonArray([(JsonNode)"type", .. ((JsonArray?)group["required"])?.Select(n => n!.DeepClone()) ?? []]);
        group["title"] = info.Title;
        return group;
    }

    // What connectors add to source: and target:, by the section's name.
    private static Dictionary<string, ImmutableArray<OptionDescription>> Extra(ConnectorRegistry connectors) => new()
    {
        ["source"] = [.. connectors.All.SelectMany(c => OptionDescription.Of(c.Info.SourceOptions)).DistinctBy(o => o.Name)],
        ["target"] = [.. connectors.All.SelectMany(c => OptionDescription.Of(c.Info.TargetOptions))],
    };

    private static JsonObject Group(
        ImmutableArray<OptionDescription> options,
        string meaning,
        Dictionary<string, ImmutableArray<OptionDescription>> extra,
        bool partial = false)
    {
        var properties = new JsonObject();
        foreach (OptionDescription option in options)
        {
            bool inherited = partial || (option.Name is "source" or "target" && options.Any(o => o.Name == "tasks"));
            properties[option.Name] = Property(option, extra, inherited);
        }

        var group = new JsonObject
        {
            ["description"] = meaning, ["type"] = "object", ["additionalProperties"] = false, ["properties"] = properties,
        };
        // A task's source and target may come from what it inherits in part, so only what cannot be inherited is required.
        string[] required = [.. options.Where(o => o.Required && !partial && o.Name != "connection").Select(o => o.Name)];
        if (required.Length > 0)
        {
            group["required"] = Texts(required);
        }

        return group;
    }

    private static JsonObject Property(OptionDescription option, Dictionary<string, ImmutableArray<OptionDescription>> extra, bool partial)
    {
        JsonObject single = option.Children.IsEmpty
            ? Scalar(option)
            : Group([.. option.Children, .. ExtraOf(option, extra)], option.Meaning, extra, partial);
        JsonNode? shorthand = option.ValueType.GetCustomAttributes(typeof(ShorthandAttribute), false) is [ShorthandAttribute attribute]
            ? Scalar(option.Children.First(c => c.Name == attribute.Options[0]))
            : null;
        JsonObject property = (option.IsList, shorthand) switch
        {
            (true, _) when !option.Children.IsEmpty => new JsonObject { ["type"] = "array", ["items"] = single },
            (true, _) => new JsonObject { ["anyOf"] = new JsonArray(new JsonObject { ["type"] = "array", ["items"] = single }, single.DeepClone()) },
            (_, not null) => new JsonObject { ["anyOf"] = new JsonArray(single, shorthand) },
            _ => single,
        };
        property["description"] = option.Meaning;
        if (option.Default is not null)
        {
            property["default"] = DefaultOf(option);
        }

        return property;
    }

    private static IEnumerable<OptionDescription> ExtraOf(OptionDescription option, Dictionary<string, ImmutableArray<OptionDescription>> extra) =>
        extra.TryGetValue(option.Name, out ImmutableArray<OptionDescription> more)
            ? more.Where(m => option.Children.All(c => c.Name != m.Name)).DistinctBy(m => m.Name)
            : [];

    private static JsonObject Scalar(OptionDescription option)
    {
        Type type = option.ValueType;
        if (type.IsEnum)
        {
            return new() { ["enum"] = Texts(option.Values) };
        }

        if (type == typeof(bool))
        {
            return new() { ["type"] = "boolean" };
        }

        if (type == typeof(int) || type == typeof(long) || type == typeof(double) || type == typeof(decimal))
        {
            var number = new JsonObject { ["type"] = type == typeof(double) || type == typeof(decimal) ? "number" : "integer" };
            AddBound(number, "minimum", option.Min);
            AddBound(number, "maximum", option.Max);
            return number;
        }

        if (type == typeof(ByteSize))
        {
            return new() { ["type"] = new JsonArray("string", "integer"), ["pattern"] = @"^\s*[0-9.]+\s*([KMGT]i?B|B)?\s*$|\$\{" };
        }

        if (type == typeof(TimeSpan))
        {
            return new() { ["type"] = "string", ["pattern"] = @"^([0-9.]+(ms|s|m|h|d))+$|\$\{" };
        }

        return type == typeof(StructuredText)
            ? new() { ["type"] = new JsonArray("string", "object", "array") }
            : new() { ["type"] = new JsonArray("string", "number", "boolean") };
    }

    private static void AddBound(JsonObject number, string keyword, string? bound)
    {
        if (bound is not null)
        {
            number[keyword] = JsonNode.Parse(bound);
        }
    }

    private static JsonNode DefaultOf(OptionDescription option)
    {
        Type type = option.ValueType;
        bool isLiteral = type == typeof(bool) || type == typeof(int) || type == typeof(long) || type == typeof(double) || type == typeof(decimal);
        return isLiteral ? JsonNode.Parse(option.Default!)! : option.Default!;
    }

    private static JsonArray Texts(IEnumerable<string> values) => new([.. values.Select(v => (JsonNode)v)]);
}
