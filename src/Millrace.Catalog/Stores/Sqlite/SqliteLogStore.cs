using Millrace.Catalog.Logs;
using Millrace.Core.Config.Options;

namespace Millrace.Catalog.Stores.Sqlite;

internal sealed class SqliteLogStore(SqliteSession session) : ILogStore
{
    public ValueTask<long> OpenAsync(long runId, long? taskRunId, CancellationToken cancellationToken) => session.WriteAsync(
        s => s.Number(
            "INSERT INTO log_headers (run_id, task_run_id, opened_at) VALUES (@run, @task, @at) RETURNING log_id",
            ("@run", runId), ("@task", taskRunId), ("@at", SqliteSession.Text(s.Now))),
        cancellationToken);

    public ValueTask AppendAsync(long logId, IReadOnlyList<LogLine> lines, CancellationToken cancellationToken) => session.WriteAsync(
        s =>
        {
            foreach (LogLine line in lines)
            {
                s.Execute(
                    """
                    INSERT INTO log_lines (log_id, sequence, at, level, message, context, rows)
                    VALUES (@log, @sequence, @at, @level, @message, @context, @rows)
                    """,
                    ("@log", logId), ("@sequence", line.Sequence), ("@at", SqliteSession.Text(line.At)), ("@level", SnakeCase.Of(line.Level)),
                    ("@message", line.Message), ("@context", line.Context), ("@rows", line.Rows));
            }
        },
        cancellationToken);

    public async ValueTask<IReadOnlyList<LogEntry>> ReadAsync(long runId, int limit, CancellationToken cancellationToken) =>
        await session.ReadAsync(
            s => s.Query(
                """
                SELECT h.task_run_id, t.task_name, l.sequence, l.at, l.level, l.message, l.context, l.rows
                FROM log_headers h
                JOIN log_lines l ON l.log_id = h.log_id
                LEFT JOIN task_runs t ON t.task_run_id = h.task_run_id
                WHERE h.run_id = @run
                ORDER BY l.at, h.log_id, l.sequence
                LIMIT @limit
                """,
                row => new LogEntry(
                    row.IsDBNull(0) ? null : row.GetInt64(0),
                    SqliteSession.TextOrNull(row, 1),
                    new(
                        row.GetInt64(2),
                        SqliteSession.Parse(row.GetString(3)),
                        Enum.Parse<LogLevel>(row.GetString(4), ignoreCase: true),
                        row.GetString(5))
                    {
                        Context = SqliteSession.TextOrNull(row, 6),
                        Rows = row.IsDBNull(7) ? null : row.GetInt64(7),
                    }),
                ("@run", runId), ("@limit", limit)),
            cancellationToken).ConfigureAwait(false);
}
