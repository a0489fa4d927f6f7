using Millrace.Catalog.Logs;
using Millrace.Core.Config.Options;

namespace Millrace.Catalog.Stores.Relational;

internal sealed class LogStore(CatalogSession session) : ILogStore
{
    public ValueTask<long> OpenAsync(long runId, long? taskRunId, CancellationToken cancellationToken) => session.WriteAsync(
        async transaction => await transaction.InsertAsync(
            "metadata.log_headers",
            "log_id",
            ("run_id", runId), ("task_run_id", taskRunId), ("opened_at", await transaction.NowAsync().ConfigureAwait(false))).ConfigureAwait(false),
        cancellationToken);

    public ValueTask AppendAsync(long logId, IReadOnlyList<LogLine> lines, CancellationToken cancellationToken) => session.WriteAsync(
        async transaction =>
        {
            long last = transaction.IsRepeated
                ? await transaction.NumberAsync("SELECT max(sequence) FROM metadata.log_lines WHERE log_id = @log", ("@log", logId)).ConfigureAwait(false)
                : 0;
            foreach (LogLine line in lines.Where(l => l.Sequence > last))
            {
                await transaction.ExecuteAsync(
                    """
                    INSERT INTO metadata.log_lines ("log_id", "sequence", "at", "level", "message", "context", "rows")
                    VALUES (@log, @sequence, @at, @level, @message, @context, @rows)
                    """,
                    ("@log", logId), ("@sequence", line.Sequence), ("@at", line.At), ("@level", SnakeCase.Of(line.Level)),
                    ("@message", line.Message), ("@context", line.Context), ("@rows", line.Rows)).ConfigureAwait(false);
            }
        },
        cancellationToken,
        isRepeatable: true);

    public async ValueTask<IReadOnlyList<LogEntry>> ReadAsync(long runId, int limit, CancellationToken cancellationToken) =>
        await session.ReadAsync(
            transaction => transaction.QueryAsync(
                $"""
                SELECT h.task_run_id, t.task_name, l."sequence", l."at", l."level", l."message", l."context", l."rows"
                FROM metadata.log_headers h
                JOIN metadata.log_lines l ON l.log_id = h.log_id
                LEFT JOIN metadata.task_runs t ON t.task_run_id = h.task_run_id
                WHERE h.run_id = @run
                ORDER BY l."at", h.log_id, l."sequence"
                {transaction.Dialect.Limit}
                """,
                row => new LogEntry(
                    row.LongOrNull(0),
                    row.TextOrNull(1),
                    new(row.Long(2), row.Time(3), Enum.Parse<LogLevel>(row.Text(4), ignoreCase: true), row.Text(5))
                    {
                        Context = row.TextOrNull(6),
                        Rows = row.LongOrNull(7),
                    }),
                ("@run", runId), ("@limit", limit)),
            cancellationToken).ConfigureAwait(false);
}
