namespace Millrace.Core.Contracts.SqlSteps;

/// <summary>What a SQL step did.</summary>
/// <param name="Statements">Statements that ran.</param>
/// <param name="Rows">Rows that they changed.</param>
public sealed record SqlStepOutcome(int Statements, long Rows)
{
    /// <summary>True where the run had completed the step before, and nothing ran now.</summary>
    public bool WasCompleted { get; init; }

    /// <summary>The task's checkpoints as they are stored now: the watermark.</summary>
    public IReadOnlyList<Checkpoint> Checkpoints { get; init; } = [];

    /// <summary>From start to end.</summary>
    public TimeSpan Elapsed { get; init; }
}
