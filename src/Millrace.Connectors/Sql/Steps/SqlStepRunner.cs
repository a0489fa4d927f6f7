using System.Collections.Immutable;
using Millrace.Core.Contracts;
using Millrace.Core.Contracts.SqlSteps;
using Millrace.Core.Errors;

namespace Millrace.Connectors.Sql.Steps;

/// <summary>Runs SQL steps on an engine of this room.</summary>
/// <param name="store">Millrace's own tables.</param>
/// <param name="steps">What the engine differs in.</param>
/// <param name="open">Opens a connection.</param>
internal sealed class SqlStepRunner(SqlStore store, StepDialect steps, Func<CancellationToken, ValueTask<SqlChannel>> open) : ISqlStepRunner
{
    private readonly StepStore _done = new(store.Dialect, store.System);
    private readonly StepWatermark _watermark = new(store.Dialect, steps, store.Checkpoints);

    /// <inheritdoc/>
    public async ValueTask<SqlStepOutcome> RunAsync(SqlStepRequest request, ISqlStepObserver observer, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(observer);
        using var timer = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        timer.CancelAfter(request.Timeout ?? Timeout.InfiniteTimeSpan);
        try
        {
            return await RunOnceAsync(request, observer, timer.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested && timer.IsCancellationRequested)
        {
            throw new MillraceException(
                ErrorCodes.StepTimedOut,
                $"Task {request.TaskKey} took longer than its timeout of {request.Timeout!.Value.TotalSeconds:0.#} s and was rolled back.",
                "Raise run.timeout of the task, or let the step do less.");
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private async ValueTask<SqlStepOutcome> RunOnceAsync(SqlStepRequest request, ISqlStepObserver observer, CancellationToken cancellationToken)
    {
        long start = store.Time.GetTimestamp();
        DateTimeOffset started = store.Time.GetUtcNow();
        SqlChannel channel = await open(cancellationToken).ConfigureAwait(false);
        await using (channel.ConfigureAwait(false))
        {
            await store.EnsureSystemTablesAsync(channel, cancellationToken).ConfigureAwait(false);
            if (steps.SessionSettings is { Length: > 0 } settings)
            {
                await channel.ExecuteAsync(settings, cancellationToken).ConfigureAwait(false);
            }

            channel.Said = observer.Message;
            await channel.BeginAsync(cancellationToken).ConfigureAwait(false);
            try
            {
                await channel.LockAsync("task " + request.TaskKey, cancellationToken).ConfigureAwait(false);
                SqlStepOutcome outcome = await _done.ReadAsync(channel, request, cancellationToken).ConfigureAwait(false)
                    ?? await RunLockedAsync(channel, request, observer, started, cancellationToken).ConfigureAwait(false);
                IReadOnlyList<Checkpoint> stored = await store.Checkpoints.ReadAsync(channel, request.TaskKey, false, cancellationToken).ConfigureAwait(false);
                await channel.CommitAsync(cancellationToken).ConfigureAwait(false);
                return outcome with { Checkpoints = stored, Elapsed = store.Time.GetElapsedTime(start) };
            }
            finally
            {
                await channel.RollbackAsync().ConfigureAwait(false);
            }
        }
    }

    private async ValueTask<SqlStepOutcome> RunLockedAsync(
        SqlChannel channel, SqlStepRequest request, ISqlStepObserver observer, DateTimeOffset started, CancellationToken cancellationToken)
    {
        Dictionary<string, BoundValue> values = request.Parameters.ToDictionary(p => p.Name, p => BoundValue.Of(p, store.Dialect), StringComparer.Ordinal);
        BoundValue? until = null;
        if (request.Watermark is not null)
        {
            (values["since"], until) = await _watermark.BoundsAsync(channel, request, cancellationToken).ConfigureAwait(false);
            values["until"] = until;
        }

        ImmutableArray<ScriptStatement> statements = StatementsOf(request, values);
        if (!request.InTransaction)
        {
            await channel.CommitAsync(cancellationToken).ConfigureAwait(false);
        }

        long rows = await RunAllAsync(channel, request, statements, values, observer, cancellationToken).ConfigureAwait(false);
        if (!request.InTransaction)
        {
            await channel.BeginAsync(cancellationToken).ConfigureAwait(false);
        }

        var outcome = new SqlStepOutcome(statements.Length, rows);
        DateTimeOffset now = store.Time.GetUtcNow();
        await _done.WriteAsync(channel, request, outcome, started, now, cancellationToken).ConfigureAwait(false);
        if (StepWatermark.CheckpointOf(request, until, rows) is { } checkpoint)
        {
            await store.Checkpoints.WriteAsync(channel, [checkpoint], now, cancellationToken).ConfigureAwait(false);
        }

        return outcome;
    }

    private ImmutableArray<ScriptStatement> StatementsOf(SqlStepRequest request, Dictionary<string, BoundValue> values)
    {
        if (request.Procedure is { } procedure)
        {
            // A procedure's own declaration types its arguments.
            string text = steps.Call(procedure, values.Keys.Select((name, i) => (name, steps.Syntax.Marker(i + 1, name))));
            return [new(text, 0, [.. values.Keys])];
        }

        ScriptSyntax casting = steps.Syntax with { Marker = (place, name) => values[name].Cast(steps.Syntax.Marker(place, name)) };
        ImmutableArray<ScriptStatement> statements = SqlScript.Parse(request.Script ?? "", casting, values.Keys.ToHashSet(StringComparer.Ordinal));
        return statements.IsEmpty
            ? throw new MillraceException(ErrorCodes.StepFailed, $"{request.ScriptName} holds no statement.", "Write the step's SQL there, or switch the task off.")
            : statements;
    }

    private async ValueTask<long> RunAllAsync(
        SqlChannel channel,
        SqlStepRequest request,
        ImmutableArray<ScriptStatement> statements,
        Dictionary<string, BoundValue> values,
        ISqlStepObserver observer,
        CancellationToken cancellationToken)
    {
        long all = 0;
        for (int i = 0; i < statements.Length; i++)
        {
            ScriptStatement statement = statements[i];
            long start = store.Time.GetTimestamp();
            try
            {
                SqlParameterValue[] bound = [.. statement.Parameters.Select(p => new SqlParameterValue(p, values[p].Text))];
                long rows = await channel.ExecuteAsync(statement.HasBody ? steps.Whole(statement.Text) : statement.Text, bound, cancellationToken).ConfigureAwait(false);
                all += rows;
                observer.StatementEnded(new(i + 1, statements.Length, statement.Line, rows, store.Time.GetElapsedTime(start)));
            }
            catch (MillraceException error)
            {
                throw Placed(error, request, statement, i + 1, statements.Length);
            }
        }

        return all;
    }

    private MillraceException Placed(MillraceException error, SqlStepRequest request, ScriptStatement statement, int number, int count)
    {
        string where = request.Procedure is { } procedure
            ? $"Procedure {procedure}"
            : $"{request.ScriptName}, line {statement.Line + steps.LinesBefore(error, statement.Text)} (statement {number} of {count})";
        string kept = request.InTransaction ? "Nothing of the step was kept." : "Statements before it were kept: the step runs outside a transaction.";
        return InUsersSql(where, error, kept);
    }

    /// <summary>An error of SQL that users wrote: what is told is where, and what the engine says.</summary>
    public static MillraceException InUsersSql(string where, MillraceException error, string kept)
    {
        bool isSql = error.Code == ErrorCodes.StatementFailed || error.Code == ErrorCodes.DuckDbStatement;
        return new(
            isSql ? ErrorCodes.StepFailed : error.Code,
            $"{where}: {error.Message} {kept}",
            isSql ? "Mend the SQL, then take the run up with 'millrace run --resume'." : error.Fix,
            error.ConfigPath,
            error.IsTransient,
            error);
    }
}
