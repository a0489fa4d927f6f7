using Millrace.Catalog.Stores.Sqlite;
using Millrace.Core.Errors;

namespace Millrace.IntegrationTests.Catalog;

public sealed class SqliteMigrationTests : IDisposable
{
    private static readonly Migration First = new(1, "a", "CREATE TABLE a (x INTEGER); INSERT INTO a VALUES (1);");
    private static readonly Migration Second = new(2, "b", "ALTER TABLE a ADD COLUMN y TEXT; CREATE TABLE b (x INTEGER);");
    private readonly CatalogFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Each_migration_is_applied_once_and_recorded_with_its_checksum()
    {
        await OpenAsync(First);
        await OpenAsync(First, Second);
        await OpenAsync(First, Second);

        _folder.Count("SELECT count(*) FROM a").ShouldBe(1);
        _folder.Count("SELECT count(*) FROM schema_migrations").ShouldBe(2);
        _folder.Count($"SELECT count(*) FROM schema_migrations WHERE version = 2 AND checksum = '{Second.Checksum}'").ShouldBe(1);
    }

    [Fact]
    public async Task A_migration_that_fails_leaves_nothing_behind()
    {
        await OpenAsync(First);

        MillraceException error = await Should.ThrowAsync<MillraceException>(
            () => OpenAsync(First, new Migration(2, "broken", "CREATE TABLE half (x INTEGER); CREATE TABLE half (x INTEGER);")));

        error.Code.ShouldBe(ErrorCodes.CatalogFailed);
        _folder.Count("SELECT count(*) FROM sqlite_schema WHERE name = 'half'").ShouldBe(0);
        _folder.Count("SELECT max(version) FROM schema_migrations").ShouldBe(1);
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
        SqliteCatalog[] catalogs = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() => _folder.OpenAsync())));

        foreach (SqliteCatalog catalog in catalogs)
        {
            await catalog.DisposeAsync();
        }

        _folder.Count("SELECT count(*) FROM schema_migrations").ShouldBe(SqliteMigrator.All.Length);
    }

    [Fact]
    public async Task Wrong_rows_written_by_hand_are_refused_by_the_schema()
    {
        await (await _folder.OpenAsync()).DisposeAsync();
        _folder.Execute("INSERT INTO definition_versions VALUES (1, '2026-11-21T09:00:00.000Z', 'me', NULL)");
        _folder.Execute("INSERT INTO jobs VALUES ('j', '{}', 1, 1, 1, NULL)");

        Should.Throw<Exception>(() => _folder.Execute("INSERT INTO jobs VALUES ('k', 'no json', 1, 1, 1, NULL)"));
        Should.Throw<Exception>(() => _folder.Execute("INSERT INTO tasks VALUES ('k', 'nowhere', 'n', 'E', 0, 1, '{}', 1, 1, NULL)"));
        Should.Throw<Exception>(() => _folder.Execute("INSERT INTO tasks VALUES ('k', 'j', 'n', 'X', 0, 1, '{}', 1, 1, NULL)"));
    }

    private async Task OpenAsync(params Migration[] migrations) =>
        await (await SqliteCatalog.OpenAsync(_folder.File, TimeProvider.System, migrations, CancellationToken.None)).DisposeAsync();
}
