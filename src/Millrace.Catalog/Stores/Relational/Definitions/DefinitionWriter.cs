using Millrace.Catalog.Connections;
using Millrace.Catalog.Jobs;

namespace Millrace.Catalog.Stores.Relational.Definitions;

/// <summary>
/// Writes connections and jobs into their tables, as of one version. What was there once, removed or not, keeps its row; the lock on definitions keeps
/// others from adding it in between.
/// </summary>
/// <param name="transaction">The transaction.</param>
/// <param name="stamp">The versions that the rows are marked with.</param>
internal sealed class DefinitionWriter(CatalogTransaction transaction, VersionStamp stamp)
{
    private static readonly RowStatements Jobs = new("jobs", "name", [.. JobRow.Columns.Select(c => c.Name)]);
    private static readonly RowStatements Connections = new("connections", "name", ["data_source"]);
    private static readonly RowStatements DataSources = new("data_sources", "name", ["type"]);

    /// <summary>Writes a connection and the data source that it belongs to.</summary>
    public async ValueTask WriteAsync(CatalogConnection connection)
    {
        ConnectionRow row = ConnectionRow.Of(connection.Name, connection.Definition);
        if (await transaction.NumberAsync(
            "SELECT count(*) FROM metadata.data_sources s WHERE s.name = @name AND s.type = @type AND s.removed_version IS NULL",
            ("@name", row.DataSource), ("@type", row.Type)).ConfigureAwait(false) == 0)
        {
            await DataSources.WriteAsync(transaction, stamp, row.DataSource, row.Type).ConfigureAwait(false);
        }

        await Connections.WriteAsync(transaction, stamp, row.Name, row.DataSource).ConfigureAwait(false);
        await transaction.ExecuteAsync("DELETE FROM metadata.connection_settings WHERE connection_name = @name", ("@name", row.Name)).ConfigureAwait(false);
        foreach (SettingRow setting in row.Settings)
        {
            await transaction.ExecuteAsync(
                """
                INSERT INTO metadata.connection_settings (connection_name, setting, value, value_type)
                VALUES (@name, @setting, @value, @type)
                """,
                ("@name", row.Name), ("@setting", setting.Setting), ("@value", setting.Value), ("@type", setting.Type)).ConfigureAwait(false);
        }
    }

    /// <summary>Writes a job, without the jobs that it starts.</summary>
    public ValueTask WriteAsync(CatalogJob job)
    {
        JobRow row = JobRow.Of(job.Name, job.Definition);
        return Jobs.WriteAsync(transaction, stamp, row.Name, [.. JobRow.Columns.Select((c, i) => c.Bound(row.Values[i]))]);
    }

    /// <summary>Writes the jobs that a job starts; all are there by now.</summary>
    public async ValueTask WriteSuccessorsAsync(CatalogJob job)
    {
        await transaction.ExecuteAsync("DELETE FROM metadata.job_successors WHERE job_name = @name", ("@name", job.Name)).ConfigureAwait(false);
        int position = 0;
        foreach (string next in JobRow.Of(job.Name, job.Definition).Successors)
        {
            await transaction.ExecuteAsync(
                """
                INSERT INTO metadata.job_successors (job_name, "position", next_job) VALUES (@name, @position, @next)
                """,
                ("@name", job.Name), ("@position", position++), ("@next", next)).ConfigureAwait(false);
        }
    }

    /// <summary>Marks what is there no more.</summary>
    public async ValueTask RemoveAsync(DefinitionChange removed) => await transaction.ExecuteAsync(
        removed.Subject switch
        {
            "connection" => "UPDATE metadata.connections SET removed_version = @version WHERE name = @name",
            "job" => "UPDATE metadata.jobs SET removed_version = @version WHERE name = @name",
            _ => "UPDATE metadata.tasks SET removed_version = @version WHERE task_key = @name",
        },
        ("@version", stamp.Changed), ("@name", removed.Name)).ConfigureAwait(false);

    /// <summary>Marks data sources, scripts and procedures that nothing uses any more.</summary>
    public async ValueTask RemoveUnusedAsync()
    {
        foreach (string statement in (string[])
            [
                """
                UPDATE metadata.data_sources
                SET removed_version = @version
                WHERE removed_version IS NULL
                    AND NOT EXISTS (SELECT 1 FROM metadata.connections c WHERE c.data_source = data_sources.name AND c.removed_version IS NULL)
                """,
                """
                UPDATE metadata.scripts
                SET removed_version = @version
                WHERE removed_version IS NULL
                    AND NOT EXISTS (SELECT 1 FROM metadata.tasks t WHERE t.script_path = scripts.path AND t.removed_version IS NULL)
                """,
                """
                UPDATE metadata.procedures
                SET removed_version = @version
                WHERE removed_version IS NULL
                    AND NOT EXISTS (SELECT 1 FROM metadata.tasks t WHERE t.procedure_name = procedures.name AND t.removed_version IS NULL)
                """,
            ])
        {
            await transaction.ExecuteAsync(statement, ("@version", stamp.Changed)).ConfigureAwait(false);
        }
    }
}
