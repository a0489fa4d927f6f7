using Millrace.EndToEndTests.Support;

namespace Millrace.EndToEndTests.Verbs;

/// <summary><c>check</c> tells all that a run would stumble over, at once.</summary>
public sealed class CheckTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly CommandLineShell _shell;

    public CheckTests() => _shell = new(_folder);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Every_variable_that_a_connection_lacks_is_told_at_once_and_the_others_are_tried()
    {
        await WriteAsync("${UNSET_KEY_TO_CHECK}");
        await File.WriteAllTextAsync(_folder[".env"], "UNSET_KEY_TO_CHECK=k\n", TestContext.Current.CancellationToken);

        ProcessOutcome check = (await _shell.RunAsync("check")).ShouldExitWith(2);

        check.Output.ShouldContain("millrace.yaml:2: MR1003: connections.backup.dump refers to ${UNSET_FOLDER_TO_CHECK}, which is not set.");
        check.Output.ShouldContain("millrace.yaml:2: MR1003: connections.backup.database refers to ${UNSET_NAME_TO_CHECK}, which is not set.");
        check.Output.ShouldContain($"or write UNSET_NAME_TO_CHECK=… as a line of {_folder[".env"]}.");
        check.Output.ShouldContain("2 problems.");
        check.Output.ShouldContain("ok      warehouse: database file");
        (await _shell.RunAsync("check warehouse")).ShouldExitWith(0);
        (await _shell.RunAsync("check --json")).ShouldExitWith(2).Output.ShouldContain("\"location\": \"millrace.yaml:2\"");
    }

    [Fact]
    public async Task Those_of_masks_and_of_jobs_are_told_with_them()
    {
        await WriteAsync("${UNSET_KEY_TO_CHECK}", table: "${UNSET_SCHEMA_TO_CHECK}.orders");

        string both = (await _shell.RunAsync("check")).ShouldExitWith(2).Errors;
        both.ShouldContain("millrace.yaml:2: MR1003: connections.backup.dump");
        both.ShouldContain("millrace.yaml:9: MR1003: jobs.load.tasks[0].target.table refers to ${UNSET_SCHEMA_TO_CHECK}");
        both.ShouldContain("millrace.yaml:10: MR1003: jobs.load.tasks[0].columns[0].mask_key refers to ${UNSET_KEY_TO_CHECK}");
        both.ShouldContain("4 problems.");

        await WriteAsync("${UNSET_KEY_TO_CHECK}");
        (await _shell.RunAsync("check")).ShouldExitWith(2).Errors.ShouldContain("3 problems.");
        (await _shell.RunAsync("status")).ShouldExitWith(0);
    }

    [Fact]
    public async Task Folders_that_a_run_could_not_write_are_told()
    {
        Assert.SkipUnless(Directory.Exists("/proc/self"), "there is no /proc");
        await WriteToAsync("{ type: duckdb, path: /proc/nowhere/warehouse.duckdb }", "catalog: { path: /proc/nowhere/catalog.db }");

        ProcessOutcome check = (await _shell.RunAsync("check")).ShouldExitWith(3);

        check.Output.ShouldContain("FAILED  warehouse: database file /proc/nowhere/warehouse.duckdb");
        check.Output.ShouldContain("FAILED  project: catalog and state in /proc/nowhere");
        check.Output.ShouldContain($"ok      project: catalog and state in {_folder[".millrace"]}");
        check.Output.ShouldContain("MR1004: No file can be made in /proc.");
        Directory.GetFileSystemEntries(_folder.Path).Select(Path.GetFileName).ShouldBe(["dump", "millrace.yaml"], ignoreOrder: true);
    }

    [Fact]
    public async Task Rights_that_a_run_would_lack_on_a_database_are_told()
    {
        using var warehouse = (PostgreSqlWarehouse)Warehouses.Create("postgresql", _folder);
        string user = $"check_{Guid.NewGuid():N}";
        warehouse.Execute($"""
            CREATE ROLE {user} LOGIN PASSWORD 'hunter2';
            GRANT CREATE, USAGE ON SCHEMA public TO {user};
            CREATE SCHEMA raw;
            CREATE TABLE raw.orders (a int)
            """);
        await File.WriteAllTextAsync(_folder[".env"], $"CHECKED_DB='{warehouse.ConnectionString};Username={user};Password=hunter2'\n", TestContext.Current.CancellationToken);
        await WriteToAsync("{ type: postgresql, connection_string: \"${CHECKED_DB}\" }");

        ProcessOutcome check = await _shell.RunAsync("check");
        ProcessOutcome run = await _shell.RunAsync("run load");

        run.ExitCode.ShouldNotBe(0);
        check.ShouldExitWith(run.ExitCode);
        check.Output.ShouldContain("FAILED  warehouse: create tables in schema raw");
        check.Output.ShouldContain("Connection warehouse: the user lacks rights on raw.orders (SELECT, INSERT, UPDATE, DELETE).");
        warehouse.Execute($"ALTER SCHEMA raw OWNER TO {user}; DROP TABLE raw.orders");
        (await _shell.RunAsync("check")).ShouldExitWith(0);
        (await _shell.RunAsync("run load")).ShouldExitWith(0);
        (await _shell.RunAsync("check")).ShouldExitWith(0);
    }

    private async Task WriteToAsync(string warehouse, string more = "")
    {
        (await _shell.RunAsync($"sample shop --out {_folder["dump"]} --orders 20")).ShouldExitWith(0);
        await File.WriteAllTextAsync(_folder["millrace.yaml"], $$"""
            {{more}}
            connections:
              backup: { type: mongodb, dump: dump, database: shop }
              warehouse: {{warehouse}}
            jobs:
              load:
                tasks:
                  - name: everything
                    source: { connection: backup, dataset: [orders, customers], replication_method: full_refresh }
                    target: { connection: warehouse, table: "raw.{dataset}", write_disposition: merge }
            """, TestContext.Current.CancellationToken);
    }

    private Task WriteAsync(string key, string table = "raw.orders") => File.WriteAllTextAsync(_folder["millrace.yaml"], $$"""
        connections:
          backup: { type: mongodb, dump: "${UNSET_FOLDER_TO_CHECK}", database: "${UNSET_NAME_TO_CHECK}" }
          warehouse: { type: duckdb, path: warehouse.duckdb }
        jobs:
          load:
            tasks:
              - name: everything
                source: { connection: backup, dataset: orders }
                target: { connection: warehouse, table: "{{table}}" }
                columns: [ { from: email, mask: hmac_sha256, mask_key: "{{key}}" } ]
        """, TestContext.Current.CancellationToken);
}
