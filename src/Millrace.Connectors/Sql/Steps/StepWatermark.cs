using Millrace.Core.Config;
using Millrace.Core.Contracts;
using Millrace.Core.Contracts.SqlSteps;
using Millrace.Core.Errors;

namespace Millrace.Connectors.Sql.Steps;

/// <summary>Works out a step's <c>:since</c> and <c>:until</c>, and the checkpoint that keeps the latter.</summary>
internal sealed class StepWatermark(SqlDialect dialect, StepDialect steps, CheckpointStore checkpoints)
{
    /// <summary>The bounds of this run. Where the query gives NULL, the input being empty, <c>:until</c> is what it was.</summary>
    public async ValueTask<(BoundValue Since, BoundValue Until)> BoundsAsync(SqlChannel channel, SqlStepRequest request, CancellationToken cancellationToken)
    {
        SqlStepWatermark watermark = request.Watermark!;
        (string? now, string type) = await AskAsync(channel, watermark.Query, cancellationToken).ConfigureAwait(false);
        IReadOnlyList<Checkpoint> stored = await checkpoints.ReadAsync(channel, request.TaskKey, true, cancellationToken).ConfigureAwait(false);
        string? before = request.FullRefresh ? null : stored.FirstOrDefault(c => c.Partition == SqlStepWatermark.Partition)?.Position.Value;
        if (before is null)
        {
            return (new(watermark.Initial, type), new(now ?? watermark.Initial, type));
        }

        string there = $"CAST({dialect.Literal(before)} AS {type})";
        string isBack = now is null ? "1 = 1" : $"CAST({dialect.Literal(now)} AS {type}) < {there}";
        IReadOnlyList<SqlRow> rows = await channel.QueryAsync(
            $"SELECT CAST({Earlier(there, watermark)} AS {steps.Text}), CASE WHEN {isBack} THEN 1 ELSE 0 END", cancellationToken).ConfigureAwait(false);
        return (new(rows[0].Text(0), type), new(rows[0].Int(1) == 1 ? before : now, type));
    }

    /// <summary>The checkpoint of a watermark, or null where there is none to keep.</summary>
    public static Checkpoint? CheckpointOf(SqlStepRequest request, BoundValue? until, long rows) => until?.Text is null ? null : new(
        request.TaskKey,
        SqlStepWatermark.Partition,
        1,
        LoadId.For(request.TaskKey, 1, [(SqlStepWatermark.Partition, FormattableString.Invariant($"run {request.RunId}"))]),
        new(SqlStepWatermark.Scheme + "/" + until.Text),
        rows);

    private string Earlier(string expression, SqlStepWatermark watermark) =>
        watermark.LookbackTime is { } time ? steps.Earlier(expression, time)
        : watermark.LookbackNumber is { } number ? FormattableString.Invariant($"{expression} - {number}")
        : expression;

    private async ValueTask<(string? Now, string Type)> AskAsync(SqlChannel channel, string query, CancellationToken cancellationToken)
    {
        IReadOnlyList<SqlRow> rows;
        try
        {
            rows = await channel.QueryAsync(steps.ValueAndType(query.Trim().TrimEnd(';')), cancellationToken).ConfigureAwait(false);
        }
        catch (MillraceException error)
        {
            throw SqlStepRunner.InUsersSql("The watermark's query", error, "Nothing of the step was kept.");
        }

        return rows is [{ } row] ? (row.TextOrNull(0), row.Text(1)) : throw new MillraceException(
            ErrorCodes.StepFailed,
            $"The watermark's query gave {Quantity.Of(rows.Count, "row")} where it must give one.",
            "Write it as an aggregate, such as SELECT max(_millrace_loaded_at) FROM raw.orders.");
    }
}
