using System.Text.Json;
using System.Text.Json.Nodes;
using Millrace.Core.Config.Options;
using Millrace.Core.Config.Yaml;
using Millrace.Core.Errors;

namespace Millrace.Core.Config;

/// <summary>Makes of a catalog's definitions the nodes that a project file would be read into, so that the same reader and the same rules go over them.</summary>
internal sealed class CatalogNodes(ProblemList problems)
{
    // What a plain text secret of the project file becomes in the catalog.
    private const string Hidden = "***";

    // No name of a setting.
    private const string PlainMark = "\u0000plain";

    private readonly Dictionary<string, string> _scripts = new(StringComparer.Ordinal);

    /// <summary>The texts of the scripts that tasks name.</summary>
    public string? ScriptOf(string path) => _scripts.GetValueOrDefault(path);

    /// <summary>The connections.</summary>
    public IEnumerable<MapEntry> Connections(CatalogDefinitions definitions) => definitions.Connections.Select(c => Entry(c, (MapNode)Node(c, "", Parse(c))));

    /// <summary>The jobs with their tasks.</summary>
    public IEnumerable<MapEntry> Jobs(CatalogDefinitions definitions)
    {
        ILookup<string?, (CatalogDefinition Task, JsonObject Json)> tasks =
            definitions.Tasks.Select(t => (Task: t, Json: Parse(t))).ToLookup(t => t.Json["job"]?.ToString(), StringComparer.Ordinal);
        foreach (CatalogDefinition job in definitions.Jobs)
        {
            string place = job.PlaceOf("");
            var list = new ListNode(place, 0, [.. tasks[job.Name].Select(t => (ConfigNode)TaskOf(t.Task, t.Json))]);
            var map = (MapNode)Node(job, "", Parse(job));
            yield return Entry(job, new(place, 0, map.Entries.Add(new(Key("tasks", place), list))));
        }

        HashSet<string> known = [.. definitions.Jobs.Select(j => j.Name)];
        foreach ((CatalogDefinition task, JsonObject json) in tasks.Where(g => g.Key is null || !known.Contains(g.Key)).SelectMany(g => g))
        {
            problems.Add(new(ErrorCodes.UnknownName, false, task.PlaceOf("job"), 0, $"tasks.{task.Name}", $"There is no job '{json["job"]}'.",
                $"Jobs: {string.Join(", ", known.Order(StringComparer.Ordinal))}."));
        }
    }

    private MapNode TaskOf(CatalogDefinition task, JsonObject json)
    {
        if (json["run"] is JsonObject run && run["script"]?.ToString() is { } script)
        {
            _scripts[script] = run["sql"]?.ToString() ?? "";
            run.Remove("sql");
        }

        if (json["run"]?["parameters"] is JsonObject parameters)
        {
            Unmark(parameters);
        }

        if (task.Misplaced is { } misplaced)
        {
            problems.Add(new(ErrorCodes.InvalidValue, false, task.PlaceOf("settings"), 0, $"tasks.{task.Name}",
                $"'settings' holds {misplaced}, which has a column or table of its own: nothing reads it here.", "Write it there, and take it out of settings."));
        }

        var map = (MapNode)Node(task, "", json);
        IEnumerable<MapEntry> entries = map.Entries
            .Where(e => e.Key.Text is not ("job" or "order"))
            .Select(e => e.Key.Text == "run_order" ? e with { Key = Key("order", e.Key.File) } : e)
            .Append(new(Key("id", task.PlaceOf("id")), new ScalarNode(task.PlaceOf("id"), 0, task.Name, isPlain: false)));
        return new(map.File, 0, [.. entries]);
    }

    // A date stands in a definition as it is written; a text that looks like one is marked: see SqlStepJson.
    private static void Unmark(JsonObject parameters)
    {
        foreach ((string name, JsonNode? value) in parameters.ToArray())
        {
            if (value is JsonObject { Count: 1 } marked && marked["text"] is { } text)
            {
                parameters[name] = JsonValue.Create(text.ToString());
            }
            else if (value?.GetValueKind() == JsonValueKind.String && SqlStepJson.IsDate(value.ToString()))
            {
                parameters[name] = new JsonObject { [PlainMark] = value.ToString() };
            }
        }
    }

    private ConfigNode Node(CatalogDefinition definition, string path, JsonNode? json)
    {
        string place = definition.PlaceOf(path);
        switch (json)
        {
            case JsonObject { Count: 1 } mark when mark[PlainMark] is { } plain:
                return new ScalarNode(place, 0, plain.ToString(), isPlain: true);
            case JsonObject map:
                return new MapNode(place, 0,
                    [.. map.Select(e => new MapEntry(Key(e.Key, definition.PlaceOf(OptionBinder.Join(path, e.Key))), Node(definition, OptionBinder.Join(path, e.Key), e.Value)))]);
            case JsonArray list:
                return new ListNode(place, 0, [.. list.Select((item, i) => Node(definition, $"{path}[{i}]", item))]);
            case null:
                return new ScalarNode(place, 0, "", isPlain: true);
            default:
                string text = json.ToString();
                CheckHidden(text, place, definition, path);
                return json.GetValueKind() switch
                {
                    JsonValueKind.True => new ScalarNode(place, 0, "true", isPlain: true),
                    JsonValueKind.False => new ScalarNode(place, 0, "false", isPlain: true),
                    JsonValueKind.Number => new ScalarNode(place, 0, json.ToJsonString(), isPlain: true),
                    _ => new ScalarNode(place, 0, text, isPlain: false),
                };
        }
    }

    private void CheckHidden(string text, string place, CatalogDefinition definition, string path)
    {
        bool maySecret = !path.StartsWith("columns[", StringComparison.Ordinal) || path.EndsWith(".mask_key", StringComparison.Ordinal);
        if (text == Hidden && maySecret)
        {
            problems.Add(new(ErrorCodes.SecretMissing, false, place, 0, $"{definition.Name}.{path}",
                "The project file had this secret as plain text, which the catalog does not keep.", "Write a reference there and in the file: ${NAME} or file:path."));
        }
    }

    private static MapEntry Entry(CatalogDefinition definition, MapNode map) => new(Key(definition.Name, definition.PlaceOf("")), map);

    private static ScalarNode Key(string name, string place) => new(place, 0, name, isPlain: false);

    private static JsonObject Parse(CatalogDefinition definition) => (JsonObject)JsonNode.Parse(definition.Json)!;
}
