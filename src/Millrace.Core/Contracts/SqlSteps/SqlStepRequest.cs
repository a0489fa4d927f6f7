using System.Collections.Immutable;

namespace Millrace.Core.Contracts.SqlSteps;

/// <summary>A SQL step to be run: a script or a procedure.</summary>
/// <param name="TaskKey">The task's stable key.</param>
/// <param name="RunId">The run that it is part of: a step runs once for a run.</param>
/// <param name="RunStartedAt">When the run was first started: run ids begin again with a new catalog, and this tells their runs apart.</param>
/// <param name="TaskRunId">The task run.</param>
public sealed record SqlStepRequest(string TaskKey, long RunId, DateTimeOffset RunStartedAt, long TaskRunId)
{
    /// <summary>The project that the task is of, or null where it names none.</summary>
    public string? Project { get; init; }

    /// <summary>The script's text, or null where <see cref="Procedure"/> is set.</summary>
    public string? Script { get; init; }

    /// <summary>What messages call the script: its file.</summary>
    public string ScriptName { get; init; } = "the script";

    /// <summary>A stored procedure, <c>schema.name</c>, as it is written in the engine's SQL; or null.</summary>
    public string? Procedure { get; init; }

    /// <summary>
    /// Values by name: a script has those that it names as <c>:name</c>, a procedure gets all, by name. Values are null, <see cref="bool"/>,
    /// <see cref="long"/>, <see cref="decimal"/>, <see cref="string"/>, <see cref="DateOnly"/> or <see cref="DateTimeOffset"/>. They are bound, never pasted.
    /// </summary>
    public ImmutableArray<SqlStepParameter> Parameters { get; init; } = [];

    /// <summary>How far the step has come by date or number, or null.</summary>
    public SqlStepWatermark? Watermark { get; init; }

    /// <summary>True to begin again at the watermark's initial value.</summary>
    public bool FullRefresh { get; init; }

    /// <summary>How long the step may take, or null.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>False for statements that no transaction takes (VACUUM): they run each by itself.</summary>
    public bool InTransaction { get; init; } = true;
}
