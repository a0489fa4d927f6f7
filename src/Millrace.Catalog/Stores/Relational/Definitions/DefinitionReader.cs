using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Millrace.Catalog.Connections;
using Millrace.Catalog.Jobs;

namespace Millrace.Catalog.Stores.Relational.Definitions;

/// <summary>Reads the definitions that are in force out of their tables.</summary>
internal static class DefinitionReader
{
    private static readonly string Task = string.Join(", ", TaskRow.Columns.Select(c => $"t.\"{c.Name}\""));
    private static readonly string Job = string.Join(", ", JobRow.Columns.Select(c => $"j.\"{c.Name}\""));
    private static readonly string Mapping = string.Join(", ", TaskRow.MappingColumns.Select(c => $"m.\"{c.Name}\""));

    /// <summary>All of them.</summary>
    public static async ValueTask<Jobs.Definitions> ReadAsync(CatalogTransaction transaction) => new(
        await transaction.NumberAsync("SELECT max(version) FROM metadata.definition_versions").ConfigureAwait(false),
        await ConnectionsAsync(transaction).ConfigureAwait(false),
        await JobsAsync(transaction).ConfigureAwait(false),
        await TasksAsync(transaction).ConfigureAwait(false));

    private static async ValueTask<ImmutableArray<CatalogConnection>> ConnectionsAsync(CatalogTransaction transaction)
    {
        List<ConnectionRow> rows = await transaction.QueryAsync(
            """
            SELECT c.name, c.data_source, s.type
            FROM metadata.connections c
            JOIN metadata.data_sources s ON s.name = c.data_source
            WHERE c.removed_version IS NULL
            ORDER BY c.name
            """,
            row => new ConnectionRow(row.Text(0), row.Text(1), row.Text(2), [])).ConfigureAwait(false);
        var byName = rows.ToDictionary(r => r.Name, StringComparer.Ordinal);
        foreach ((string name, SettingRow setting) in await transaction.QueryAsync(
            """
            SELECT s.connection_name, s.setting, s.value, s.value_type
            FROM metadata.connection_settings s
            JOIN metadata.connections c ON c.name = s.connection_name
            WHERE c.removed_version IS NULL
            ORDER BY s.connection_name, s.setting
            """,
            row => (row.Text(0), new SettingRow(row.Text(1), row.TextOrNull(2), row.Text(3)))).ConfigureAwait(false))
        {
            byName[name].Settings.Add(setting);
        }

        return [.. rows.Select(r => new CatalogConnection(r.Name, r.Type, r.Compose()))];
    }

    private static async ValueTask<ImmutableArray<CatalogJob>> JobsAsync(CatalogTransaction transaction)
    {
        List<JobRow> rows = await transaction.QueryAsync(
            $"SELECT j.name, {Job} FROM metadata.jobs j WHERE j.removed_version IS NULL ORDER BY j.name",
            row => new JobRow(row.Text(0), Values(row, JobRow.Columns, 1), [])).ConfigureAwait(false);
        var byName = rows.ToDictionary(r => r.Name, StringComparer.Ordinal);
        foreach ((string name, string next) in await transaction.QueryAsync(
            """
            SELECT s.job_name, s.next_job
            FROM metadata.job_successors s
            JOIN metadata.jobs j ON j.name = s.job_name
            WHERE j.removed_version IS NULL
            ORDER BY s.job_name, s."position"
            """,
            row => (row.Text(0), row.Text(1))).ConfigureAwait(false))
        {
            byName[name].Successors.Add(next);
        }

        return [.. rows.Select(r => new CatalogJob(r.Name, r.Values[0]!.GetValue<bool>(), r.Compose()))];
    }

    private static async ValueTask<ImmutableArray<CatalogTask>> TasksAsync(CatalogTransaction transaction)
    {
        int settings = TaskRow.Columns.Length + 1;
        List<TaskRow> rows = await transaction.QueryAsync(
            $"""
            SELECT t.task_key, {Task}, t.settings, s."text"
            FROM metadata.tasks t
            LEFT JOIN metadata.scripts s ON s.path = t.script_path
            WHERE t.removed_version IS NULL
            ORDER BY t.job_name, t."position", t.task_key
            """,
            row => new TaskRow
            {
                Key = row.Text(0),
                Values = Values(row, TaskRow.Columns, 1),
                Settings = (JsonObject)JsonNode.Parse(row.Text(settings))!,
                ScriptText = row.TextOrNull(settings + 1),
            }).ConfigureAwait(false);
        var byKey = rows.ToDictionary(r => r.Key, StringComparer.Ordinal);
        await AddPartsAsync(transaction, byKey).ConfigureAwait(false);
        return [.. rows.Select(Compose)];
    }

    private static async ValueTask AddPartsAsync(CatalogTransaction transaction, Dictionary<string, TaskRow> tasks)
    {
        foreach ((string key, string name, bool isExcluded) in await transaction.QueryAsync(
            OfTasks("datasets", "m.name, m.excluded"), row => (row.Text(0), row.Text(1), row.Bool(2))).ConfigureAwait(false))
        {
            (isExcluded ? tasks[key].Excluded : tasks[key].Datasets).Add(name);
        }

        foreach ((string key, JsonNode?[] values) in await transaction.QueryAsync(
            OfTasks("column_mappings", Mapping), row => (row.Text(0), Values(row, TaskRow.MappingColumns, 1))).ConfigureAwait(false))
        {
            tasks[key].Mappings.Add(values);
        }

        foreach ((string key, string needs) in await transaction.QueryAsync(
            OfTasks("task_dependencies", "m.needs"), row => (row.Text(0), row.Text(1))).ConfigureAwait(false))
        {
            tasks[key].Needs.Add(needs);
        }

        foreach ((string key, ParameterRow parameter) in await transaction.QueryAsync(
            OfTasks("task_parameters", "m.name, m.value, m.value_type"),
            row => (row.Text(0), new ParameterRow(row.Text(1), row.TextOrNull(2), row.Text(3)))).ConfigureAwait(false))
        {
            tasks[key].Parameters.Add(parameter);
        }
    }

    private static string OfTasks(string table, string columns) =>
        $"""
        SELECT m.task_key, {columns}
        FROM metadata.{table} m
        JOIN metadata.tasks t ON t.task_key = m.task_key
        WHERE t.removed_version IS NULL
        ORDER BY m.task_key, m."position"
        """;

    private static CatalogTask Compose(TaskRow row)
    {
        (string definition, string? misplaced) = row.Compose();
        return new(
            row.Key,
            row["job_name"]!.ToString(),
            row["name"]!.ToString(),
            row["step"]!.ToString(),
            (int)row["position"]!.GetValue<long>(),
            row["enabled"]!.GetValue<bool>(),
            definition) { Misplaced = misplaced };
    }

    private static JsonNode?[] Values(SqlRow row, ImmutableArray<DefinitionColumn> columns, int from)
    {
        var values = new JsonNode?[columns.Length];
        for (int i = 0; i < columns.Length; i++)
        {
            values[i] = columns[i].Read(row, from + i);
        }

        return values;
    }
}
