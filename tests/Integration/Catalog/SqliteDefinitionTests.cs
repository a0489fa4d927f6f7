using System.Collections.Immutable;
using Millrace.Catalog.Connections;
using Millrace.Catalog.Jobs;
using Millrace.Catalog.Stores.Sqlite;
using Millrace.Core.Errors;

namespace Millrace.IntegrationTests.Catalog;

public sealed class SqliteDefinitionTests : IDisposable
{
    private static readonly CancellationToken Ct = CancellationToken.None;
    private readonly CatalogFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task What_is_applied_is_what_is_read_and_a_second_apply_changes_nothing()
    {
        await using SqliteCatalog catalog = await _folder.OpenAsync();
        Definitions project = Project(Task("j/a", "a", """{"name":"a","target":{"delete_mode":"soft"}}"""));

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
        await using SqliteCatalog catalog = await _folder.OpenAsync();
        await catalog.Definitions.ApplyAsync(
            Project(Task("j/a", "a", """{"name":"a","target":{"delete_mode":"soft","table":"t"}}"""), Task("j/b", "b", "{}")), 0, "me", Ct);

        AppliedVersion applied = await catalog.Definitions.ApplyAsync(
            Project(Task("j/a", "renamed", """{"name":"renamed","target":{"delete_mode":"hard","table":"t"}}""")), 1, "you", Ct);

        applied.Changes.Select(c => (c.Type, c.Subject, c.Name)).ShouldBe(
            [(ChangeType.Changed, "task", "j/a"), (ChangeType.Removed, "task", "j/b")]);
        applied.Changes[0].Fields.ShouldBe([new("name", "a", "renamed"), new("target.delete_mode", "soft", "hard")]);
        (await catalog.Definitions.VersionsAsync(10, Ct)).Select(v => (v.Version, v.AppliedBy)).ShouldBe([(2, "you"), (1, "me")]);
        (await catalog.Definitions.ReadAsync(Ct)).Tasks.Single().Name.ShouldBe("renamed");
        _folder.Count("SELECT count(*) FROM tasks WHERE removed_version = 2").ShouldBe(1);
    }

    [Fact]
    public async Task What_was_removed_can_come_back()
    {
        await using SqliteCatalog catalog = await _folder.OpenAsync();
        Definitions project = Project(Task("j/a", "a", "{}"));
        await catalog.Definitions.ApplyAsync(project, 0, "me", Ct);
        await catalog.Definitions.ApplyAsync(new(0, [], [], []), 1, "me", Ct);
        (await catalog.Definitions.ReadAsync(Ct)).Tasks.ShouldBeEmpty();

        await catalog.Definitions.ApplyAsync(project, 2, "me", Ct);

        (await catalog.Definitions.ReadAsync(Ct)).Tasks.ShouldBe(project.Tasks);
    }

    [Fact]
    public async Task Of_two_applies_from_one_version_the_second_is_refused_and_changes_nothing()
    {
        await using SqliteCatalog one = await _folder.OpenAsync();
        await using SqliteCatalog two = await _folder.OpenAsync();
        await one.Definitions.ApplyAsync(Project(Task("j/a", "a", "{}")), 0, "one", Ct);

        MillraceException error = await Should.ThrowAsync<MillraceException>(
            () => two.Definitions.ApplyAsync(Project(Task("j/b", "b", "{}")), 0, "two", Ct).AsTask());

        error.Code.ShouldBe(ErrorCodes.DefinitionsMoved);
        (await two.Definitions.ReadAsync(Ct)).Tasks.Single().Name.ShouldBe("a");
    }

    private static CatalogTask Task(string key, string name, string definition) => new(key, "j", name, "E", 0, true, definition);

    private static Definitions Project(params CatalogTask[] tasks) => new(
        0, [new CatalogConnection("c", "mongodb", """{"type":"mongodb","uri":"${URI}"}""")], [new CatalogJob("j", true, "{}")], [.. tasks]);
}
