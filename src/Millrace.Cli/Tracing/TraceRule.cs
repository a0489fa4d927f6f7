using System.Globalization;
using System.Text.Json.Nodes;
using Millrace.Catalog.Runs;
using Millrace.Core.Lineage;

namespace Millrace.Cli.Tracing;

/// <summary>By which rule a task run wrote a table, in a line, from the settings that it ran with.</summary>
internal static class TraceRule
{
    /// <summary>The rule.</summary>
    /// <param name="task">The task run.</param>
    /// <param name="lineage">Its edges into the table; null where none were recorded.</param>
    public static string Of(TaskRunRecord task, TaskLineage? lineage) => JsonNode.Parse(task.Start.Settings) is not JsonObject settings ? ""
        : settings["run"] is JsonObject run ? OfSql(run, lineage)
        : OfMove(settings);

    private static string OfSql(JsonObject run, TaskLineage? lineage)
    {
        string what = run["procedure"] is { } procedure ? $"procedure {procedure}" : run["script"]?.ToString() ?? "sql";
        string lines = string.Join(", ", (lineage?.Edges ?? []).Select(e => e.Line).Where(l => l > 0).Distinct().Order().Select(l => l.ToString(CultureInfo.InvariantCulture)));
        string sha = lineage?.ScriptSha is { } known ? $", sha256 {known[..12]}…" : "";
        return $"{what}{(lines.Length > 0 ? $", line {lines}" : "")}{sha}{(run["watermark"] is null ? "" : ", from its watermark on")}";
    }

    private static string OfMove(JsonObject settings)
    {
        JsonNode? source = settings["source"];
        JsonNode? target = settings["target"];
        string strategy = target?["merge_strategy"] is { } merge ? $" ({merge})" : "";
        string rule = $"{source?["replication_method"]}, {target?["write_disposition"]}{strategy}, deletes {target?["delete_mode"]}";
        string[] mappings = [.. (settings["columns"] as JsonArray ?? []).OfType<JsonObject>().Select(Mapping)];
        return mappings.Length == 0 ? rule : $"{rule}; {string.Join(", ", mappings)}";
    }

    private static string Mapping(JsonObject column)
    {
        string from = column["from"]?.ToString() ?? $"'{column["constant"]}'";
        string how = string.Concat(
            column["drop"] is not null ? " left out" : "",
            column["to"] is { } to ? $" → {to}" : "",
            column["cast"] is { } cast ? $" as {cast}" : "",
            column["mask"] is { } mask ? $" masked ({mask})" : "");
        return from + how;
    }
}
