using System.Collections.Immutable;

namespace Millrace.Catalog.Runs;

/// <summary>What is known when a run starts.</summary>
/// <param name="Job">The job's name.</param>
/// <param name="Trigger">What started it: <c>manual</c>, <c>schedule</c>, <c>api</c>.</param>
/// <param name="StartedBy">Who.</param>
/// <param name="Host">The host.</param>
/// <param name="Pid">The process.</param>
public sealed record RunStart(string Job, string Trigger, string StartedBy, string Host, int Pid)
{
    /// <summary>What the run was asked for beside its job, as JSON; null for all of the job.</summary>
    public string? Arguments { get; init; }
}

/// <summary>What is known when a task run starts.</summary>
/// <param name="TaskKey">The task's stable id.</param>
/// <param name="TaskName">Its name now.</param>
/// <param name="Step">E, T or L.</param>
/// <param name="Settings">The definition that it runs with, as JSON.</param>
public sealed record TaskRunStart(string TaskKey, string TaskName, string Step, string Settings);

/// <summary>A run.</summary>
/// <param name="RunId">Its id.</param>
/// <param name="Start">What was known when it started.</param>
/// <param name="Status">How it stands.</param>
/// <param name="StartedAt">When it started.</param>
/// <param name="EndedAt">When it ended, or null.</param>
/// <param name="ErrorCode">The code of the first error, or null.</param>
/// <param name="ErrorMessage">Its message.</param>
public sealed record RunRecord(
    long RunId, RunStart Start, RunStatus Status, DateTimeOffset StartedAt, DateTimeOffset? EndedAt, string? ErrorCode, string? ErrorMessage)
{
    /// <summary>Rows of all its task runs.</summary>
    public long Rows { get; init; }

    /// <summary>Source payload bytes of all its task runs.</summary>
    public long Bytes { get; init; }

    /// <summary>Quarantined rows of all its task runs.</summary>
    public long Quarantined { get; init; }
}

/// <summary>A task run.</summary>
/// <param name="TaskRunId">Its id.</param>
/// <param name="RunId">The run's.</param>
/// <param name="Start">What was known when it started.</param>
/// <param name="Status">How it stands.</param>
/// <param name="StartedAt">When it started.</param>
/// <param name="EndedAt">When it ended, or null.</param>
public sealed record TaskRunRecord(
    long TaskRunId, long RunId, TaskRunStart Start, RunStatus Status, DateTimeOffset StartedAt, DateTimeOffset? EndedAt)
{
    /// <summary>Counts.</summary>
    public TaskRunCounts Counts { get; init; } = new(0, 0, 0, 0, 0, 0, 0);

    /// <summary>The setting that ended it before the source's head, or null.</summary>
    public string? LimitReached { get; init; }

    /// <summary>Time that the stages worked, or null while it is under way.</summary>
    public Core.Engine.StageDurations? Stages { get; init; }

    /// <summary>Rows written to each table.</summary>
    public ImmutableArray<(string Table, long Upserted, long Deleted)> Tables { get; init; } = [];

    /// <summary>Columns that it added.</summary>
    public ImmutableArray<string> NewColumns { get; init; } = [];

    /// <summary>The error's code, message and fix, or null.</summary>
    public TaskRunError? Error { get; init; }
}

/// <summary>Counts of a task run, all of what is durable.</summary>
/// <param name="Generation">The generation that it worked in.</param>
/// <param name="Rows">Rows.</param>
/// <param name="Bytes">Source payload bytes.</param>
/// <param name="Loads">Loads.</param>
/// <param name="Quarantined">Rows in quarantine.</param>
/// <param name="DiscardedRows">Rows that the contract left out.</param>
/// <param name="DiscardedValues">Values that the contract left out.</param>
public sealed record TaskRunCounts(
    int Generation, long Rows, long Bytes, int Loads, long Quarantined, long DiscardedRows, long DiscardedValues);

/// <summary>Why a task run failed.</summary>
/// <param name="Code">The code.</param>
/// <param name="Message">What happened.</param>
/// <param name="Fix">What to do, or null.</param>
public sealed record TaskRunError(string Code, string Message, string? Fix);
