using Millrace.Core.Contracts;

namespace Millrace.Catalog.Checkpoints;

/// <summary>A copy of the destinations' checkpoints, for reading without opening them. Never the truth.</summary>
public interface ICheckpointMirror
{
    /// <summary>Makes the mirror of one task equal to what its destination stores.</summary>
    ValueTask ReplaceAsync(string taskKey, IReadOnlyList<Checkpoint> stored, long? runId, CancellationToken cancellationToken);

    /// <summary>The mirrored checkpoints, of one task or (null) of all, by task and partition.</summary>
    ValueTask<IReadOnlyList<MirroredCheckpoint>> ReadAsync(string? taskKey, CancellationToken cancellationToken);
}

/// <summary>A mirrored checkpoint.</summary>
/// <param name="Checkpoint">The checkpoint.</param>
/// <param name="RunId">The run that committed it, or null for a change by hand.</param>
/// <param name="MirroredAt">When it was copied.</param>
public sealed record MirroredCheckpoint(Checkpoint Checkpoint, long? RunId, DateTimeOffset MirroredAt);
