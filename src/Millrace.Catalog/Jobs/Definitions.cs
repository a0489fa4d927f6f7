using System.Collections.Immutable;
using Millrace.Catalog.Connections;
using Millrace.Core.Config;

namespace Millrace.Catalog.Jobs;

/// <summary>All definitions at one version.</summary>
/// <param name="Version">The version; 0 where nothing was ever applied, and for a project that was not.</param>
/// <param name="Connections">Connections.</param>
/// <param name="Jobs">Jobs.</param>
/// <param name="Tasks">Tasks of all jobs.</param>
public sealed record Definitions(
    long Version, ImmutableArray<CatalogConnection> Connections, ImmutableArray<CatalogJob> Jobs, ImmutableArray<CatalogTask> Tasks)
{
    /// <summary>The definitions that a project's files hold.</summary>
    public static Definitions Of(Project project)
    {
        ArgumentNullException.ThrowIfNull(project);
        return new(
            0,
            [.. project.Connections.Values.Select(c => new CatalogConnection(c.Name, c.Type, c.ToJson()))],
            [.. project.Jobs.Select(j => new CatalogJob(j.Name, j.Enabled, DefinitionJson.Of(j)))],
            [
                .. project.Jobs.SelectMany(j => j.Tasks)
                    .Select(t => new CatalogTask(t.Key, t.Job, t.Name, t.Step.ToString(), t.Order, t.Enabled, DefinitionJson.Of(t))),
            ]);
    }
}
