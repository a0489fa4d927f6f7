namespace Millrace.Catalog.Logs;

/// <summary>Log lines, tied to run and task run.</summary>
public interface ILogStore
{
    /// <summary>Opens a log of a run (<paramref name="taskRunId"/> null) or of one of its task runs.</summary>
    ValueTask<long> OpenAsync(long runId, long? taskRunId, CancellationToken cancellationToken);

    /// <summary>Appends lines, in one transaction. Their sequence numbers are the caller's and grow by one.</summary>
    ValueTask AppendAsync(long logId, IReadOnlyList<LogLine> lines, CancellationToken cancellationToken);

    /// <summary>The lines of a run, of the run itself and all its task runs, in order of time.</summary>
    ValueTask<IReadOnlyList<LogEntry>> ReadAsync(long runId, int limit, CancellationToken cancellationToken);
}

/// <summary>How much a line matters.</summary>
public enum LogLevel
{
    /// <summary>For the record.</summary>
    Info,

    /// <summary>Worth a look.</summary>
    Warning,

    /// <summary>An error.</summary>
    Error,
}

/// <summary>One line.</summary>
/// <param name="Sequence">Its place in its log, from 1.</param>
/// <param name="At">When.</param>
/// <param name="Level">How much it matters.</param>
/// <param name="Message">What happened; no secret.</param>
public sealed record LogLine(long Sequence, DateTimeOffset At, LogLevel Level, string Message)
{
    /// <summary>Further facts as JSON, or null.</summary>
    public string? Context { get; init; }

    /// <summary>Rows that it speaks of, or null.</summary>
    public long? Rows { get; init; }
}

/// <summary>One line and what it belongs to.</summary>
/// <param name="TaskRunId">The task run, or null for the run's own lines.</param>
/// <param name="TaskName">The task's name, or null.</param>
/// <param name="Line">The line.</param>
public sealed record LogEntry(long? TaskRunId, string? TaskName, LogLine Line);
