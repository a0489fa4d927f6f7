using System.Collections.Immutable;
using Millrace.Catalog.Runs;
using Millrace.Core.Config;
using Millrace.Core.Config.Settings;
using Millrace.Core.Contracts.SqlSteps;
using Millrace.Core.Engine;
using Millrace.Core.Errors;

namespace Millrace.Orchestration.Runner;

/// <summary>What is to be run.</summary>
/// <param name="Job">The job's name.</param>
public sealed record RunRequest(string Job)
{
    /// <summary>A run of the job that ended without success: its id goes on, and what succeeded in it is not run again. Null for a new run.</summary>
    public long? Resume { get; init; }

    /// <summary>Only this task, or null for all that are switched on.</summary>
    public string? Task { get; init; }

    /// <summary>Only tasks of these steps; empty for all.</summary>
    public ImmutableArray<TaskStep> Steps { get; init; } = [];

    /// <summary>True to read everything again, as a new generation.</summary>
    public bool FullRefresh { get; init; }

    /// <summary>Backfill from this time on (inclusive).</summary>
    public DateTimeOffset? From { get; init; }

    /// <summary>Backfill before this time (exclusive).</summary>
    public DateTimeOffset? To { get; init; }

    /// <summary>True to keep going until stopped or cancelled; all tasks then run at the same time.</summary>
    public bool Follow { get; init; }

    /// <summary>Asks the tasks under way to end well at their next commit points.</summary>
    public CancellationToken Stopping { get; init; }

    /// <summary>What started the run.</summary>
    public string Trigger { get; init; } = "manual";

    /// <summary>Who started it.</summary>
    public string StartedBy { get; init; } = Environment.UserName;
}

/// <summary>What a run did.</summary>
/// <param name="RunId">Its id.</param>
/// <param name="Job">The job's name.</param>
/// <param name="Status">How it ended.</param>
/// <param name="Tasks">Its tasks, in the job's order; those that a cancellation kept from starting are not among them.</param>
/// <param name="Elapsed">From start to end.</param>
public sealed record RunReport(long RunId, string Job, RunStatus Status, ImmutableArray<TaskReport> Tasks, TimeSpan Elapsed)
{
    /// <summary>True where the run was one of the whole job, which the jobs of <c>on_success</c> may follow.</summary>
    public bool IsWhole { get; init; }

    /// <summary>Tasks that the run left out: switched off, or because another failed before them.</summary>
    public ImmutableArray<SkippedTask> Skipped { get; init; } = [];

    /// <summary>The errors of failed tasks.</summary>
    public IEnumerable<MillraceException> Errors => Tasks.Select(t => t.Error).OfType<MillraceException>();
}

/// <summary>What a task run did.</summary>
/// <param name="Task">The task.</param>
/// <param name="TaskRunId">The task run's id.</param>
/// <param name="Status">How it ended.</param>
/// <param name="Outcome">What it did; null where it did not end well.</param>
/// <param name="Error">Why it failed, or null.</param>
public sealed record TaskReport(ProjectTask Task, long TaskRunId, RunStatus Status, TaskOutcome? Outcome, MillraceException? Error)
{
    /// <summary>What the SQL of a step T or L did; null for step E and where it did not end well.</summary>
    public SqlStepOutcome? Step { get; init; }
}

/// <summary>A task that a run left out.</summary>
/// <param name="Task">The task.</param>
/// <param name="Reason">Why, in words.</param>
public sealed record SkippedTask(ProjectTask Task, string Reason);
