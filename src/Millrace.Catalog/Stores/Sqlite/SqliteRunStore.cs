using Microsoft.Data.Sqlite;
using Millrace.Catalog.Runs;
using Millrace.Core.Config.Options;
using Millrace.Core.Contracts;
using Millrace.Core.Engine;
using Millrace.Core.Errors;

namespace Millrace.Catalog.Stores.Sqlite;

internal sealed class SqliteRunStore(SqliteSession session) : IRunStore
{
    public ValueTask<long> StartAsync(RunStart start, CancellationToken cancellationToken) => session.WriteAsync(
        s => s.Number(
            """
            INSERT INTO runs (job_name, status, trigger, started_by, host, pid, started_at)
            VALUES (@job, 'running', @trigger, @by, @host, @pid, @at)
            RETURNING run_id
            """,
            ("@job", start.Job), ("@trigger", start.Trigger), ("@by", start.StartedBy), ("@host", start.Host), ("@pid", start.Pid),
            ("@at", SqliteSession.Text(s.Now))),
        cancellationToken);

    public ValueTask EndAsync(long runId, RunStatus status, MillraceException? error, CancellationToken cancellationToken) => session.WriteAsync(
        s =>
        {
            s.Execute(
                """
                UPDATE runs
                SET status = @status, ended_at = @at, error_code = @code, error_message = @message
                WHERE run_id = @run
                """,
                ("@status", SnakeCase.Of(status)), ("@at", SqliteSession.Text(s.Now)), ("@code", error?.Code.Id),
                ("@message", error?.Message), ("@run", runId));
        },
        cancellationToken);

    public ValueTask<long> StartTaskAsync(long runId, TaskRunStart start, CancellationToken cancellationToken) => session.WriteAsync(
        s => s.Number(
            """
            INSERT INTO task_runs (run_id, task_key, task_name, step, status, settings, started_at)
            VALUES (@run, @key, @name, @step, 'running', @settings, @at)
            RETURNING task_run_id
            """,
            ("@run", runId), ("@key", start.TaskKey), ("@name", start.TaskName), ("@step", start.Step), ("@settings", start.Settings),
            ("@at", SqliteSession.Text(s.Now))),
        cancellationToken);

    public ValueTask ProgressTaskAsync(long taskRunId, RunProgress progress, CancellationToken cancellationToken) => session.WriteAsync(
        s =>
        {
            s.Execute(
                """
                UPDATE task_runs
                SET rows = @rows, bytes = @bytes, loads = @loads, quarantined = @quarantined
                WHERE task_run_id = @id
                """,
                ("@rows", progress.RowsCommitted), ("@bytes", progress.BytesCommitted), ("@loads", progress.Loads),
                ("@quarantined", progress.Quarantined), ("@id", taskRunId));
        },
        cancellationToken);

    public ValueTask EndTaskAsync(
        long taskRunId, RunStatus status, TaskOutcome? outcome, MillraceException? error, CancellationToken cancellationToken) =>
        session.WriteAsync(
            s =>
            {
                s.Execute(
                    """
                    UPDATE task_runs
                    SET status = @status, ended_at = @at, error_code = @code, error_message = @message, error_fix = @fix
                    WHERE task_run_id = @id
                    """,
                    ("@status", SnakeCase.Of(status)), ("@at", SqliteSession.Text(s.Now)), ("@code", error?.Code.Id),
                    ("@message", error?.Message), ("@fix", error?.Fix), ("@id", taskRunId));
                if (outcome is not null)
                {
                    WriteOutcome(s, taskRunId, outcome);
                }
            },
            cancellationToken);

    public ValueTask MarkLostAsync(long runId, CancellationToken cancellationToken) => session.WriteAsync(
        s =>
        {
            s.Execute(
                """
                UPDATE task_runs SET status = 'lost', ended_at = @at WHERE run_id = @run AND status = 'running'
                """,
                ("@at", SqliteSession.Text(s.Now)), ("@run", runId));
            s.Execute(
                """
                UPDATE runs SET status = 'lost', ended_at = @at WHERE run_id = @run AND status = 'running'
                """,
                ("@at", SqliteSession.Text(s.Now)), ("@run", runId));
        },
        cancellationToken);

    public async ValueTask<IReadOnlyList<RunRecord>> ListAsync(RunFilter filter, CancellationToken cancellationToken) => await session.ReadAsync(
        s => s.Query(
            """
            SELECT r.run_id, r.job_name, r.trigger, r.started_by, r.host, r.pid, r.status, r.started_at, r.ended_at,
                   r.error_code, r.error_message,
                   (SELECT coalesce(sum(t.rows), 0) FROM task_runs t WHERE t.run_id = r.run_id),
                   (SELECT coalesce(sum(t.bytes), 0) FROM task_runs t WHERE t.run_id = r.run_id),
                   (SELECT coalesce(sum(t.quarantined), 0) FROM task_runs t WHERE t.run_id = r.run_id)
            FROM runs r
            WHERE (@job IS NULL OR r.job_name = @job)
              AND (@status IS NULL OR r.status = @status)
              AND (@run IS NULL OR r.run_id = @run)
            ORDER BY r.run_id DESC
            LIMIT @limit
            """,
            row => new RunRecord(
                row.GetInt64(0),
                new(row.GetString(1), row.GetString(2), row.GetString(3), row.GetString(4), row.GetInt32(5)),
                StatusOf(row.GetString(6)),
                SqliteSession.Parse(row.GetString(7)),
                SqliteSession.TimeOrNull(row, 8),
                SqliteSession.TextOrNull(row, 9),
                SqliteSession.TextOrNull(row, 10))
            {
                Rows = row.GetInt64(11),
                Bytes = row.GetInt64(12),
                Quarantined = row.GetInt64(13),
            },
            ("@job", filter.Job), ("@status", filter.Status is { } status ? SnakeCase.Of(status) : null), ("@run", filter.RunId),
            ("@limit", filter.Limit)),
        cancellationToken).ConfigureAwait(false);

    public async ValueTask<IReadOnlyList<TaskRunRecord>> TasksOfAsync(long runId, CancellationToken cancellationToken) =>
        await session.ReadAsync(
            s => Complete(s, s.Query($"{SelectTaskRuns} WHERE run_id = @run ORDER BY task_run_id", MapTaskRun, ("@run", runId))),
            cancellationToken).ConfigureAwait(false);

    public async ValueTask<IReadOnlyList<TaskRunRecord>> HistoryAsync(string taskKey, int limit, CancellationToken cancellationToken) =>
        await session.ReadAsync(
            s => Complete(s, s.Query(
                $"{SelectTaskRuns} WHERE task_key = @key ORDER BY task_run_id DESC LIMIT @limit", MapTaskRun, ("@key", taskKey), ("@limit", limit))),
            cancellationToken).ConfigureAwait(false);

    private const string SelectTaskRuns =
        """
        SELECT task_run_id, run_id, task_key, task_name, step, settings, status, started_at, ended_at,
               generation, rows, bytes, loads, quarantined, discarded_rows, discarded_values,
               limit_reached, read_ms, shape_ms, write_ms, error_code, error_message, error_fix
        FROM task_runs
        """;

    private static TaskRunRecord MapTaskRun(SqliteDataReader row) => new(
        row.GetInt64(0),
        row.GetInt64(1),
        new(row.GetString(2), row.GetString(3), row.GetString(4), row.GetString(5)),
        StatusOf(row.GetString(6)),
        SqliteSession.Parse(row.GetString(7)),
        SqliteSession.TimeOrNull(row, 8))
    {
        Counts = new(
            row.GetInt32(9), row.GetInt64(10), row.GetInt64(11), row.GetInt32(12), row.GetInt64(13), row.GetInt64(14), row.GetInt64(15)),
        LimitReached = SqliteSession.TextOrNull(row, 16),
        Stages = row.IsDBNull(17)
            ? null
            : new(
                TimeSpan.FromMilliseconds(row.GetInt64(17)),
                TimeSpan.FromMilliseconds(row.GetInt64(18)),
                TimeSpan.FromMilliseconds(row.GetInt64(19))),
        Error = row.IsDBNull(20) ? null : new(row.GetString(20), row.GetString(21), SqliteSession.TextOrNull(row, 22)),
    };

    private static List<TaskRunRecord> Complete(SqliteSession s, List<TaskRunRecord> records) =>
    [
        .. records.Select(r => r with
        {
            Tables =
            [
                .. s.Query(
                    "SELECT table_name, upserted, deleted FROM task_run_tables WHERE task_run_id = @id ORDER BY table_name",
                    row => (row.GetString(0), row.GetInt64(1), row.GetInt64(2)),
                    ("@id", r.TaskRunId)),
            ],
            NewColumns =
            [
                .. s.Query(
                    "SELECT change FROM schema_changes WHERE task_run_id = @id ORDER BY sequence", row => row.GetString(0), ("@id", r.TaskRunId)),
            ],
        }),
    ];

    private static void WriteOutcome(SqliteSession s, long taskRunId, TaskOutcome outcome)
    {
        s.Execute(
            """
            UPDATE task_runs
            SET generation = @generation, rows = @rows, bytes = @bytes, loads = @loads, quarantined = @quarantined,
                discarded_rows = @discarded_rows, discarded_values = @discarded_values, limit_reached = @limit,
                read_ms = @read, shape_ms = @shape, write_ms = @write
            WHERE task_run_id = @id
            """,
            ("@generation", outcome.Generation), ("@rows", outcome.Rows), ("@bytes", outcome.Bytes), ("@loads", outcome.Loads),
            ("@quarantined", outcome.Quarantined), ("@discarded_rows", outcome.DiscardedRows), ("@discarded_values", outcome.DiscardedValues),
            ("@limit", outcome.LimitReached), ("@read", (long)outcome.Stages.Read.TotalMilliseconds),
            ("@shape", (long)outcome.Stages.Shape.TotalMilliseconds), ("@write", (long)outcome.Stages.Write.TotalMilliseconds),
            ("@id", taskRunId));
        foreach (TableOutcome table in outcome.Tables)
        {
            s.Execute(
                """
                INSERT INTO task_run_tables (task_run_id, table_name, upserted, deleted)
                VALUES (@id, @table, @upserted, @deleted)
                ON CONFLICT (task_run_id, table_name) DO UPDATE
                SET upserted = upserted + excluded.upserted, deleted = deleted + excluded.deleted
                """,
                ("@id", taskRunId), ("@table", table.Table.ToString()), ("@upserted", table.Upserted), ("@deleted", table.Deleted));
        }

        for (int i = 0; i < outcome.NewColumns.Length; i++)
        {
            s.Execute(
                "INSERT INTO schema_changes (task_run_id, sequence, change) VALUES (@id, @sequence, @change)",
                ("@id", taskRunId), ("@sequence", i + 1), ("@change", outcome.NewColumns[i]));
        }
    }

    private static RunStatus StatusOf(string text) => Enum.Parse<RunStatus>(text, ignoreCase: true);
}
