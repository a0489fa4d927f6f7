using Millrace.Catalog.Runs;
using Millrace.Core.Contracts;
using Millrace.Core.Engine;

namespace Millrace.Catalog.Stores.Relational;

/// <summary>What a task run did: its counts, and the rows of its tables and new columns.</summary>
internal static class OutcomeRows
{
    /// <summary>Stores it. Doing so again gives the same rows.</summary>
    public static async ValueTask WriteAsync(CatalogTransaction transaction, long taskRunId, TaskOutcome outcome)
    {
        await WriteCountsAsync(transaction, taskRunId, outcome).ConfigureAwait(false);
        await transaction.ExecuteAsync("DELETE FROM metadata.task_run_tables WHERE task_run_id = @id", ("@id", taskRunId)).ConfigureAwait(false);
        await transaction.ExecuteAsync("DELETE FROM metadata.schema_changes WHERE task_run_id = @id", ("@id", taskRunId)).ConfigureAwait(false);
        foreach (IGrouping<string, TableOutcome> table in outcome.Tables.GroupBy(t => t.Table.ToString(), StringComparer.Ordinal))
        {
            await transaction.ExecuteAsync(
                """
                INSERT INTO metadata.task_run_tables (task_run_id, table_name, upserted, deleted)
                VALUES (@id, @table, @upserted, @deleted)
                """,
                ("@id", taskRunId), ("@table", table.Key), ("@upserted", table.Sum(t => t.Upserted)), ("@deleted", table.Sum(t => t.Deleted)))
                .ConfigureAwait(false);
        }

        for (int i = 0; i < outcome.NewColumns.Length; i++)
        {
            await transaction.ExecuteAsync(
                """
                INSERT INTO metadata.schema_changes (task_run_id, "sequence", "change") VALUES (@id, @sequence, @change)
                """,
                ("@id", taskRunId), ("@sequence", i + 1), ("@change", outcome.NewColumns[i])).ConfigureAwait(false);
        }
    }

    /// <summary>Adds to each record what is stored of its tables and new columns.</summary>
    public static async ValueTask<List<TaskRunRecord>> CompleteAsync(CatalogTransaction transaction, List<TaskRunRecord> records)
    {
        for (int i = 0; i < records.Count; i++)
        {
            long id = records[i].TaskRunId;
            List<(string, long, long)> tables = await transaction.QueryAsync(
                "SELECT table_name, upserted, deleted FROM metadata.task_run_tables WHERE task_run_id = @id ORDER BY table_name",
                row => (row.Text(0), row.Long(1), row.Long(2)),
                ("@id", id)).ConfigureAwait(false);
            List<string> columns = await transaction.QueryAsync(
                """
                SELECT "change" FROM metadata.schema_changes WHERE task_run_id = @id ORDER BY "sequence"
                """,
                row => row.Text(0),
                ("@id", id)).ConfigureAwait(false);
            records[i] = records[i] with { Tables = [.. tables], NewColumns = [.. columns] };
        }

        return records;
    }

    private static async ValueTask WriteCountsAsync(CatalogTransaction transaction, long taskRunId, TaskOutcome outcome) =>
        await transaction.ExecuteAsync(
            """
            UPDATE metadata.task_runs
            SET "generation" = @generation, "rows" = @rows, "bytes" = @bytes, "loads" = @loads, "quarantined" = @quarantined,
                discarded_rows = @discarded_rows, discarded_values = @discarded_values, limit_reached = @reached,
                read_ms = @read, shape_ms = @shape, write_ms = @write
            WHERE task_run_id = @id
            """,
            ("@generation", outcome.Generation), ("@rows", outcome.Rows), ("@bytes", outcome.Bytes), ("@loads", outcome.Loads),
            ("@quarantined", outcome.Quarantined), ("@discarded_rows", outcome.DiscardedRows), ("@discarded_values", outcome.DiscardedValues),
            ("@reached", outcome.LimitReached), ("@read", (long)outcome.Stages.Read.TotalMilliseconds),
            ("@shape", (long)outcome.Stages.Shape.TotalMilliseconds), ("@write", (long)outcome.Stages.Write.TotalMilliseconds),
            ("@id", taskRunId)).ConfigureAwait(false);
}
