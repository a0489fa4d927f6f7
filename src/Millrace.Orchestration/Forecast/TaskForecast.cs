using Millrace.Core.Config;
using Millrace.Core.Contracts;
using Millrace.Core.Errors;

namespace Millrace.Orchestration.Forecast;

/// <summary>What waits for a task and what moving it will take, each figure with how it is known.</summary>
/// <param name="Task">The task.</param>
public sealed record TaskForecast(ProjectTask Task)
{
    /// <summary>The generation that the next run works in.</summary>
    public int Generation { get; init; }

    /// <summary>Rows or changes that wait.</summary>
    public Figure Rows { get; init; }

    /// <summary>Payload bytes that wait.</summary>
    public Figure Bytes { get; init; }

    /// <summary>Source time of the oldest waiting change, or null where that is not known.</summary>
    public DateTimeOffset? Oldest { get; init; }

    /// <summary>Runs that the budget makes of it.</summary>
    public Figure Runs { get; init; }

    /// <summary>Seconds that those runs take together.</summary>
    public Figure Seconds { get; init; }

    /// <summary>What those runs cost, in <see cref="Prices.Currency"/>; unknown without prices.</summary>
    public Figure Cost { get; init; }

    /// <summary>What the source says that should be known before the run, a line each.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];

    /// <summary>Why nothing can be said, or null.</summary>
    public MillraceException? Error { get; init; }
}

/// <summary>A figure and how it is known.</summary>
/// <param name="Value">The value; where it is unknown, what is known to be there at least.</param>
/// <param name="Known">How it is known.</param>
public readonly record struct Figure(double Value, Certainty Known)
{
    /// <summary>Not known.</summary>
    public static Figure Unknown => default;
}
