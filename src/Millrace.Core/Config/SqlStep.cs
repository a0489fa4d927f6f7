using System.Collections.Immutable;
using Millrace.Core.Contracts.SqlSteps;

namespace Millrace.Core.Config;

/// <summary>The SQL of a T or L step: a script, its text, or a procedure.</summary>
/// <param name="Connection">The connection's name.</param>
/// <param name="Script">A file relative to the project's folder, or null.</param>
/// <param name="Procedure">A stored procedure, or null.</param>
public sealed record SqlStep(string Connection, string? Script, string? Procedure)
{
    /// <summary>The argument of a procedure that gets the run's id, where nothing is set.</summary>
    public const string RunIdArgument = "p_job_inst_id";

    /// <summary>The argument of a procedure that gets the task run's id, where nothing is set.</summary>
    public const string TaskRunIdArgument = "p_job_inst_task_id";

    /// <summary>The argument of a procedure that gets the sequence of the next log line, where nothing is set.</summary>
    public const string LoggingSequenceArgument = "p_logging_seq";

    /// <summary>The SQL itself, or null.</summary>
    public string? Sql { get; init; }

    /// <summary>Values by name.</summary>
    public ImmutableArray<SqlStepParameter> Parameters { get; init; } = [];

    /// <summary>What a procedure calls the run's id, the task run's id and the logging sequence; an empty name leaves one out.</summary>
    public (string RunId, string TaskRunId, string LoggingSequence) Arguments { get; init; } = (RunIdArgument, TaskRunIdArgument, LoggingSequenceArgument);

    /// <summary>How far the step has come, or null.</summary>
    public SqlStepWatermark? Watermark { get; init; }

    /// <summary>How long it may take, or null.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>False where each statement commits by itself.</summary>
    public bool InTransaction { get; init; } = true;

    /// <summary>How often to try again after an error that may pass.</summary>
    public int Retries { get; init; }
}
