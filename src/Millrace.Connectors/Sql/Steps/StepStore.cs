using Millrace.Connectors.Sql.OwnTables;
using Millrace.Core.Contracts.SqlSteps;

namespace Millrace.Connectors.Sql.Steps;

/// <summary>The rows that say which steps are done.</summary>
internal sealed class StepStore(SqlDialect dialect, SystemTables system)
{
    /// <summary>What a run's step did, or null where it is not done.</summary>
    public async ValueTask<SqlStepOutcome?> ReadAsync(SqlChannel channel, SqlStepRequest request, CancellationToken cancellationToken)
    {
        IReadOnlyList<SqlRow> rows = await channel.QueryAsync(
            $"""
            SELECT statements, "rows"
            FROM {system.Steps}
            WHERE task_key = {dialect.Literal(request.TaskKey)} AND run_id = {dialect.Literal(request.RunId)}
              AND run_started_at = {dialect.Literal(request.RunStartedAt)}
            """,
            cancellationToken).ConfigureAwait(false);
        return rows is [{ } row] ? new(row.Int(0), row.Long(1)) { WasCompleted = true } : null;
    }

    /// <summary>Says that a run's step is done.</summary>
    public async ValueTask WriteAsync(
        SqlChannel channel, SqlStepRequest request, SqlStepOutcome outcome, DateTimeOffset started, DateTimeOffset now, CancellationToken cancellationToken) =>
        await channel.ExecuteAsync(
            $"""
            INSERT INTO {system.Steps} (task_key, run_id, run_started_at, task_run_id, statements, "rows", started_at, completed_at)
            VALUES {dialect.Row(request.TaskKey, request.RunId, request.RunStartedAt, request.TaskRunId, outcome.Statements, outcome.Rows, started, now)}
            """,
            cancellationToken).ConfigureAwait(false);
}
