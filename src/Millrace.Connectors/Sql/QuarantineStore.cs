using Millrace.Core.Batches;
using Millrace.Core.Contracts;
using Millrace.Core.Errors;
using Millrace.Core.Schemas;

namespace Millrace.Connectors.Sql;

/// <summary>Writes, lists and removes quarantined rows.</summary>
internal sealed class QuarantineStore(SqlDialect dialect, SystemTables system)
{
    private const int RowsPerStatement = 200;

    /// <summary>Writes rows, inside the load's transaction.</summary>
    public async ValueTask WriteAsync(
        SqlChannel channel, WriteRequest request, IReadOnlyCollection<RejectedRow> rows, DateTimeOffset now, CancellationToken cancellationToken)
    {
        foreach (RejectedRow[] chunk in rows.Chunk(RowsPerStatement))
        {
            IEnumerable<string> values = chunk.Select(r =>
                dialect.Row(request.TaskKey, request.RunId, r.Table.Schema, r.Table.Name, r.Position, r.Code.Id, r.Reason, r.Raw, now));
            await channel.ExecuteAsync(
                $"""
                INSERT INTO {system.Quarantine} (
                  task_key, run_id, table_schema, table_name, "position", code, reason, raw, quarantined_at)
                VALUES {string.Join(",\n  ", values)}
                """,
                cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Rows, oldest first.</summary>
    public async ValueTask<IReadOnlyList<QuarantinedRow>> ListAsync(
        SqlChannel channel, string? taskKey, int limit, CancellationToken cancellationToken)
    {
        IReadOnlyList<SqlRow> rows = await channel.QueryAsync(
            $"""
            SELECT id, task_key, run_id, table_schema, table_name, "position", code, reason, raw,
              CAST(extract(epoch FROM quarantined_at) * 1000000 AS bigint)
            FROM {system.Quarantine}
            {(taskKey is null ? "" : $"WHERE task_key = {dialect.Literal(taskKey)}")}
            ORDER BY id
            LIMIT {dialect.Literal(limit)}
            """,
            cancellationToken).ConfigureAwait(false);
        return [.. rows.Select(r => new QuarantinedRow(
            r.Long(0),
            r.Text(1),
            r.Long(2),
            new(new TableId(r.Text(3), r.Text(4)), r.Text(5), CodeOf(r.Text(6)), r.Text(7), r.TextOrNull(8)),
            DateTimeOffset.UnixEpoch.AddTicks(r.Long(9) * TimeSpan.TicksPerMicrosecond)))];
    }

    /// <summary>Replaces why a row stays.</summary>
    public string SetReason(long id, ErrorCode code, string reason) =>
        $"UPDATE {system.Quarantine} SET code = {dialect.Literal(code.Id)}, reason = {dialect.Literal(reason)} WHERE id = {dialect.Literal(id)}";

    /// <summary>Removes rows.</summary>
    public string Remove(IReadOnlyList<long> ids) =>
        $"DELETE FROM {system.Quarantine} WHERE id IN ({string.Join(", ", ids.Select(dialect.Literal))})";

    // The code's own text is all that a listing needs; what it means stands in the reference.
    private static ErrorCode CodeOf(string id) => new(id, "", ErrorKind.Run);
}
