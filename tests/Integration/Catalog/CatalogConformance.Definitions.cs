using System.Collections.Immutable;
using Millrace.Catalog;
using Millrace.Catalog.Connections;
using Millrace.Catalog.Jobs;
using Millrace.Core.Errors;

namespace Millrace.IntegrationTests.Catalog;

public abstract partial class CatalogConformance
{

    [Fact]
    public async Task What_is_applied_is_what_is_read_and_a_second_apply_changes_nothing()
    {
        await using ICatalog catalog = await Place.OpenAsync();
        Definitions project = ProjectOf(TaskOf("j/a", "a", """{"name":"a","target":{"delete_mode":"soft"}}"""));

        AppliedVersion first = await catalog.Definitions.ApplyAsync(project, 0, "me", Ct);
        AppliedVersion second = await catalog.Definitions.ApplyAsync(project, first.Version, "me", Ct);

        (first.Version, second.Version, second.Changes.Length).ShouldBe((1, 1, 0));
        Definitions read = await catalog.Definitions.ReadAsync(Ct);
        read.Connections.ShouldBe(project.Connections);
        read.Jobs.ShouldBe(project.Jobs);
        read.Tasks.ShouldBe(project.Tasks);
    }

    [Fact]
    public async Task Changes_are_told_field_by_field_and_kept_with_who_made_them()
    {
        await using ICatalog catalog = await Place.OpenAsync();
        await catalog.Definitions.ApplyAsync(
            ProjectOf(TaskOf("j/a", "a", """{"name":"a","target":{"delete_mode":"soft","table":"t"}}"""), TaskOf("j/b", "b", "{}")), 0, "me", Ct);

        AppliedVersion applied = await catalog.Definitions.ApplyAsync(
            ProjectOf(TaskOf("j/a", "renamed", """{"name":"renamed","target":{"delete_mode":"hard","table":"t"}}""")), 1, "you", Ct);

        applied.Changes.Select(c => (c.Type, c.Subject, c.Name)).ShouldBe(
            [(ChangeType.Changed, "task", "j/a"), (ChangeType.Removed, "task", "j/b")]);
        applied.Changes[0].Fields.ShouldBe([new("name", "a", "renamed"), new("target.delete_mode", "soft", "hard")]);
        (await catalog.Definitions.VersionsAsync(10, Ct)).Select(v => (v.Version, v.AppliedBy)).ShouldBe([(2, "you"), (1, "me")]);
        (await catalog.Definitions.ReadAsync(Ct)).Tasks.Single().Name.ShouldBe("renamed");
        (await Place.CountAsync("SELECT count(*) FROM metadata.tasks WHERE removed_version = 2")).ShouldBe(1);
    }

    [Fact]
    public async Task What_was_removed_can_come_back()
    {
        await using ICatalog catalog = await Place.OpenAsync();
        Definitions project = ProjectOf(TaskOf("j/a", "a", "{}"));
        await catalog.Definitions.ApplyAsync(project, 0, "me", Ct);
        await catalog.Definitions.ApplyAsync(new(0, [], [], []), 1, "me", Ct);
        (await catalog.Definitions.ReadAsync(Ct)).Tasks.ShouldBeEmpty();

        await catalog.Definitions.ApplyAsync(project, 2, "me", Ct);

        (await catalog.Definitions.ReadAsync(Ct)).Tasks.ShouldBe(project.Tasks);
    }

    [Fact]
    public async Task Of_two_applies_from_one_version_the_second_is_refused_and_changes_nothing()
    {
        await using ICatalog one = await Place.OpenAsync();
        await using ICatalog two = await Place.OpenAsync();
        await one.Definitions.ApplyAsync(ProjectOf(TaskOf("j/a", "a", "{}")), 0, "one", Ct);

        MillraceException error = await Should.ThrowAsync<MillraceException>(
            () => two.Definitions.ApplyAsync(ProjectOf(TaskOf("j/b", "b", "{}")), 0, "two", Ct).AsTask());

        error.Code.ShouldBe(ErrorCodes.DefinitionsMoved);
        (await two.Definitions.ReadAsync(Ct)).Tasks.Single().Name.ShouldBe("a");
    }

    private static CatalogTask TaskOf(string key, string name, string definition) => new(key, "j", name, "E", 0, true, definition);

    private static Definitions ProjectOf(params CatalogTask[] tasks) => new(
        0, [new CatalogConnection("c", "mongodb", """{"type":"mongodb","uri":"${URI}"}""")], [new CatalogJob("j", true, "{}")], [.. tasks]);
}
