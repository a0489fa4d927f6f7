using Millrace.Catalog;
using Millrace.Catalog.Jobs;
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

    /// <summary>What code does in a migration is undone with it.</summary>
    [Fact]
    public async Task Former_definitions_that_no_column_takes_leave_the_catalog_as_it_was()
    {
        await (await Place.OpenAsync([.. Place.Dialect.Migrations[..2]])).DisposeAsync();
        await Place.ExecuteAsync(UpgradeFiles.Read(2));
        await Place.ExecuteAsync("UPDATE metadata.tasks SET step = 'L' WHERE name = 'orders'");

        MillraceException error = await Should.ThrowAsync<MillraceException>(() => Place.Store().MigrateAsync(isDryRun: false, Ct));

        error.Code.ShouldBe(ErrorCodes.CatalogFailed);
        (await Place.CountAsync("SELECT max(version) FROM metadata.schema_migrations")).ShouldBe(2);
        (await Place.CountAsync("SELECT count(*) FROM metadata.tasks WHERE definition IS NOT NULL")).ShouldBe(4);
        await Place.ExecuteAsync("UPDATE metadata.tasks SET step = 'E' WHERE name = 'orders'");
        await Place.Store().MigrateAsync(isDryRun: false, Ct);
        await UpgradeFiles.ShouldBeThereAsync(Place);
    }

    [Fact]
    public async Task Status_of_a_catalog_that_is_not_up_to_date_counts_what_is_there()
    {
        await (await Place.OpenAsync([.. Place.Dialect.Migrations[..1]])).DisposeAsync();
        await Place.ExecuteAsync(UpgradeFiles.Read(1));

        CatalogStatus status = await Place.Store().StatusAsync(Ct);

        (status.Version, status.Newest).ShouldBe((1, Place.Dialect.Migrations.Length));
        status.Tables.ShouldContain(("tasks", 4));
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
    [InlineData("UPDATE metadata.tasks SET settings = 'no json'")]
    [InlineData("UPDATE metadata.tasks SET settings = '[]'")]
    [InlineData("UPDATE metadata.tasks SET step = 'X'")]
    [InlineData("UPDATE metadata.tasks SET step = 'T'")]
    [InlineData("UPDATE metadata.tasks SET position = -1")]
    [InlineData("UPDATE metadata.tasks SET source_connection = 'nowhere'")]
    [InlineData("UPDATE metadata.tasks SET source_connection = NULL")]
    [InlineData("UPDATE metadata.tasks SET sql_connection = 'c'")]
    [InlineData("UPDATE metadata.tasks SET job_name = 'nowhere'")]
    [InlineData("UPDATE metadata.tasks SET replication_method = 'sometimes'")]
    [InlineData("UPDATE metadata.tasks SET replication_method = 'incremental'")]
    [InlineData("UPDATE metadata.tasks SET cursor_field = 'at'")]
    [InlineData("UPDATE metadata.tasks SET write_disposition = 'upsert'")]
    [InlineData("UPDATE metadata.tasks SET merge_strategy = 'upsert'")]
    [InlineData("UPDATE metadata.tasks SET delete_mode = 'maybe'")]
    [InlineData("UPDATE metadata.tasks SET run_max_rows = 0")]
    [InlineData("UPDATE metadata.tasks SET changed_version = 7")]
    [InlineData("UPDATE metadata.jobs SET parallelism = 65")]
    [InlineData("UPDATE metadata.connections SET data_source = 'nowhere'")]
    [InlineData("UPDATE metadata.connection_settings SET value_type = 'date'")]
    [InlineData("INSERT INTO metadata.connection_settings (connection_name, setting, value) VALUES ('c', 'uri', 'another')")]
    [InlineData("INSERT INTO metadata.job_successors (job_name, position, next_job) VALUES ('j', 0, 'j')")]
    [InlineData("INSERT INTO metadata.job_successors (job_name, position, next_job) VALUES ('j', 0, 'nowhere')")]
    [InlineData("INSERT INTO metadata.column_mappings (task_key, position) VALUES ('j/a', 0)")]
    [InlineData("INSERT INTO metadata.column_mappings (task_key, position, source_path, constant) VALUES ('j/a', 0, 'a', 'b')")]
    [InlineData("INSERT INTO metadata.column_mappings (task_key, position, source_path, mask) VALUES ('j/a', 0, 'a', 'blur')")]
    [InlineData("INSERT INTO metadata.datasets (task_key, position, name) VALUES ('j/a', 0, 'again')")]
    [InlineData("INSERT INTO metadata.tasks (task_key, job_name, name, step, position, sql_connection, sql_text) VALUES ('k', 'j', 'a', 'T', 1, 'c', 'SELECT 1')")]
    [InlineData("INSERT INTO metadata.tasks (task_key, job_name, name, step, position, sql_connection) VALUES ('k', 'j', 'b', 'T', 1, 'c')")]
    [InlineData("INSERT INTO metadata.tasks (task_key, job_name, name, step, position, sql_connection, sql_text, procedure_name) VALUES ('k', 'j', 'b', 'T', 1, 'c', 'SELECT 1', 'p')")]
    [InlineData("INSERT INTO metadata.tasks (task_key, job_name, name, step, position, sql_connection, script_path) VALUES ('k', 'j', 'b', 'T', 1, 'c', 'nowhere.sql')")]
    [InlineData("INSERT INTO metadata.tasks (task_key, job_name, name, step, position, sql_connection, sql_text, run_order) VALUES ('k', 'j', 'b', 'T', 1, 'c', 'SELECT 1', 5); UPDATE metadata.tasks SET step = 'T', run_order = 5 WHERE task_key = 'j/a'")]
    public async Task Wrong_rows_written_by_hand_are_refused_by_the_schema(string wrong)
    {
        await using (ICatalog catalog = await Place.OpenAsync())
        {
            await catalog.Definitions.ApplyAsync(ProjectOf(TaskOf("j/a", "a")), 0, "me", Ct);
        }

        await Place.ExecuteAsync("INSERT INTO metadata.procedures (name) VALUES ('p')");

        (await Should.ThrowAsync<MillraceException>(() => Place.ExecuteAsync(wrong))).Code.ShouldBe(ErrorCodes.CatalogFailed);
    }

    [Fact]
    public async Task Right_rows_written_by_hand_are_definitions_and_are_marked_as_of_no_apply()
    {
        await using ICatalog catalog = await Place.OpenAsync();
        await catalog.Definitions.ApplyAsync(ProjectOf(TaskOf("j/a", "a")), 0, "me", Ct);

        await Place.ExecuteAsync(
            """
            INSERT INTO metadata.connections (name, data_source) VALUES ('more', 'lake');
            INSERT INTO metadata.connection_settings (connection_name, setting, value) VALUES ('more', 'path', 'more.duckdb');
            INSERT INTO metadata.tasks (task_key, job_name, name, step, position, sql_connection, sql_text) VALUES ('k', 'j', 'b', 'T', 1, 'more', 'SELECT 1');
            INSERT INTO metadata.task_parameters (task_key, position, name, value, value_type) VALUES ('k', 0, 'days', '30', 'number');
            """);

        Definitions read = await catalog.Definitions.ReadAsync(Ct);
        read.Connections.Single(c => c.Name == "more").Definition.ShouldBe("""{"type":"duckdb","data_source":"lake","path":"more.duckdb"}""");
        read.Tasks.Single(t => t.Key == "k").Definition.ShouldBe(
            """{"job":"j","name":"b","step":"T","order":1,"enabled":true,"run":{"connection":"more","sql":"SELECT 1","parameters":{"days":30}}}""");
        (await Place.CountAsync("SELECT count(*) FROM metadata.tasks WHERE added_version IS NULL")).ShouldBe(1);
        await Place.ExecuteAsync("DELETE FROM metadata.tasks WHERE task_key = 'k'");
        (await Place.CountAsync("SELECT count(*) FROM metadata.task_parameters")).ShouldBe(0);
    }

    private async Task OpenAsync(params Migration[] migrations) => await (await Place.OpenAsync(migrations)).DisposeAsync();
}
