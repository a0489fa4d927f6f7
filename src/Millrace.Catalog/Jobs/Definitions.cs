using System.Collections.Immutable;
using System.Text.Json.Nodes;
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

    /// <summary>The definitions as a project takes them, each setting with its place in the catalog's tables.</summary>
    public CatalogDefinitions ToProject() => new(
        [.. Connections.Select(c => new CatalogDefinition(c.Name, c.Definition, PlaceOf(c)))],
        [.. Jobs.Select(j => new CatalogDefinition(j.Name, j.Definition, path => DefinitionPlaces.OfJob(j.Name, path)))],
        [.. Tasks.Select(t => new CatalogDefinition(t.Key, t.Definition, PlaceOf(t)) { Misplaced = t.Misplaced })]);

    private static Func<string, string> PlaceOf(CatalogConnection connection)
    {
        string source = JsonNode.Parse(connection.Definition)!["data_source"]?.ToString() ?? connection.Name;
        return path => DefinitionPlaces.OfConnection(connection.Name, source, path);
    }

    private static Func<string, string> PlaceOf(CatalogTask task)
    {
        string? script = JsonNode.Parse(task.Definition)!["run"]?["script"]?.ToString();
        return path => DefinitionPlaces.OfTask(task.Key, script, path);
    }
}
