using Millrace.Catalog.Jobs;

namespace Millrace.Catalog.Stores.Relational.Definitions;

/// <summary>Writes tasks into their tables, as of one version.</summary>
/// <param name="transaction">The transaction.</param>
/// <param name="stamp">The versions that the rows are marked with.</param>
internal sealed class TaskWriter(CatalogTransaction transaction, VersionStamp stamp)
{
    private static readonly RowStatements Tasks = new("tasks", "task_key", [.. TaskRow.Columns.Select(c => c.Name), "settings"]);
    private static readonly RowStatements Procedures = new("procedures", "name", []);
    private static readonly string[] Parts = ["datasets", "column_mappings", "task_dependencies", "task_parameters"];

    private static readonly string InsertMapping =
        $"""
        INSERT INTO metadata.column_mappings (task_key, "position", {string.Join(", ", TaskRow.MappingColumns.Select(c => $"\"{c.Name}\""))})
        VALUES (@key, @position, {string.Join(", ", TaskRow.MappingColumns.Select(c => $"@{c.Name}"))})
        """;

    /// <summary>Takes names and orders from tasks that are about to be written, so that two may exchange theirs.</summary>
    public async ValueTask ParkAsync(IEnumerable<CatalogTask> tasks)
    {
        foreach (CatalogTask task in tasks)
        {
            // No task's name begins with a slash.
            await transaction.ExecuteAsync(
                "UPDATE metadata.tasks SET name = @name, run_order = NULL WHERE task_key = @key", ("@name", "/" + task.Key), ("@key", task.Key)).ConfigureAwait(false);
        }
    }

    /// <summary>Writes a task with all that belongs to it.</summary>
    public async ValueTask WriteAsync(CatalogTask task)
    {
        TaskRow row = TaskRow.Of(task.Key, task.Definition);
        if (row["script_path"] is { } path)
        {
            await new ScriptWriter(transaction, stamp).WriteAsync(path.ToString(), row.ScriptText!).ConfigureAwait(false);
        }

        if (row["procedure_name"] is { } procedure && await transaction.NumberAsync(
            "SELECT count(*) FROM metadata.procedures p WHERE p.name = @name AND p.removed_version IS NULL",
            ("@name", procedure.ToString())).ConfigureAwait(false) == 0)
        {
            await Procedures.WriteAsync(transaction, stamp, procedure.ToString()).ConfigureAwait(false);
        }

        object?[] values = [.. TaskRow.Columns.Select((c, i) => c.Bound(row.Values[i])), row.Settings.ToJsonString(DefinitionText.Format)];
        await Tasks.WriteAsync(transaction, stamp, task.Key, values).ConfigureAwait(false);
        await WritePartsAsync(row).ConfigureAwait(false);
    }

    private async ValueTask WritePartsAsync(TaskRow row)
    {
        foreach (string table in Parts)
        {
            await transaction.ExecuteAsync($"DELETE FROM metadata.{table} WHERE task_key = @key", ("@key", row.Key)).ConfigureAwait(false);
        }

        await WriteDatasetsAsync(row.Key, row.Datasets, isExcluded: false).ConfigureAwait(false);
        await WriteDatasetsAsync(row.Key, row.Excluded, isExcluded: true).ConfigureAwait(false);
        for (int i = 0; i < row.Mappings.Count; i++)
        {
            (string Name, object? Value)[] values =
            [
                ("@key", row.Key), ("@position", i),
                .. TaskRow.MappingColumns.Select((c, j) => ($"@{c.Name}", c.Bound(row.Mappings[i][j]) ?? (c.Name == "mask" ? "none" : null))),
            ];
            await transaction.ExecuteAsync(InsertMapping, values).ConfigureAwait(false);
        }

        for (int i = 0; i < row.Needs.Count; i++)
        {
            await transaction.ExecuteAsync(
                """
                INSERT INTO metadata.task_dependencies (task_key, "position", needs) VALUES (@key, @position, @needs)
                """,
                ("@key", row.Key), ("@position", i), ("@needs", row.Needs[i])).ConfigureAwait(false);
        }

        for (int i = 0; i < row.Parameters.Count; i++)
        {
            ParameterRow parameter = row.Parameters[i];
            await transaction.ExecuteAsync(
                """
                INSERT INTO metadata.task_parameters (task_key, "position", name, value, value_type) VALUES (@key, @position, @name, @value, @type)
                """,
                ("@key", row.Key), ("@position", i), ("@name", parameter.Name), ("@value", parameter.Value), ("@type", parameter.Type)).ConfigureAwait(false);
        }
    }

    private async ValueTask WriteDatasetsAsync(string key, List<string> names, bool isExcluded)
    {
        for (int i = 0; i < names.Count; i++)
        {
            await transaction.ExecuteAsync(
                """
                INSERT INTO metadata.datasets (task_key, "position", name, excluded) VALUES (@key, @position, @name, @excluded)
                """,
                ("@key", key), ("@position", i), ("@name", names[i]), ("@excluded", isExcluded)).ConfigureAwait(false);
        }
    }
}
