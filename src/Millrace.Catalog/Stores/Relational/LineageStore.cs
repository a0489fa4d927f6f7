using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using Millrace.Catalog.Lineage;
using Millrace.Core.Config.Options;
using Millrace.Core.Lineage;

namespace Millrace.Catalog.Stores.Relational;

internal sealed class LineageStore(CatalogSession session) : ILineageStore
{
    // Newest lineages of a task that are looked through for its tables.
    private const int MostLineages = 200;

    private const string SelectRuns =
        """
        SELECT t.task_run_id, t.run_id, t.task_key, r.job_name, t.task_name, t."step", l.lineage_id, l.script, l.script_sha256
        FROM metadata.task_runs t
        JOIN metadata.runs r ON r.run_id = t.run_id
        JOIN metadata.task_run_lineages x ON x.task_run_id = t.task_run_id
        JOIN metadata.lineages l ON l.lineage_id = x.lineage_id
        """;

    public ValueTask RecordAsync(long taskRunId, TaskLineage lineage, CancellationToken cancellationToken) => session.WriteAsync(
        async transaction =>
        {
            string sha = ShaOf(lineage);

            // Two that did the same at once make it once.
            await transaction.LockAsync("lineage").ConfigureAwait(false);
            long id = await transaction.NumberAsync("SELECT lineage_id FROM metadata.lineages WHERE sha256 = @sha", ("@sha", sha)).ConfigureAwait(false);
            if (id == 0)
            {
                id = await WriteAsync(transaction, sha, lineage).ConfigureAwait(false);
            }

            await transaction.ExecuteAsync("DELETE FROM metadata.task_run_lineages WHERE task_run_id = @id", ("@id", taskRunId)).ConfigureAwait(false);
            await transaction.ExecuteAsync(
                "INSERT INTO metadata.task_run_lineages (task_run_id, lineage_id) VALUES (@id, @lineage)", ("@id", taskRunId), ("@lineage", id)).ConfigureAwait(false);
        },
        cancellationToken,
        isRepeatable: true);

    public async ValueTask<IReadOnlyList<TaskLineage>> OfRunAsync(long runId, CancellationToken cancellationToken) => await session.ReadAsync(
        async transaction =>
        {
            List<Found> found = await transaction.QueryAsync($"{SelectRuns} WHERE t.run_id = @run ORDER BY t.task_run_id", Map, ("@run", runId)).ConfigureAwait(false);
            List<TaskLineage> all = [];
            foreach (Found one in found)
            {
                all.Add(await CompleteAsync(transaction, one).ConfigureAwait(false));
            }

            return all;
        },
        cancellationToken).ConfigureAwait(false);

    public async ValueTask<IReadOnlyList<TaskLineage>> LatestAsync(string step, CancellationToken cancellationToken) => await session.ReadAsync(
        async transaction =>
        {
            List<Found> found = await transaction.QueryAsync(
                $"""
                {SelectRuns}
                JOIN (
                  SELECT max(y.task_run_id) AS task_run_id
                  FROM metadata.task_run_lineages y
                  JOIN metadata.task_runs u ON u.task_run_id = y.task_run_id
                  WHERE u."step" = @step
                  GROUP BY u.task_key, y.lineage_id) newest ON newest.task_run_id = t.task_run_id
                ORDER BY t.task_run_id DESC
                """,
                Map,
                ("@step", step)).ConfigureAwait(false);
            List<TaskLineage> all = [];
            foreach (IGrouping<string, Found> task in found.GroupBy(f => f.Lineage.TaskKey, StringComparer.Ordinal))
            {
                all.Add(await LatestOfAsync(transaction, [.. task.Take(MostLineages)]).ConfigureAwait(false));
            }

            return all;
        },
        cancellationToken).ConfigureAwait(false);

    public async ValueTask<IReadOnlyList<(long TaskRunId, TaskLineage Lineage)>> IntoAsync(
        string connection, string table, int limit, CancellationToken cancellationToken) => await session.ReadAsync(
        async transaction =>
        {
            List<Found> found = await transaction.QueryAsync(
                $"""
                {SelectRuns}
                WHERE EXISTS (SELECT 1 FROM metadata.lineage_edges e WHERE e.lineage_id = l.lineage_id AND e.target_connection = @connection AND e.target_table = @table)
                ORDER BY t.task_run_id DESC
                {transaction.Dialect.Limit}
                """,
                Map,
                ("@connection", connection), ("@table", table), ("@limit", limit)).ConfigureAwait(false);
            List<(long, TaskLineage)> all = [];
            foreach (Found one in found)
            {
                TaskLineage whole = await CompleteAsync(transaction, one).ConfigureAwait(false);
                all.Add((one.TaskRunId, whole with { Edges = [.. whole.Edges.Where(e => e.To.Connection == connection && e.To.Table == table)] }));
            }

            return all;
        },
        cancellationToken).ConfigureAwait(false);

    private static async ValueTask<long> WriteAsync(CatalogTransaction transaction, string sha, TaskLineage lineage)
    {
        long id = await transaction.InsertAsync(
            "metadata.lineages", "lineage_id", ("sha256", sha), ("script", lineage.Script), ("script_sha256", lineage.ScriptSha)).ConfigureAwait(false);
        for (int i = 0; i < lineage.Edges.Length; i++)
        {
            LineageEdge edge = lineage.Edges[i];
            await transaction.ExecuteAsync(
                """
                INSERT INTO metadata.lineage_edges (
                  lineage_id, "sequence", source_connection, source_table, source_column, target_connection, target_table, target_column, kind, origin, line, uncertain)
                VALUES (@id, @sequence, @from_connection, @from_table, @from_column, @to_connection, @to_table, @to_column, @kind, @origin, @line, @uncertain)
                """,
                ("@id", id), ("@sequence", i + 1), ("@from_connection", edge.From?.Connection), ("@from_table", edge.From?.Table), ("@from_column", edge.From?.Column),
                ("@to_connection", edge.To.Connection), ("@to_table", edge.To.Table), ("@to_column", edge.To.Column), ("@kind", SnakeCase.Of(edge.Kind)),
                ("@origin", SnakeCase.Of(edge.Origin)), ("@line", edge.Line), ("@uncertain", edge.IsUncertain)).ConfigureAwait(false);
        }

        for (int i = 0; i < lineage.Notes.Length; i++)
        {
            await transaction.ExecuteAsync(
                """
                INSERT INTO metadata.lineage_notes (lineage_id, "sequence", note) VALUES (@id, @sequence, @note)
                """,
                ("@id", id), ("@sequence", i + 1), ("@note", lineage.Notes[i])).ConfigureAwait(false);
        }

        return id;
    }

    // Newest first: what an older lineage says of a table that a newer one wrote is past.
    private static async ValueTask<TaskLineage> LatestOfAsync(CatalogTransaction transaction, IReadOnlyList<Found> newestFirst)
    {
        HashSet<LineageNode> known = [];
        List<LineageEdge> edges = [];
        foreach (Found found in newestFirst)
        {
            ImmutableArray<LineageEdge> of = (await CompleteAsync(transaction, found).ConfigureAwait(false)).Edges;
            edges.AddRange(of.Where(e => !known.Contains(e.To.OfTable)));
            known.UnionWith(of.Select(e => e.To.OfTable));
        }

        return newestFirst[0].Lineage with { Edges = [.. edges] };
    }

    private static async ValueTask<TaskLineage> CompleteAsync(CatalogTransaction transaction, Found found) => found.Lineage with
    {
        Edges =
        [
            .. await transaction.QueryAsync(
                """
                SELECT source_connection, source_table, source_column, target_connection, target_table, target_column, kind, origin, line, uncertain
                FROM metadata.lineage_edges
                WHERE lineage_id = @id
                ORDER BY "sequence"
                """,
                MapEdge,
                ("@id", found.LineageId)).ConfigureAwait(false),
        ],
        Notes =
        [
            .. await transaction.QueryAsync(
                """
                SELECT note FROM metadata.lineage_notes WHERE lineage_id = @id ORDER BY "sequence"
                """,
                row => row.Text(0),
                ("@id", found.LineageId)).ConfigureAwait(false),
        ],
    };

    private static LineageEdge MapEdge(SqlRow row) => new(
        row.IsNull(0) ? null : new(row.Text(0), row.Text(1), row.TextOrNull(2)),
        new(row.Text(3), row.Text(4), row.TextOrNull(5)),
        Enum.Parse<LineageKind>(row.Text(6), ignoreCase: true),
        Enum.Parse<LineageOrigin>(row.Text(7), ignoreCase: true))
    {
        Line = row.Int(8),
        IsUncertain = row.Bool(9),
    };

    private static Found Map(SqlRow row) => new(row.Long(0), row.Long(6), new(row.Text(2), row.Text(3), row.Text(4), row.Text(5))
    {
        RunId = row.Long(1),
        Script = row.TextOrNull(7),
        ScriptSha = row.TextOrNull(8),
    });

    private static string ShaOf(TaskLineage lineage)
    {
        var text = new StringBuilder().Append(lineage.Script).Append('\n').Append(lineage.ScriptSha).Append('\n');
        foreach (LineageEdge edge in lineage.Edges)
        {
            string[] parts =
            [
                edge.From?.Connection ?? "", edge.From?.Table ?? "", edge.From?.Column ?? "\0", edge.To.Connection, edge.To.Table, edge.To.Column ?? "\0",
                $"{edge.Kind} {edge.Origin} {edge.Line} {edge.IsUncertain}",
            ];
            text.AppendJoin('\u001f', parts).Append('\u001e');
        }

        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text.Append('\u001d').AppendJoin('\u001e', lineage.Notes).ToString())));
    }

    private sealed record Found(long TaskRunId, long LineageId, TaskLineage Lineage);
}
