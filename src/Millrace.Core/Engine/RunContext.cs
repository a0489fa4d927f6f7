using Millrace.Core.Contracts;

namespace Millrace.Core.Engine;

/// <summary>What one run of one task is given besides the task.</summary>
/// <param name="RunId">Stamped on every row.</param>
/// <param name="Source">The source's connection, options bound and secrets resolved.</param>
/// <param name="Destination">The destination's connection.</param>
/// <param name="StateDirectory">A folder that belongs to this task alone.</param>
public sealed record RunContext(long RunId, ConnectionSettings Source, ConnectionSettings Destination, string StateDirectory)
{
    /// <summary>Told what happens.</summary>
    public IRunObserver Observer { get; init; } = SilentObserver.Instance;

    /// <summary>True to start a new generation and read everything again.</summary>
    public bool FullRefresh { get; init; }

    /// <summary>Backfill from this time on (inclusive).</summary>
    public DateTimeOffset? From { get; init; }

    /// <summary>Backfill before this time (exclusive).</summary>
    public DateTimeOffset? To { get; init; }

    /// <summary>True for a run over a range of time, beside the task's ordinary reading.</summary>
    internal bool IsBackfill => From is not null || To is not null;

    /// <summary>True to keep going: when the head is reached, wait and look again.</summary>
    public bool Follow { get; init; }

    /// <summary>
    /// Asks the run to end well at its next commit point, with all that it has read committed; a cancellation rolls back to the last one.
    /// </summary>
    public CancellationToken Stopping { get; init; }

    /// <summary>With <see cref="Follow"/>: how long to wait when there was nothing.</summary>
    public TimeSpan PollInterval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Partitions read at once.</summary>
    public int ReadParallelism { get; init; } = 2;

    /// <summary>True for what only looks, such as a forecast: connectors then make and change no file.</summary>
    public bool LooksOnly { get; init; }

    /// <summary>The clock.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;
}
