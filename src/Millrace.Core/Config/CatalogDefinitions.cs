using System.Collections.Immutable;

namespace Millrace.Core.Config;

/// <summary>Connections, jobs and tasks that a project takes from its catalog, as JSON in the words of <see cref="DefinitionJson"/>.</summary>
/// <param name="Connections">Connections by name.</param>
/// <param name="Jobs">Jobs by name, without their tasks.</param>
/// <param name="Tasks">Tasks by their stable ids, those of a job in its order.</param>
public sealed record CatalogDefinitions(
    ImmutableArray<CatalogDefinition> Connections, ImmutableArray<CatalogDefinition> Jobs, ImmutableArray<CatalogDefinition> Tasks);

/// <summary>One definition of a catalog.</summary>
/// <param name="Name">Its name; a task's stable id.</param>
/// <param name="Json">Its settings.</param>
/// <param name="PlaceOf">Where a setting stands, by its path in the JSON (empty for the definition itself): what a problem is reported at.</param>
public sealed record CatalogDefinition(string Name, string Json, Func<string, string> PlaceOf)
{
    /// <summary>Settings that stand where nothing reads them, or null.</summary>
    public string? Misplaced { get; init; }
}
