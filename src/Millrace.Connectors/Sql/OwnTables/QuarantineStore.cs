using Millrace.Core.Batches;
using Millrace.Core.Contracts;
using Millrace.Core.Errors;
using Millrace.Core.Schemas;

namespace Millrace.Connectors.Sql.OwnTables;

/// <summary>Writes, lists and removes quarantined rows.</summary>
internal sealed class QuarantineStore(SqlDialect dialect, SystemTables system, SchemaReader reader)
{
    private const int RowsPerStatement = 200;

    /// <summary>Writes rows, each with its generation, inside the load's transaction.</summary>
    public async ValueTask WriteAsync(
        SqlChannel channel, WriteRequest request, IEnumerable<(RejectedRow Row, int Generation)> rows, DateTimeOffset now, CancellationToken cancellationToken)
    {
        foreach ((RejectedRow Row, int Generation)[] chunk in rows.Chunk(RowsPerStatement))
        {
            IEnumerable<string> values = chunk.Select(r => dialect.Row(
                request.TaskKey, request.RunId, r.Row.Table.Schema, r.Row.Table.Name, r.Row.Position, r.Row.Code.Id, r.Row.Reason, r.Row.Raw, now, r.Generation));
            await channel.ExecuteAsync(
                $"""
                INSERT INTO {system.Quarantine} (
                  task_key, run_id, table_schema, table_name, "position", code, reason, raw, quarantined_at, generation)
                VALUES {string.Join(",\n  ", values)}
                """,
                cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Rows, oldest first.</summary>
    public ValueTask<IReadOnlyList<QuarantinedRow>> ListAsync(SqlChannel channel, string? taskKey, int limit, CancellationToken cancellationToken) =>
        ReadAsync(channel, taskKey is null ? "" : $"WHERE task_key = {dialect.Literal(taskKey)}", limit, cancellationToken);

    /// <summary>A task's rows with these ids.</summary>
    public async ValueTask<IReadOnlyList<QuarantinedRow>> FindAsync(
        SqlChannel channel, string taskKey, IReadOnlyList<long> ids, CancellationToken cancellationToken) => ids.Count == 0
        ? []
        : await ReadAsync(
            channel, $"WHERE task_key = {dialect.Literal(taskKey)} AND id IN ({string.Join(", ", ids.Select(i => dialect.Literal(i)))})", ids.Count, cancellationToken)
            .ConfigureAwait(false);

    private async ValueTask<IReadOnlyList<QuarantinedRow>> ReadAsync(SqlChannel channel, string where, int limit, CancellationToken cancellationToken)
    {
        IReadOnlyList<SqlRow> rows = await channel.QueryAsync(
            dialect.First(
                limit,
                $"""
                id, task_key, run_id, table_schema, table_name, "position", code, reason, raw,
                  {dialect.EpochMicroseconds("quarantined_at")},
                  {(reader.LayoutVersion < SystemLayout.QuarantineGeneration ? "NULL" : "generation")}
                """,
                $"""
                FROM {system.Quarantine}
                {where}
                ORDER BY id
                """),
            cancellationToken).ConfigureAwait(false);
        return [.. rows.Select(r => new QuarantinedRow(
            r.Long(0),
            r.Text(1),
            r.Long(2),
            new(new TableId(r.Text(3), r.Text(4)), r.Text(5), CodeOf(r.Text(6)), r.Text(7), r.TextOrNull(8)),
            DateTimeOffset.UnixEpoch.AddTicks(r.Long(9) * TimeSpan.TicksPerMicrosecond))
        {
            Generation = r.TextOrNull(10) is null ? null : r.Int(10),
        })];
    }

    /// <summary>Replaces why a row stays.</summary>
    public string SetReason(long id, ErrorCode code, string reason) =>
        $"UPDATE {system.Quarantine} SET code = {dialect.Literal(code.Id)}, reason = {dialect.Literal(reason)} WHERE id = {dialect.Literal(id)}";

    /// <summary>Notes that a task's rows of a table are of before all that the table holds.</summary>
    public string Outdate(string taskKey, TableId table) =>
        $"UPDATE {system.Quarantine} SET generation = {dialect.Literal(QuarantinedRow.BeforeAll)} WHERE task_key = {dialect.Literal(taskKey)} AND {system.Names(table)}";

    /// <summary>Removes rows that are chosen, and says how many.</summary>
    public ValueTask<long> RemoveAsync(SqlChannel channel, QuarantineChoice choice, CancellationToken cancellationToken) => channel.ExecuteAsync(
        $"""
        DELETE FROM {system.Quarantine}
        WHERE task_key = {dialect.Literal(choice.TaskKey)}
          {(choice.Table is { } table ? "AND " + system.Names(table) : "")}
          {(choice.Ids is { } ids ? $"AND id IN ({string.Join(", ", ids.Select(dialect.Literal))})" : "")}
        """,
        cancellationToken);

    /// <summary>Removes rows.</summary>
    public string Remove(IReadOnlyList<long> ids) =>
        $"DELETE FROM {system.Quarantine} WHERE id IN ({string.Join(", ", ids.Select(dialect.Literal))})";

    // The code's own text is all that a listing needs; what it means stands in the reference.
    private static ErrorCode CodeOf(string id) => new(id, "", ErrorKind.Run);
}
