using System.Collections.Immutable;
using System.Diagnostics;
using Millrace.Catalog.Logs;
using Millrace.Core.Config;
using Millrace.Core.Contracts;
using Millrace.Core.Contracts.SqlSteps;
using Millrace.Core.Engine;
using Millrace.Core.Errors;

namespace Millrace.Orchestration.Runner;

/// <summary>Runs a task of step T or L, its statements and messages written to the task run's log.</summary>
internal sealed class SqlTask(RunnerSettings settings, Project project, ProjectTask task, SqlStep sql, RunLog log, IRunObserver observer) : ISqlStepObserver
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(30);

    /// <summary>Runs it, again after an error that may pass, as often as the task says.</summary>
    public async Task<SqlStepOutcome> RunAsync(RunRequest request, long runId, long taskRunId, CancellationToken cancellationToken)
    {
        ConnectionDefinition connection = project.Connections[sql.Connection];
        ISqlStepRunner runner = connection.Connector.CreateStepRunner(connection.Resolve(settings.Secrets, settings.ProjectFolder), settings.Time);
        await using (runner.ConfigureAwait(false))
        {
            SqlStepRequest step = RequestOf(request, await StartOfAsync(runId, cancellationToken).ConfigureAwait(false), runId, taskRunId);
            TimeSpan pause = FirstPause;
            for (int tries = 0; ; tries++)
            {
                try
                {
                    SqlStepOutcome outcome = await runner.RunAsync(step, this, cancellationToken).ConfigureAwait(false);
                    await MirrorAsync(outcome, runId).ConfigureAwait(false);
                    return outcome;
                }
                catch (MillraceException error) when (error.IsTransient && tries < sql.Retries)
                {
                    Tell(NoteLevel.Warning, $"{error.Code.Id}: {error.Message} Tried again in {pause.TotalSeconds:0} s ({tries + 1} of {sql.Retries}).");
                    await Task.Delay(pause, settings.Time, cancellationToken).ConfigureAwait(false);
                    pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
                }
            }
        }
    }

    /// <summary>What the catalog keeps of a step's outcome.</summary>
    public static TaskOutcome OutcomeOf(SqlStepOutcome step) => new(step.Rows, 0, step.WasCompleted ? 0 : 1, 0)
    {
        Checkpoints = [.. step.Checkpoints],
        Elapsed = step.Elapsed,
        Stages = new(TimeSpan.Zero, TimeSpan.Zero, step.Elapsed),
    };

    /// <summary>A step's outcome in a line.</summary>
    public static string Summary(SqlStepOutcome step) => step.WasCompleted
        ? "The run had completed this step before; nothing ran now."
        : $"{Quantity.Of(step.Statements, "statement")}, {Quantity.Of(step.Rows, "row")} changed.";

    /// <inheritdoc/>
    public void StatementEnded(SqlStepStatement statement)
    {
        string where = statement.Line == 0 ? "The procedure" : $"Statement {statement.Number} of {statement.Of} (line {statement.Line})";
        log.Add(LogLevel.Info, $"{where}: {Quantity.Of(statement.Rows, "row")} changed, {statement.Elapsed.TotalSeconds:0.000} s.", statement.Rows);
    }

    /// <inheritdoc/>
    public void Message(string text, bool isWarning) => Tell(isWarning ? NoteLevel.Warning : NoteLevel.Info, text);

    private void Tell(NoteLevel level, string text)
    {
        log.Add(level == NoteLevel.Warning ? LogLevel.Warning : LogLevel.Info, text);
        observer.Note(level, settings.Secrets.Scrubber.Scrub(text));
    }

    private async ValueTask MirrorAsync(SqlStepOutcome outcome, long runId)
    {
        // The step is done whatever becomes of this call: the mirror must not stop half-way for a cancellation.
        if (outcome.Checkpoints.Count > 0)
        {
            await settings.Catalog.Checkpoints.ReplaceAsync(task.Key, outcome.Checkpoints, runId, CancellationToken.None).ConfigureAwait(false);
        }
    }

    private async Task<DateTimeOffset> StartOfAsync(long runId, CancellationToken cancellationToken) =>
        (await settings.Catalog.Runs.ListAsync(new(1) { RunId = runId }, cancellationToken).ConfigureAwait(false))[0].StartedAt;

    private SqlStepRequest RequestOf(RunRequest request, DateTimeOffset runStartedAt, long runId, long taskRunId) => new(task.Key, runId, runStartedAt, taskRunId)
    {
        Project = task.Project,
        Script = sql.Procedure is null ? sql.Sql ?? throw new UnreachableException("A project is loaded with its scripts.") : null,
        ScriptName = sql.Script ?? "the SQL",
        Procedure = sql.Procedure,
        Parameters = [.. OwnParameters(runId, taskRunId), .. sql.Parameters.Select(Resolved)],
        Watermark = sql.Watermark,
        FullRefresh = request.FullRefresh,
        Timeout = sql.Timeout,
        InTransaction = sql.InTransaction,
    };

    private SqlStepParameter Resolved(SqlStepParameter parameter) => parameter.Value is string text
        ? parameter with { Value = settings.Secrets.Resolve(text, $"jobs.{task.Job}.tasks[{task.Order}].run.parameters.{parameter.Name}") }
        : parameter;

    private ImmutableArray<SqlStepParameter> OwnParameters(long runId, long taskRunId) => sql.Procedure is null
        ?
        [
            new("run_id", runId), new("task_run_id", taskRunId), new("logging_sequence", log.NextSequence), new("job", task.Job), new("task", task.Name),
        ]
        :
        [
            .. new SqlStepParameter[]
            {
                new(sql.Arguments.RunId, runId), new(sql.Arguments.TaskRunId, taskRunId), new(sql.Arguments.LoggingSequence, log.NextSequence),
            }.Where(p => p.Name.Length > 0),
        ];
}
