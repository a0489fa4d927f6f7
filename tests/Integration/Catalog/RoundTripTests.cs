using Millrace.Catalog;
using Millrace.Catalog.Jobs;
using Millrace.Core.Config;
using Millrace.Core.Config.Export;

namespace Millrace.IntegrationTests.Catalog;

/// <summary>What goes into the catalog's columns comes out of them as it was, and out of an export of them, too.</summary>
public sealed class RoundTripTests
{
    private const int Projects = 150;

    [Fact]
    public async Task A_project_is_the_same_after_apply_after_a_read_and_after_an_export()
    {
        await using CatalogPlace place = CatalogPlaces.Sqlite();
        await using ICatalog catalog = await place.OpenAsync();
        CancellationToken ct = TestContext.Current.CancellationToken;
        for (int seed = 0; seed < Projects; seed++)
        {
            (string yaml, IReadOnlyDictionary<string, string> scripts) = new RandomProjects(seed).Next();
            Project project = RandomProjects.Load(yaml, scripts).Required();
            Definitions desired = Definitions.Of(project);
            Definitions before = await catalog.Definitions.ReadAsync(ct);
            await catalog.Definitions.ApplyAsync(desired, before.Version, "me", ct);

            Definitions read = await catalog.Definitions.ReadAsync(ct);
            ShouldBe(read, desired, yaml);
            DefinitionDiff.Between(read, desired).ShouldBeEmpty(yaml);

            ProjectLoadResult loaded = ProjectLoader.Load([], RandomProjects.Connectors, read.ToProject(), [new("nowhere", _ => null)]);
            ShouldBe(Definitions.Of(loaded.Required()), desired, yaml);
            ShouldHaveTheSameParameters(loaded.Required(), project, yaml);

            ExportedProject exported = ProjectExport.Of(project, read.ToProject(), RandomProjects.Connectors);
            ProjectLoadResult again = RandomProjects.Load(exported.Yaml, exported.Scripts);
            again.Problems.Where(p => !p.IsWarning).ShouldBeEmpty(exported.Yaml);
            ShouldBe(Definitions.Of(again.Required()), desired, exported.Yaml);
            ShouldHaveTheSameParameters(again.Required(), project, exported.Yaml);
            (await catalog.Definitions.ApplyAsync(Definitions.Of(again.Required()), read.Version, "me", ct)).Changes.ShouldBeEmpty(exported.Yaml);
        }
    }

    private static void ShouldBe(Definitions actual, Definitions expected, string yaml)
    {
        actual.Connections.ShouldBe(expected.Connections, ignoreOrder: true, yaml);
        actual.Jobs.OrderBy(j => j.Name).ShouldBe(expected.Jobs.OrderBy(j => j.Name), yaml);
        actual.Tasks.OrderBy(t => t.Key).ShouldBe(expected.Tasks.OrderBy(t => t.Key), yaml);
    }

    // Their types, which decide how SQL is given them.
    private static void ShouldHaveTheSameParameters(Project actual, Project expected, string yaml) =>
        Parameters(actual).ShouldBe(Parameters(expected), ignoreOrder: true, yaml);

    private static List<(string, string, object?)> Parameters(Project project) =>
        [.. project.Jobs.SelectMany(j => j.Tasks).SelectMany(t => (t.Sql?.Parameters ?? []).Select(p => (t.Key, p.Name, p.Value)))];
}
