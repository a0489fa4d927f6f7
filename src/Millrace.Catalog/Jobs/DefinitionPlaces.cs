using System.Globalization;
using System.Text.RegularExpressions;
using Millrace.Catalog.Stores.Relational.Definitions;

namespace Millrace.Catalog.Jobs;

/// <summary>Where a setting of a definition stands in the catalog's tables, for people: <c>catalog: metadata.tasks 'load/orders', column enabled</c>.</summary>
internal static partial class DefinitionPlaces
{
    /// <summary>Of a connection's setting.</summary>
    public static string OfConnection(string name, string dataSource, string path) => path switch
    {
        "" => Row("connections", name),
        "type" => Column("data_sources", dataSource, "type"),
        "data_source" => Column("connections", name, path),
        _ => $"{Row("connection_settings", name)}, setting {path}",
    };

    /// <summary>Of a job's setting.</summary>
    public static string OfJob(string name, string path) =>
        path.Length == 0 ? Row("jobs", name)
        : path.StartsWith("on_success", StringComparison.Ordinal) ? Row("job_successors", name)
        : Column("jobs", name, JobRow.Columns.FirstOrDefault(c => c.Path == path)?.Name ?? path);

    /// <summary>Of a task's setting.</summary>
    /// <param name="key">The task's stable id.</param>
    /// <param name="script">The script that it runs, or null.</param>
    /// <param name="path">The setting.</param>
    public static string OfTask(string key, string? script, string path)
    {
        if (path is "" or "source" or "target" or "run" or "limits")
        {
            return Row("tasks", key);
        }

        if (path is "id" or "settings")
        {
            return Column("tasks", key, path == "id" ? "task_key" : path);
        }

        if (path == "run.sql" && script is not null)
        {
            return Column("scripts", script, "text");
        }

        if (TaskRow.Columns.FirstOrDefault(c => c.Path == path) is { } column)
        {
            return Column("tasks", key, column.Name);
        }

        return PartOf(key, path) ?? $"{Column("tasks", key, "settings")}, {path}";
    }

    private static string? PartOf(string key, string path)
    {
        Match item = Item().Match(path);
        string position = item.Groups["position"].Value;
        string at = position.Length == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $", position {position}");
        return item.Groups["list"].Value switch
        {
            "source.dataset" or "source.exclude" => Row("datasets", key) + at,
            "depends_on" => Row("task_dependencies", key) + at,
            "columns" => $"{Row("column_mappings", key)}{at}{MappingColumn(item.Groups["rest"].Value)}",
            _ when path.StartsWith("run.parameters", StringComparison.Ordinal) =>
                Row("task_parameters", key) + (path.Length > "run.parameters.".Length ? $", name {path["run.parameters.".Length..]}" : ""),
            _ => null,
        };
    }

    private static string MappingColumn(string setting) =>
        TaskRow.MappingColumns.FirstOrDefault(c => c.Path == setting) is { } column ? $", column {column.Name}" : "";

    private static string Row(string table, string key) => $"catalog: metadata.{table} '{key}'";

    private static string Column(string table, string key, string column) => $"{Row(table, key)}, column {column}";

    [GeneratedRegex(@"^(?<list>source\.dataset|source\.exclude|depends_on|columns)(?:\[(?<position>\d+)\](?:\.(?<rest>.*))?)?$", RegexOptions.CultureInvariant)]
    private static partial Regex Item();
}
