using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Millrace.Catalog.Stores.Relational.Definitions;

/// <summary>A setting of a connection.</summary>
/// <param name="Setting">Its path; see <see cref="SettingPath"/>.</param>
/// <param name="Value">Its value as text; null is as if the row were not there.</param>
/// <param name="Type"><c>text</c>, <c>number</c> or <c>boolean</c>: how the project file has it.</param>
internal sealed record SettingRow(string Setting, string? Value, string Type);

/// <summary>A connection as rows: one of <c>connections</c>, one of <c>data_sources</c>, and those of <c>connection_settings</c>.</summary>
/// <param name="Name">Its name.</param>
/// <param name="DataSource">The name of its data source.</param>
/// <param name="Type">Its type, which is the data source's.</param>
/// <param name="Settings">Its settings.</param>
internal sealed record ConnectionRow(string Name, string DataSource, string Type, List<SettingRow> Settings)
{
    /// <summary>A definition as rows.</summary>
    public static ConnectionRow Of(string name, string definition)
    {
        var json = (JsonObject)JsonNode.Parse(definition)!;
        string type = JsonPaths.Take(json, "type")?.ToString() ?? "";
        string source = JsonPaths.Take(json, "data_source")?.ToString() ?? name;
        List<SettingRow> settings = [];
        foreach ((string setting, JsonNode? value) in json)
        {
            Flatten(SettingPath.Join("", setting), value, settings);
        }

        return new(name, source, type, settings);
    }

    /// <summary>The rows as a definition. A setting whose path cannot be read stands there by that, for the project's reader to complain of.</summary>
    public string Compose()
    {
        var root = new Branch();
        foreach (SettingRow row in Settings)
        {
            if (SettingPath.Parse(row.Setting) is not { } path || !root.TryPut(path, 0, row))
            {
                root.Names[row.Setting] = new() { Row = row };
            }
        }

        var json = new JsonObject { ["type"] = Type };
        if (DataSource != Name)
        {
            json["data_source"] = DataSource;
        }

        foreach ((string name, Branch branch) in root.Names.Where(n => n.Value.Row is not { Value: null } || n.Value.Empty is not null))
        {
            json[name] = branch.ToJson();
        }

        return json.ToJsonString(DefinitionText.Format);
    }

    private static void Flatten(string path, JsonNode? value, List<SettingRow> settings)
    {
        switch (value)
        {
            case null:
                break;
            case JsonObject { Count: 0 }:
                settings.Add(new(path + SettingPath.EmptyMap, null, "text"));
                break;
            case JsonArray { Count: 0 }:
                settings.Add(new(path + SettingPath.EmptyList, null, "text"));
                break;
            case JsonObject map:
                foreach ((string name, JsonNode? inner) in map)
                {
                    Flatten(SettingPath.Join(path, name), inner, settings);
                }

                break;
            case JsonArray list:
                for (int i = 0; i < list.Count; i++)
                {
                    Flatten(string.Create(CultureInfo.InvariantCulture, $"{path}[{i}]"), list[i], settings);
                }

                break;
            default:
                settings.Add(new(path, value.ToString(), value.GetValueKind() switch
                {
                    JsonValueKind.Number => "number",
                    JsonValueKind.True or JsonValueKind.False => "boolean",
                    _ => "text",
                }));
                break;
        }
    }

    // What stands at a path: a value, or what is below it.
    private sealed class Branch
    {
        public SortedDictionary<string, Branch> Names { get; } = new(StringComparer.Ordinal);

        public SortedDictionary<int, Branch> Items { get; } = [];

        public SettingRow? Row { get; init; }

        public object? Empty { get; private set; }

        public bool TryPut(List<object> path, int at, SettingRow row)
        {
            bool isLast = at == path.Count - 1;
            switch (path[at])
            {
                case string name when Row is null && Items.Count == 0:
                    return isLast ? Names.TryAdd(name, new() { Row = row }) : Below(Names, name).TryPut(path, at + 1, row);
                case int index when Row is null && Names.Count == 0:
                    return isLast ? Items.TryAdd(index, new() { Row = row }) : Below(Items, index).TryPut(path, at + 1, row);
                case string or int:
                    return false;
                default:
                    Empty = path[at];
                    return Row is null && Names.Count == 0 && Items.Count == 0;
            }
        }

        public JsonNode? ToJson() => this switch
        {
            { Row: { } row } => ValueOf(row),
            { Names.Count: > 0 } => new JsonObject(Names.Select(n => KeyValuePair.Create(n.Key, n.Value.ToJson()))),
            { Items.Count: > 0 } => new JsonArray([.. Items.Values.Select(i => i.ToJson())]),
            _ => Empty == SettingPath.EmptyMapMark ? new JsonObject() : new JsonArray(),
        };

        private static Branch Below<T>(SortedDictionary<T, Branch> branches, T key)
            where T : notnull
        {
            if (!branches.TryGetValue(key, out Branch? branch))
            {
                branches[key] = branch = new();
            }

            return branch;
        }

        private static JsonNode? ValueOf(SettingRow row) => row switch
        {
            { Value: null } => null,
            { Type: "boolean", Value: "true" or "false" } => JsonValue.Create(row.Value == "true"),
            { Type: "number" } when IsNumber(row.Value) => JsonNode.Parse(row.Value),
            _ => JsonValue.Create(row.Value),
        };

        private static bool IsNumber(string text) =>
            text.Length > 0 && text[0] is '-' or (>= '0' and <= '9')
            && double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) && double.IsFinite(number)
            && JsonTextReads(text);

        // JSON takes no 007 and no 1. of the numbers that others take.
        private static bool JsonTextReads(string text)
        {
            try
            {
                return JsonNode.Parse(text) is JsonValue;
            }
            catch (JsonException)
            {
                return false;
            }
        }
    }
}
