using System.Collections.Immutable;

namespace Millrace.Catalog.Jobs;

/// <summary>Definitions, versioned. A version is applied whole or not at all.</summary>
public interface IDefinitionStore
{
    /// <summary>The definitions as they are.</summary>
    ValueTask<Definitions> ReadAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Makes the catalog's definitions equal to <paramref name="desired"/>, if they still are at <paramref name="expectedVersion"/>, and records
    /// who changed what. Without a difference no version is made.
    /// </summary>
    /// <returns>The version that is now in force and what changed.</returns>
    /// <exception cref="Core.Errors.MillraceException">MR1405: another apply came first; nothing was changed.</exception>
    ValueTask<AppliedVersion> ApplyAsync(Definitions desired, long expectedVersion, string appliedBy, CancellationToken cancellationToken);

    /// <summary>The versions, newest first.</summary>
    ValueTask<IReadOnlyList<DefinitionVersion>> VersionsAsync(int limit, CancellationToken cancellationToken);
}

/// <summary>What an apply did.</summary>
/// <param name="Version">The version in force.</param>
/// <param name="Changes">What changed; empty where nothing did.</param>
public sealed record AppliedVersion(long Version, ImmutableArray<DefinitionChange> Changes);

/// <summary>A version of the definitions.</summary>
/// <param name="Version">Its number, from 1.</param>
/// <param name="AppliedAt">When.</param>
/// <param name="AppliedBy">Who.</param>
/// <param name="Changes">Number of fields that it changed.</param>
public sealed record DefinitionVersion(long Version, DateTimeOffset AppliedAt, string AppliedBy, int Changes);
