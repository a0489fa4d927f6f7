using System.Collections.Immutable;
using Millrace.Core.Contracts;

namespace Millrace.Core.Engine;

/// <summary>What one run of one task did. All counts are of what is durable.</summary>
/// <param name="Rows">Rows (changes) read and committed, quarantined and discarded ones counted.</param>
/// <param name="Bytes">Source payload bytes of them.</param>
/// <param name="Loads">Loads committed.</param>
/// <param name="Generation">The generation worked in.</param>
public sealed record TaskOutcome(long Rows, long Bytes, int Loads, int Generation)
{
    /// <summary>Rows written to each target table.</summary>
    public ImmutableArray<TableOutcome> Tables { get; init; } = [];

    /// <summary>Rows that went to quarantine.</summary>
    public long Quarantined { get; init; }

    /// <summary>Rows that the schema contract left out.</summary>
    public long DiscardedRows { get; init; }

    /// <summary>Values that the schema contract left out.</summary>
    public long DiscardedValues { get; init; }

    /// <summary>Columns added, as <c>table.column type</c>.</summary>
    public ImmutableArray<string> NewColumns { get; init; } = [];

    /// <summary>The tables that rows were written to, as they are now: the dataset that each is of, and its columns with the paths that feed them.</summary>
    public ImmutableArray<(string Dataset, Schemas.TableSchema Schema)> Written { get; init; } = [];

    /// <summary>The checkpoints as they are stored now.</summary>
    public ImmutableArray<Checkpoint> Checkpoints { get; init; } = [];

    /// <summary>The setting that ended the run before the source's head, or <see cref="ReadBudget.StopRequested"/>, or null.</summary>
    public string? LimitReached { get; init; }

    /// <summary>Time that each stage spent working (they overlap).</summary>
    public StageDurations Stages { get; init; } = new(TimeSpan.Zero, TimeSpan.Zero, TimeSpan.Zero);

    /// <summary>From start to end.</summary>
    public TimeSpan Elapsed { get; init; }
}

/// <summary>Time that each stage spent working, waits between stages left out.</summary>
/// <param name="Read">Reading and decoding.</param>
/// <param name="Shape">Mapping, casting, masking.</param>
/// <param name="Write">Writing and committing.</param>
public sealed record StageDurations(TimeSpan Read, TimeSpan Shape, TimeSpan Write);
