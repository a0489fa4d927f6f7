using System.Collections.Immutable;
using Millrace.Core.Config;
using Millrace.Core.Contracts;
using Millrace.Core.Contracts.SqlSteps;
using Millrace.Core.Errors;

namespace Millrace.Connectors.Sql.Steps;

/// <summary>Works out a step's <c>:since</c> and <c>:until</c>, and the checkpoint that keeps the latter.</summary>
internal sealed class StepWatermark(SqlDialect dialect, StepDialect steps)
{
    private const string Kept = "Nothing of the step was kept.";

    /// <summary>
    /// The bounds of this run. <c>:until</c> never goes back: where the query gives less than the watermark, or NULL, the input being empty, it is what it
    /// was, or the initial value.
    /// </summary>
    /// <param name="channel">The connection.</param>
    /// <param name="request">The step.</param>
    /// <param name="stored">The task's checkpoints.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public async ValueTask<(BoundValue Since, BoundValue Until)> BoundsAsync(
        SqlChannel channel, SqlStepRequest request, IReadOnlyList<Checkpoint> stored, CancellationToken cancellationToken)
    {
        SqlStepWatermark watermark = request.Watermark!;
        string? before = request.FullRefresh ? null : stored.FirstOrDefault(c => c.Partition == SqlStepWatermark.Partition)?.Position.Value;
        try
        {
            (string? now, string type) = await AskAsync(channel, watermark.Query, cancellationToken).ConfigureAwait(false);
            if ((before ?? watermark.Initial) is not { } least)
            {
                return (new(null, type), new(now, type));
            }

            string there = $"CAST({dialect.Literal(least)} AS {type})";
            string isBack = now is null ? "1 = 1" : $"CAST({dialect.Literal(now)} AS {type}) < {there}";
            string since = before is null ? there : $"CAST({Earlier(there, watermark)} AS {type})";
            IReadOnlyList<SqlRow> rows = await channel.QueryAsync(
                $"SELECT CAST({since} AS {steps.Text}), CASE WHEN {isBack} THEN 1 ELSE 0 END", cancellationToken).ConfigureAwait(false);
            return (new(rows[0].Text(0), type), new(rows[0].Int(1) == 1 ? least : now, type));
        }
        catch (MillraceException error) when (error.Code != ErrorCodes.StepFailed)
        {
            throw SqlStepRunner.InUsersSql("The watermark (query, initial or lookback)", error, Kept);
        }
    }

    /// <summary>The checkpoint of a watermark; null where there is none, the input having been empty so far.</summary>
    public static Checkpoint? CheckpointOf(SqlStepRequest request, BoundValue? until, long rows) => until?.Text is null ? null : new(
        request.TaskKey, SqlStepWatermark.Partition, 1, LoadOf(request), new(SqlStepWatermark.Scheme + "/" + until.Text), rows);

    /// <summary>What a step's checkpoints name as their load.</summary>
    public static LoadId LoadOf(SqlStepRequest request) =>
        LoadId.For(request.TaskKey, 1, [(SqlStepWatermark.Partition, FormattableString.Invariant($"run {request.RunId} of {request.RunStartedAt:O}"))]);

    private string Earlier(string expression, SqlStepWatermark watermark) =>
        watermark.LookbackTime is { } time ? steps.Earlier(expression, time)
        : watermark.LookbackNumber is { } number ? FormattableString.Invariant($"{expression} - {number}")
        : expression;

    private async ValueTask<(string? Now, string Type)> AskAsync(SqlChannel channel, string query, CancellationToken cancellationToken)
    {
        ImmutableArray<ScriptStatement> statements = SqlScript.Parse(query, steps.Syntax, ImmutableHashSet<string>.Empty);
        if (statements is not [{ } only])
        {
            throw Unfit($"The watermark's query holds {Quantity.Of(statements.Length, "statement")} where it must be one.");
        }

        IReadOnlyList<SqlRow> rows = await channel.QueryAsync(steps.ValueAndType(only.Text), cancellationToken).ConfigureAwait(false);
        return rows is [{ } row] ? (row.TextOrNull(0), row.Text(1)) : throw Unfit($"The watermark's query gave {Quantity.Of(rows.Count, "row")} where it must give one.");
    }

    private static MillraceException Unfit(string message) =>
        new(ErrorCodes.StepFailed, $"{message} {Kept}", "Write it as an aggregate, such as SELECT max(_millrace_loaded_at) FROM raw.orders.");
}
