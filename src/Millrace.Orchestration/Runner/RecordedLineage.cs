using System.Collections.Immutable;
using Millrace.Catalog;
using Millrace.Core.Config;
using Millrace.Core.Lineage;

namespace Millrace.Orchestration.Runner;

/// <summary>The lineage of definitions, with what runs have recorded of columns.</summary>
public static class RecordedLineage
{
    /// <summary>Reads it.</summary>
    public static async Task<ImmutableArray<TaskLineage>> OfDefinitionsAsync(ICatalog catalog, Project project, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        IReadOnlyList<TaskLineage> recorded = await catalog.Lineage.LatestAsync("E", cancellationToken).ConfigureAwait(false);
        return ProjectLineage.Of(project, key => recorded.FirstOrDefault(r => r.TaskKey == key)?.Edges ?? []);
    }
}
