using System.Collections.Immutable;
using System.Text.Json.Nodes;

namespace Millrace.Catalog.Stores.Relational.Definitions;

/// <summary>A task as rows: one of <c>tasks</c> and those that belong to it.</summary>
internal sealed class TaskRow
{
    /// <summary>The columns of <c>tasks</c> that hold a setting each, and the setting's path.</summary>
    public static readonly ImmutableArray<DefinitionColumn> Columns =
    [
        new("job_name", "job"),
        new("name", "name"),
        new("step", "step"),
        new("position", "order", ColumnKind.Number),
        new("enabled", "enabled", ColumnKind.FlagOn),
        new("run_order", "run_order", ColumnKind.Number),
        new("description", "description"),
        new("owner", "owner"),
        new("source_connection", "source.connection"),
        new("replication_method", "source.replication_method"),
        new("cursor_field", "source.cursor_field"),
        new("filter", "source.filter"),
        new("target_connection", "target.connection"),
        new("target_table", "target.table"),
        new("write_disposition", "target.write_disposition"),
        new("merge_strategy", "target.merge_strategy"),
        new("delete_mode", "target.delete_mode"),
        new("sql_connection", "run.connection"),
        new("script_path", "run.script"),
        new("procedure_name", "run.procedure"),
        new("sql_text", "run.sql"),
        new("run_max_rows", "limits.run_max_rows", ColumnKind.Number),
        new("run_max_bytes", "limits.run_max_bytes", ColumnKind.Number),
        new("run_max_duration", "limits.run_max_duration"),
    ];

    /// <summary>The columns of <c>column_mappings</c>.</summary>
    public static readonly ImmutableArray<DefinitionColumn> MappingColumns =
    [
        new("source_path", "from"),
        new("target_column", "to"),
        new("cast_to", "cast"),
        new("constant", "constant"),
        new("dropped", "drop", ColumnKind.Flag),
        new("mask", "mask"),
        new("mask_key", "mask_key"),
    ];

    private static readonly string[] Elsewhere = ["source.dataset", "source.exclude", "columns", "depends_on", "run.parameters"];

    private static readonly string[] Root =
    [
        "job", "name", "step", "order", "enabled", "description", "owner", "run_order", "depends_on", "run", "lineage", "source", "target", "limits", "commit_every",
        "schema_contract", "nested", "max_columns", "max_quarantine", "max_bytes_in_flight", "columns", "checks", "prices",
    ];

    /// <summary>The task's stable id.</summary>
    public required string Key { get; init; }

    /// <summary>The values of <see cref="Columns"/>, in their order.</summary>
    public required JsonNode?[] Values { get; init; }

    /// <summary>What has no column.</summary>
    public required JsonObject Settings { get; init; }

    /// <summary>What it reads.</summary>
    public List<string> Datasets { get; init; } = [];

    /// <summary>What its patterns leave out.</summary>
    public List<string> Excluded { get; init; } = [];

    /// <summary>Its column mappings: the values of <see cref="MappingColumns"/>.</summary>
    public List<JsonNode?[]> Mappings { get; init; } = [];

    /// <summary>Tasks that end before it starts, by name.</summary>
    public List<string> Needs { get; init; } = [];

    /// <summary>What its SQL is given.</summary>
    public List<ParameterRow> Parameters { get; init; } = [];

    /// <summary>The text of its script, where it has one.</summary>
    public string? ScriptText { get; set; }

    /// <summary>A value by its column.</summary>
    public JsonNode? this[string column] => Values[IndexOf(column)];

    /// <summary>A column's place in <see cref="Columns"/>.</summary>
    public static int IndexOf(string column) => Array.FindIndex([.. Columns], c => c.Name == column);

    /// <summary>A definition as rows.</summary>
    /// <param name="key">The task's stable id.</param>
    /// <param name="definition">Its definition as JSON.</param>
    public static TaskRow Of(string key, string definition)
    {
        var rest = (JsonObject)JsonNode.Parse(definition)!;
        JsonNode?[] values = [.. Columns.Select(c => JsonPaths.Take(rest, c.Path))];
        var row = new TaskRow
        {
            Key = key,
            Values = values,
            Settings = rest,
            Datasets = Texts(JsonPaths.Take(rest, "source.dataset")),
            Excluded = Texts(JsonPaths.Take(rest, "source.exclude")),
            Mappings = [.. Items(JsonPaths.Take(rest, "columns")).OfType<JsonObject>().Select(m => MappingColumns.Select(c => m[c.Path]).ToArray())],
            Needs = Texts(JsonPaths.Take(rest, "depends_on")),
            Parameters = [.. (JsonPaths.Take(rest, "run.parameters") as JsonObject ?? []).Select(p => ParameterRow.Of(p.Key, p.Value))],
        };
        if (row["script_path"] is not null)
        {
            int sql = IndexOf("sql_text");
            row.ScriptText = values[sql]?.ToString() ?? "";
            values[sql] = null;
        }

        return row;
    }

    /// <summary>The rows as a definition, its members always in the same order; and settings that have a column and stand in <c>settings</c> all the same.</summary>
    public (string Definition, string? Misplaced) Compose()
    {
        string[] misplaced =
            [.. Columns.Select(c => c.Path).Concat(Elsewhere).Where(path => JsonPaths.Take(Settings, path) is not null)];
        for (int i = 0; i < Columns.Length; i++)
        {
            if (Values[i] is { } value)
            {
                JsonPaths.Put(Settings, Columns[i].Path, value.DeepClone());
            }
        }

        Put("source.dataset", Datasets, evenIfEmpty: Settings.ContainsKey("source"));
        Put("source.exclude", Excluded, evenIfEmpty: false);
        Put("depends_on", Needs, evenIfEmpty: false);
        if (ScriptText is not null)
        {
            JsonPaths.Put(Settings, "run.sql", ScriptText);
        }

        if (Parameters.Count > 0)
        {
            JsonPaths.Put(Settings, "run.parameters", new JsonObject(Parameters.Select(p => KeyValuePair.Create(p.Name, p.ToJson()))));
        }

        if (Mappings.Count > 0)
        {
            Settings["columns"] = new JsonArray([.. Mappings.Select(MappingOf)]);
        }

        return (InOrder().ToJsonString(DefinitionText.Format), misplaced.Length == 0 ? null : string.Join(", ", misplaced));
    }

    private static JsonObject MappingOf(JsonNode?[] values)
    {
        var mapping = new JsonObject();
        for (int i = 0; i < MappingColumns.Length; i++)
        {
            // What says nothing is left out, as the definition of a project leaves it out.
            if (values[i] is { } value && value.ToJsonString() is not ("false" or "\"none\""))
            {
                mapping[MappingColumns[i].Path] = value.DeepClone();
            }
        }

        return mapping;
    }

    private JsonObject InOrder()
    {
        Order("source", "connection", "dataset", "replication_method", "on_drop", "on_history_lost", "exclude", "cursor_field", "filter", "fields");
        Order("target", "connection", "table", "write_disposition", "merge_strategy", "delete_mode", "primary_key", "on_target_vanished");
        Order("run", "connection", "script", "sql", "procedure", "parameters", "arguments", "watermark", "timeout", "transaction", "retries");
        return JsonPaths.Ordered(Settings, Root);
    }

    private void Order(string section, params ReadOnlySpan<string> order)
    {
        if (Settings[section] is JsonObject map)
        {
            Settings[section] = JsonPaths.Ordered(map, order);
        }
    }

    private void Put(string path, List<string> values, bool evenIfEmpty)
    {
        if (values.Count > 0 || evenIfEmpty)
        {
            JsonPaths.Put(Settings, path, new JsonArray([.. values.Select(v => (JsonNode)v)]));
        }
    }

    private static IEnumerable<JsonNode?> Items(JsonNode? node) => node as JsonArray ?? [];

    private static List<string> Texts(JsonNode? node) => [.. Items(node).Select(i => i?.ToString() ?? "")];
}
