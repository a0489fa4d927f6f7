using Millrace.Catalog.Runs;
using Millrace.Core.Config.Options;
using Millrace.Core.Contracts;
using Millrace.Core.Engine;
using Millrace.Core.Errors;

namespace Millrace.Catalog.Stores.Relational;

internal sealed class RunStore(CatalogSession session) : IRunStore
{
    public ValueTask<long> StartAsync(RunStart start, CancellationToken cancellationToken) => session.WriteAsync(
        async transaction =>
        {
            long runId = await transaction.InsertAsync(
                "metadata.runs",
                "run_id",
                ("job_name", start.Job), ("status", "running"), ("trigger", start.Trigger), ("started_by", start.StartedBy), ("host", start.Host),
                ("pid", start.Pid), ("started_at", await transaction.NowAsync().ConfigureAwait(false))).ConfigureAwait(false);
            if (start.Arguments is { } arguments)
            {
                await transaction.ExecuteAsync(
                    "INSERT INTO metadata.run_arguments (run_id, arguments) VALUES (@run, @arguments)", ("@run", runId), ("@arguments", arguments)).ConfigureAwait(false);
            }

            return runId;
        },
        cancellationToken);

    public ValueTask<bool> ReopenAsync(long runId, RunStart start, CancellationToken cancellationToken) => session.WriteAsync(
        async transaction => await transaction.ExecuteAsync(
            """
            UPDATE metadata.runs
            SET status = 'running', ended_at = NULL, error_code = NULL, error_message = NULL, host = @host, pid = @pid
            WHERE run_id = @run AND status NOT IN ('running', 'succeeded')
            """,
            ("@host", start.Host), ("@pid", start.Pid), ("@run", runId)).ConfigureAwait(false) == 1,
        cancellationToken);

    public ValueTask EndAsync(long runId, RunStatus status, MillraceException? error, CancellationToken cancellationToken) => session.WriteAsync(
        async transaction =>
        {
            await transaction.ExecuteAsync(
                """
                UPDATE metadata.runs
                SET status = @status, ended_at = @at, error_code = @code, error_message = @message
                WHERE run_id = @run
                """,
                ("@status", SnakeCase.Of(status)), ("@at", await transaction.NowAsync().ConfigureAwait(false)), ("@code", error?.Code.Id),
                ("@message", error?.Message), ("@run", runId)).ConfigureAwait(false);
            // One that was begun and could not be told of again, because the catalog was out of reach for a while.
            await transaction.ExecuteAsync(
                "UPDATE metadata.task_runs SET status = 'lost', ended_at = @at WHERE run_id = @run AND status = 'running'",
                ("@at", await transaction.NowAsync().ConfigureAwait(false)), ("@run", runId)).ConfigureAwait(false);
        },
        cancellationToken,
        isRepeatable: true);

    public ValueTask<long> StartTaskAsync(long runId, TaskRunStart start, CancellationToken cancellationToken) => session.WriteAsync(
        async transaction => await transaction.InsertAsync(
            "metadata.task_runs",
            "task_run_id",
            ("run_id", runId), ("task_key", start.TaskKey), ("task_name", start.TaskName), ("step", start.Step), ("status", "running"),
            ("settings", start.Settings), ("started_at", await transaction.NowAsync().ConfigureAwait(false))).ConfigureAwait(false),
        cancellationToken);

    public ValueTask ProgressTaskAsync(long taskRunId, RunProgress progress, CancellationToken cancellationToken) => session.WriteAsync(
        async transaction =>
        {
            await transaction.ExecuteAsync(
                """
                UPDATE metadata.task_runs
                SET "rows" = @rows, "bytes" = @bytes, "loads" = @loads, "quarantined" = @quarantined
                WHERE task_run_id = @id
                """,
                ("@rows", progress.RowsCommitted), ("@bytes", progress.BytesCommitted), ("@loads", progress.Loads),
                ("@quarantined", progress.Quarantined), ("@id", taskRunId)).ConfigureAwait(false);
        },
        cancellationToken,
        isRepeatable: true);

    public ValueTask EndTaskAsync(
        long taskRunId, RunStatus status, TaskOutcome? outcome, MillraceException? error, CancellationToken cancellationToken) =>
        session.WriteAsync(
            async transaction =>
            {
                await transaction.ExecuteAsync(
                    """
                    UPDATE metadata.task_runs
                    SET status = @status, ended_at = @at, error_code = @code, error_message = @message, error_fix = @fix
                    WHERE task_run_id = @id
                    """,
                    ("@status", SnakeCase.Of(status)), ("@at", await transaction.NowAsync().ConfigureAwait(false)), ("@code", error?.Code.Id),
                    ("@message", error?.Message), ("@fix", error?.Fix), ("@id", taskRunId)).ConfigureAwait(false);
                if (outcome is not null)
                {
                    await OutcomeRows.WriteAsync(transaction, taskRunId, outcome).ConfigureAwait(false);
                }
            },
            cancellationToken,
            isRepeatable: true);

    public ValueTask MarkLostAsync(long runId, CancellationToken cancellationToken) => session.WriteAsync(
        async transaction =>
        {
            DateTimeOffset now = await transaction.NowAsync().ConfigureAwait(false);
            await transaction.ExecuteAsync(
                "UPDATE metadata.task_runs SET status = 'lost', ended_at = @at WHERE run_id = @run AND status = 'running'",
                ("@at", now), ("@run", runId)).ConfigureAwait(false);
            await transaction.ExecuteAsync(
                "UPDATE metadata.runs SET status = 'lost', ended_at = @at WHERE run_id = @run AND status = 'running'",
                ("@at", now), ("@run", runId)).ConfigureAwait(false);
        },
        cancellationToken,
        isRepeatable: true);

    public async ValueTask<IReadOnlyList<RunRecord>> ListAsync(RunFilter filter, CancellationToken cancellationToken) => await session.ReadAsync(
        transaction => transaction.QueryAsync(
            $"""
            SELECT r.run_id, r.job_name, r."trigger", r.started_by, r.host, r.pid, r.status, r.started_at, r.ended_at,
                   r.error_code, r.error_message,
                   (SELECT coalesce(sum(t."rows"), 0) FROM metadata.task_runs t WHERE t.run_id = r.run_id),
                   (SELECT coalesce(sum(t."bytes"), 0) FROM metadata.task_runs t WHERE t.run_id = r.run_id),
                   (SELECT coalesce(sum(t."quarantined"), 0) FROM metadata.task_runs t WHERE t.run_id = r.run_id),
                   (SELECT a.arguments FROM metadata.run_arguments a WHERE a.run_id = r.run_id)
            FROM metadata.runs r
            WHERE r.job_name = coalesce(@job, r.job_name)
              AND r.status = coalesce(@status, r.status)
              AND r.run_id = coalesce(@run, r.run_id)
            ORDER BY r.run_id DESC
            {transaction.Dialect.Limit}
            """,
            row => new RunRecord(
                row.Long(0),
                new(row.Text(1), row.Text(2), row.Text(3), row.Text(4), row.Int(5)) { Arguments = row.TextOrNull(14) },
                StatusOf(row.Text(6)),
                row.Time(7),
                row.TimeOrNull(8),
                row.TextOrNull(9),
                row.TextOrNull(10))
            {
                Rows = row.Long(11),
                Bytes = row.Long(12),
                Quarantined = row.Long(13),
            },
            ("@job", filter.Job), ("@status", filter.Status is { } status ? SnakeCase.Of(status) : null), ("@run", filter.RunId),
            ("@limit", filter.Limit)),
        cancellationToken).ConfigureAwait(false);

    public async ValueTask<IReadOnlyList<TaskRunRecord>> TasksOfAsync(long runId, CancellationToken cancellationToken) =>
        await session.ReadAsync(
            async transaction => await OutcomeRows.CompleteAsync(
                transaction,
                await transaction.QueryAsync($"{SelectTaskRuns} WHERE run_id = @run ORDER BY task_run_id", MapTaskRun, ("@run", runId)).ConfigureAwait(false))
                .ConfigureAwait(false),
            cancellationToken).ConfigureAwait(false);

    public async ValueTask<IReadOnlyList<TaskRunRecord>> HistoryAsync(string taskKey, int limit, CancellationToken cancellationToken) =>
        await session.ReadAsync(
            async transaction => await OutcomeRows.CompleteAsync(
                transaction,
                await transaction.QueryAsync(
                    $"{SelectTaskRuns} WHERE task_key = @key ORDER BY task_run_id DESC {transaction.Dialect.Limit}",
                    MapTaskRun,
                    ("@key", taskKey), ("@limit", limit)).ConfigureAwait(false)).ConfigureAwait(false),
            cancellationToken).ConfigureAwait(false);

    private const string SelectTaskRuns =
        """
        SELECT task_run_id, run_id, task_key, task_name, "step", "settings", status, started_at, ended_at,
               "generation", "rows", "bytes", "loads", "quarantined", discarded_rows, discarded_values,
               limit_reached, read_ms, shape_ms, write_ms, error_code, error_message, error_fix
        FROM metadata.task_runs
        """;

    private static TaskRunRecord MapTaskRun(SqlRow row) => new(
        row.Long(0),
        row.Long(1),
        new(row.Text(2), row.Text(3), row.Text(4), row.Text(5)),
        StatusOf(row.Text(6)),
        row.Time(7),
        row.TimeOrNull(8))
    {
        Counts = new(row.Int(9), row.Long(10), row.Long(11), row.Int(12), row.Long(13), row.Long(14), row.Long(15)),
        LimitReached = row.TextOrNull(16),
        Stages = row.IsNull(17)
            ? null
            : new(
                TimeSpan.FromMilliseconds(row.Long(17)),
                TimeSpan.FromMilliseconds(row.Long(18)),
                TimeSpan.FromMilliseconds(row.Long(19))),
        Error = row.IsNull(20) ? null : new(row.Text(20), row.Text(21), row.TextOrNull(22)),
    };

    private static RunStatus StatusOf(string text) => Enum.Parse<RunStatus>(text, ignoreCase: true);
}
