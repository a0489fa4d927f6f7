using System.Collections.Immutable;
using Millrace.Core.Contracts;
using Millrace.Core.Contracts.SqlSteps;
using Millrace.Core.Engine;
using Millrace.Core.Errors;

namespace Millrace.Connectors.Sql.Steps;

/// <summary>Runs SQL steps on an engine of this room.</summary>
/// <param name="store">Millrace's own tables.</param>
/// <param name="steps">What the engine differs in.</param>
/// <param name="open">Opens a connection.</param>
internal sealed class SqlStepRunner(SqlStore store, StepDialect steps, Func<CancellationToken, ValueTask<SqlChannel>> open) : ISqlStepRunner
{
    private readonly StepStore _done = new(store.Dialect, store.System);
    private readonly StepWatermark _watermark = new(store.Dialect, steps);

    /// <inheritdoc/>
    public async ValueTask<SqlStepOutcome> RunAsync(SqlStepRequest request, ISqlStepObserver observer, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(observer);
        using var timer = new CancellationTokenSource(request.Timeout ?? Timeout.InfiniteTimeSpan, store.Time);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timer.Token);
        try
        {
            return await RunOnceAsync(request, observer, stop.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested && timer.IsCancellationRequested)
        {
            throw new MillraceException(
                ErrorCodes.StepTimedOut,
                $"Task {request.TaskKey} took longer than its timeout of {request.Timeout!.Value.TotalSeconds:0.#} s. {KeptOf(request)}",
                "Raise run.timeout of the task, or let the step do less.");
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    /// <summary>An error of SQL that users wrote: what is told is where, and what the engine says.</summary>
    public static MillraceException InUsersSql(string where, MillraceException error, string kept)
    {
        bool isSql = error.Code == ErrorCodes.StatementFailed || error.Code == ErrorCodes.DuckDbStatement || error.Code == ErrorCodes.DuckDbValue;
        return new(
            isSql ? ErrorCodes.StepFailed : error.Code,
            $"{where}: {error.Message} {kept}",
            isSql ? "Mend the SQL, then take the run up with 'millrace run --resume'." : error.Fix,
            error.ConfigPath,
            error.IsTransient,
            error);
    }

    private static string KeptOf(SqlStepRequest request) =>
        request.InTransaction ? "Nothing of the step was kept." : "Statements before it were kept: the step runs outside a transaction.";

    private async ValueTask<SqlStepOutcome> RunOnceAsync(SqlStepRequest request, ISqlStepObserver observer, CancellationToken cancellationToken)
    {
        long start = store.Time.GetTimestamp();
        SqlChannel channel = await open(cancellationToken).ConfigureAwait(false);
        await using (channel.ConfigureAwait(false))
        {
            await store.EnsureSystemTablesAsync(channel, cancellationToken).ConfigureAwait(false);
            if (steps.SessionSettings is { Length: > 0 } settings)
            {
                await channel.ExecuteAsync(settings, cancellationToken).ConfigureAwait(false);
            }

            channel.Said = observer.Message;
            try
            {
                SqlStepOutcome outcome = await RunInTransactionAsync(channel, request, observer, cancellationToken).ConfigureAwait(false);
                // From here on it is done or not done, whoever waits for it.
                await channel.CommitAsync(CancellationToken.None).ConfigureAwait(false);
                return outcome with { Elapsed = store.Time.GetElapsedTime(start) };
            }
            finally
            {
                await channel.RollbackAsync().ConfigureAwait(false);
            }
        }
    }

    // Leaves its transaction open.
    private async ValueTask<SqlStepOutcome> RunInTransactionAsync(
        SqlChannel channel, SqlStepRequest request, ISqlStepObserver observer, CancellationToken cancellationToken)
    {
        DateTimeOffset started = store.Time.GetUtcNow();
        await channel.BeginAsync(cancellationToken).ConfigureAwait(false);
        await channel.LockAsync(SqlStore.LockName(request.TaskKey), cancellationToken).ConfigureAwait(false);
        IReadOnlyList<Checkpoint> stored = await store.Checkpoints.ReadAsync(channel, request.TaskKey, true, cancellationToken).ConfigureAwait(false);
        ProjectClaim.ThrowIfOthers(request.TaskKey, request.Project, stored);
        if (await _done.ReadAsync(channel, request, cancellationToken).ConfigureAwait(false) is { } before)
        {
            return before with { Checkpoints = stored };
        }

        Dictionary<string, BoundValue> values = request.Parameters.ToDictionary(p => p.Name, p => BoundValue.Of(p, store.Dialect), StringComparer.Ordinal);
        BoundValue? until = null;
        if (request.Watermark is not null)
        {
            (values["since"], until) = await _watermark.BoundsAsync(channel, request, stored, cancellationToken).ConfigureAwait(false);
            values["until"] = until;
        }

        ImmutableArray<ScriptStatement> statements = StatementsOf(request, values);
        if (!request.InTransaction)
        {
            await channel.CommitAsync(cancellationToken).ConfigureAwait(false);
            await channel.HoldAsync(SqlStore.LockName(request.TaskKey), cancellationToken).ConfigureAwait(false);
        }

        long rows = await RunAllAsync(channel, request, statements, values, observer, cancellationToken).ConfigureAwait(false);
        if (!request.InTransaction)
        {
            await channel.BeginAsync(cancellationToken).ConfigureAwait(false);
        }

        var outcome = new SqlStepOutcome(statements.Length, rows);
        await _done.WriteAsync(channel, request, outcome, started, store.Time.GetUtcNow(), cancellationToken).ConfigureAwait(false);
        return request.Watermark is null
            ? outcome
            : outcome with { Checkpoints = await WriteCheckpointsAsync(channel, request, until, rows, cancellationToken).ConfigureAwait(false) };
    }

    private async ValueTask<IReadOnlyList<Checkpoint>> WriteCheckpointsAsync(
        SqlChannel channel, SqlStepRequest request, BoundValue? until, long rows, CancellationToken cancellationToken)
    {
        List<Checkpoint> checkpoints = [];
        if (StepWatermark.CheckpointOf(request, until, rows) is { } watermark)
        {
            checkpoints.Add(watermark);
            if (ProjectClaim.Of(request.Project) is { } claim)
            {
                checkpoints.Add(new(request.TaskKey, ProjectClaim.Marker, 1, StepWatermark.LoadOf(request), claim, 0));
            }
        }

        // What is no longer there, because a full refresh found nothing, is gone.
        await channel.ExecuteAsync(store.Checkpoints.Remove(request.TaskKey), cancellationToken).ConfigureAwait(false);
        await store.Checkpoints.WriteAsync(channel, checkpoints, store.Time.GetUtcNow(), cancellationToken).ConfigureAwait(false);
        return checkpoints;
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
        if (statements.IsEmpty)
        {
            throw new MillraceException(ErrorCodes.StepFailed, $"{request.ScriptName} holds no statement.", "Write the step's SQL there, or switch the task off.");
        }

        return request.InTransaction && statements.FirstOrDefault(s => s.EndsTransaction) is { } ends
            ? throw new MillraceException(
                ErrorCodes.StepEndsTransaction,
                $"{request.ScriptName}, line {ends.Line}: the step runs in a transaction of its own, which this statement would begin or end. Nothing ran.",
                "Remove it; the step is committed when all of it is done. Or set transaction: false, where each statement commits by itself.")
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
        string unknown = statement.Unknown.IsEmpty ? "" : $"There is no parameter {string.Join(", ", statement.Unknown.Select(n => ":" + n))}. ";
        return InUsersSql(where, error, unknown + KeptOf(request));
    }
}
