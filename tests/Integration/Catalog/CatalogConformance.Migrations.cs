using Millrace.Catalog;
using Millrace.Catalog.Stores;
using Millrace.Catalog.Stores.Relational;
using Millrace.Core.Errors;

namespace Millrace.IntegrationTests.Catalog;

public abstract partial class CatalogConformance
{
    private static readonly Migration First = new(1, "a", "CREATE TABLE metadata.a (x INTEGER); INSERT INTO metadata.a VALUES (1);");
    private static readonly Migration Second = new(2, "b", "ALTER TABLE metadata.a ADD y VARCHAR(10); CREATE TABLE metadata.b (x INTEGER);");

    [Fact]
    public async Task Each_migration_is_applied_once_and_recorded_with_its_checksum()
    {
        await OpenAsync(First);
        await OpenAsync(First, Second);
        await OpenAsync(First, Second);

        (await Place.CountAsync("SELECT count(*) FROM metadata.a")).ShouldBe(1);
        (await Place.CountAsync("SELECT count(*) FROM metadata.schema_migrations")).ShouldBe(2);
        (await Place.CountAsync($"SELECT count(*) FROM metadata.schema_migrations WHERE version = 2 AND checksum = '{Second.Checksum}'")).ShouldBe(1);
    }

    [Fact]
    public async Task A_migration_that_fails_leaves_nothing_behind()
    {
        await OpenAsync(First);
        var broken = new Migration(2, "broken", "CREATE TABLE metadata.half (x INTEGER); CREATE TABLE metadata.half (x INTEGER);");

        MillraceException error = await Should.ThrowAsync<MillraceException>(() => OpenAsync(First, broken));

        error.Code.ShouldBe(ErrorCodes.CatalogFailed);
        error.Fix.ShouldNotBeNull();
        await OpenAsync(First, broken with { Sql = "CREATE TABLE metadata.half (x INTEGER)" });
        (await Place.CountAsync("SELECT max(version) FROM metadata.schema_migrations")).ShouldBe(2);
    }

    [Fact]
    public async Task A_changed_migration_and_a_newer_catalog_are_refused()
    {
        await OpenAsync(First, Second);

        (await Should.ThrowAsync<MillraceException>(() => OpenAsync(First))).Code.ShouldBe(ErrorCodes.CatalogTooNew);
        (await Should.ThrowAsync<MillraceException>(() => OpenAsync(First, Second with { Sql = "SELECT 1" }))).Code.ShouldBe(ErrorCodes.CatalogDiverged);
    }

    [Fact]
    public async Task Processes_that_open_a_new_catalog_together_all_get_it()
    {
        ICatalog[] catalogs = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() => Place.OpenAsync())));

        foreach (ICatalog catalog in catalogs)
        {
            await catalog.DisposeAsync();
        }

        (await Place.CountAsync("SELECT count(*) FROM metadata.schema_migrations")).ShouldBe(Place.Dialect.Migrations.Length);
    }

    /// <summary>A later version is tested by adding <c>Upgrades/NNNN.sql</c>: rows as that version has them.</summary>
    [Fact]
    public async Task From_every_earlier_version_the_schema_becomes_that_of_a_new_catalog_and_the_rows_stay()
    {
        int newest = Place.Dialect.Migrations.Length;
        UpgradeFiles.Versions.ShouldBe(Enumerable.Range(1, newest), "each migration needs Upgrades/NNNN.sql with rows of its version");
        foreach (int version in UpgradeFiles.Versions)
        {
            await using CatalogPlace fresh = await CreateAsync();
            await using CatalogPlace old = await CreateAsync();
            await (await fresh.OpenAsync()).DisposeAsync();
            await (await old.OpenAsync([.. old.Dialect.Migrations[..version]])).DisposeAsync();
            await old.ExecuteAsync(UpgradeFiles.Read(version));

            CatalogMigration planned = await old.Store().MigrateAsync(isDryRun: true, Ct);
            CatalogMigration done = await old.Store().MigrateAsync(isDryRun: false, Ct);

            (planned.From, planned.To, planned.Applied.Length).ShouldBe((version, newest, newest - version));
            done.Applied.ShouldBe(planned.Applied);
            (await old.SchemaAsync()).ShouldBe(await fresh.SchemaAsync(), $"from version {version}");
            await UpgradeFiles.ShouldBeThereAsync(old);
        }
    }

    [Fact]
    public async Task Status_and_a_dry_run_say_what_there_is_and_make_nothing()
    {
        CatalogStatus before = await Place.Store().StatusAsync(Ct);
        CatalogMigration planned = await Place.Store().MigrateAsync(isDryRun: true, Ct);
        CatalogStatus still = await Place.Store().StatusAsync(Ct);
        await using ICatalog catalog = await Place.OpenAsync();
        await catalog.Runs.StartAsync(RunOfShop, Ct);
        CatalogStatus after = await Place.Store().StatusAsync(Ct);

        int newest = Place.Dialect.Migrations.Length;
        (before.Exists, before.Version, before.Newest, still.Exists).ShouldBe((false, 0, newest, false));
        (planned.From, planned.To, planned.Applied.Length).ShouldBe((0, newest, newest));
        (after.Exists, after.Version, after.Engine).ShouldBe((true, newest, Place.Dialect.Engine));
        after.Tables.ShouldContain(("runs", 1));
        after.Bytes.ShouldBeGreaterThan(0);
    }

    [Fact]
    public async Task Who_only_looks_where_there_is_no_catalog_sees_an_empty_one_and_makes_none()
    {
        await using (ICatalog looked = await Place.Store().OpenToReadAsync(Ct))
        {
            (await looked.Runs.ListAsync(new(5), Ct)).ShouldBeEmpty();
        }

        (await Place.Store().StatusAsync(Ct)).Exists.ShouldBeFalse();
    }

    [Theory]
    [InlineData("INSERT INTO metadata.jobs VALUES ('k', 'no json', '1', 1, 1, NULL)")]
    [InlineData("INSERT INTO metadata.tasks VALUES ('k', 'nowhere', 'n', 'E', 0, '1', '{}', 1, 1, NULL)")]
    [InlineData("INSERT INTO metadata.tasks VALUES ('k', 'j', 'n', 'X', 0, '1', '{}', 1, 1, NULL)")]
    [InlineData("INSERT INTO metadata.tasks VALUES ('k', 'j', 'n', 'E', -1, '1', '{}', 1, 1, NULL)")]
    [InlineData("INSERT INTO metadata.jobs VALUES ('j', '{}', '1', 1, 1, NULL)")]
    [InlineData("UPDATE metadata.jobs SET changed_version = 7")]
    public async Task Wrong_rows_written_by_hand_are_refused_by_the_schema(string wrong)
    {
        await (await Place.OpenAsync()).DisposeAsync();
        await Place.ExecuteAsync("INSERT INTO metadata.definition_versions VALUES (1, '2026-11-21T09:00:00.000Z', 'me', NULL)");
        await Place.ExecuteAsync("INSERT INTO metadata.jobs VALUES ('j', '{}', '1', 1, 1, NULL)");
        await Place.ExecuteAsync("INSERT INTO metadata.tasks VALUES ('right', 'j', 'n', 'E', 0, '1', '{}', 1, 1, NULL)");

        (await Should.ThrowAsync<MillraceException>(() => Place.ExecuteAsync(wrong))).Code.ShouldBe(ErrorCodes.CatalogFailed);
    }

    private async Task OpenAsync(params Migration[] migrations) => await (await Place.OpenAsync(migrations)).DisposeAsync();
}
