using System.Text.Json;
using Microsoft.Data.Sqlite;
using Millrace.EndToEndTests.Support;

namespace Millrace.EndToEndTests.Verbs;

/// <summary>Definitions that go into the catalog, are edited there by SQL, run from there, and come out again.</summary>
public sealed class CatalogDefinitionsTests : IDisposable
{
    private const string Project = """
        project: catalog-definitions
        definitions: catalog
        connections:
          backup: { type: mongodb, dump: dump, database: shop }
          warehouse: { type: duckdb, path: "${LAKE_FILE}", data_source: lake }
        jobs:
          load:
            owner: ann
            sla: 1h
            tasks:
              - name: orders
                source: { connection: backup, dataset: orders, replication_method: full_refresh }
                target: { connection: warehouse, table: raw.orders }
              - name: customers
                source: { connection: backup, dataset: customers, replication_method: full_refresh }
                target: { connection: warehouse, table: raw.customers }
              - name: count
                step: T
                run: { connection: warehouse, script: sql/count.sql, parameters: { label: "2020-01-01", day: 2020-01-01 } }
        """;

    private readonly TemporaryFolder _folder = new();
    private readonly CommandLineShell _shell;

    public CatalogDefinitionsTests()
    {
        _shell = new(_folder);
        File.WriteAllText(_folder["millrace.yaml"], Project);
        File.WriteAllText(_folder[".env"], "LAKE_FILE=lake.duckdb\n");
        Directory.CreateDirectory(_folder["sql"]);
        File.WriteAllText(_folder["sql/count.sql"], "CREATE OR REPLACE TABLE counted AS\nSELECT count(*) AS n, :label AS label FROM raw.orders;\n");
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task What_SQL_changes_in_the_catalog_is_what_the_next_run_does()
    {
        (await _shell.RunAsync("sample shop --out " + _folder["dump"] + " --orders 30")).ShouldExitWith(0);
        (await _shell.RunAsync("run load")).ShouldExitWith(2);
        (await _shell.RunAsync("apply")).ShouldExitWith(0);
        Tasks(await _shell.RunAsync("run load --json")).ShouldBe(["orders", "customers", "count"], ignoreOrder: true);

        Edit("UPDATE tasks SET enabled = 0 WHERE name = 'customers'", "UPDATE scripts SET text = 'CREATE OR REPLACE TABLE edited AS SELECT 1 AS n'");

        Tasks(await _shell.RunAsync("run load --json")).ShouldBe(["orders", "count"], ignoreOrder: true);
        string settings = Scalar("SELECT settings FROM task_runs WHERE task_name = 'count' ORDER BY task_run_id DESC LIMIT 1");
        settings.ShouldContain("CREATE OR REPLACE TABLE edited");
        string diff = (await _shell.RunAsync("diff")).ShouldExitWith(0).Output;
        diff.ShouldContain("enabled: false → true");
        diff.ShouldContain("2 differences (version 1)");
        (await _shell.RunAsync("apply")).ShouldExitWith(0);
        Tasks(await _shell.RunAsync("run load --json")).ShouldBe(["orders", "customers", "count"], ignoreOrder: true);
    }

    [Fact]
    public async Task A_task_that_SQL_renames_keeps_its_id_and_its_state()
    {
        (await _shell.RunAsync("sample shop --out " + _folder["dump"] + " --orders 30")).ShouldExitWith(0);
        (await _shell.RunAsync("apply")).ShouldExitWith(0);
        (await _shell.RunAsync("run load")).ShouldExitWith(0);

        Edit("UPDATE tasks SET name = 'buyers' WHERE task_key = 'load/customers'");

        using var status = JsonDocument.Parse((await _shell.RunAsync("status --json")).ShouldExitWith(0).Output);
        JsonElement task = status.RootElement.EnumerateArray().Single(t => t.GetProperty("task").GetString() == "buyers");
        task.GetProperty("key").GetString().ShouldBe("load/customers");
        task.GetProperty("last_run").GetProperty("status").GetString().ShouldBe("succeeded");
        (await _shell.RunAsync("export")).ShouldExitWith(0).Output.ShouldContain("id: load/customers");
    }

    [Fact]
    public async Task Wrong_rows_are_told_all_at_once_with_their_table_row_and_column()
    {
        (await _shell.RunAsync("apply")).ShouldExitWith(0);

        Edit(
            "UPDATE tasks SET settings = '{\"source\":{\"on_drop\":\"explode\"},\"owner\":\"x\"}' WHERE name = 'orders'",
            "UPDATE connection_settings SET setting = 'pth' WHERE setting = 'path'",
            "UPDATE task_parameters SET name = 'run_id' WHERE name = 'day'",
            "UPDATE tasks SET run_max_duration = 'soon' WHERE name = 'customers'",
            "INSERT INTO task_dependencies (task_key, position, needs) VALUES ('load/count', 0, 'nobody')");

        using var errors = JsonDocument.Parse((await _shell.RunAsync("run load --json")).ShouldExitWith(2).Output);
        errors.RootElement.GetProperty("errors").EnumerateArray().Select(e => $"{e.GetProperty("code").GetString()} {e.GetProperty("location").GetString()}").ShouldBe(
        [
            "MR1011 catalog: metadata.connection_settings 'warehouse', setting pth",
            "MR1013 catalog: metadata.connections 'warehouse'",
            "MR1012 catalog: metadata.task_parameters 'load/count', name run_id",
            "MR1014 catalog: metadata.tasks 'load/count'",
            "MR1012 catalog: metadata.tasks 'load/customers', column run_max_duration",
            "MR1012 catalog: metadata.tasks 'load/orders', column settings",
            "MR1012 catalog: metadata.tasks 'load/orders', column settings, source.on_drop",
        ], ignoreOrder: true);
        (await _shell.RunAsync("check")).ShouldExitWith(2);
        (await _shell.RunAsync("apply")).ShouldExitWith(0);
        (await _shell.RunAsync("plan load")).ShouldExitWith(3);
    }

    [Fact]
    public async Task An_export_is_a_project_of_the_same_definitions()
    {
        (await _shell.RunAsync("apply")).ShouldExitWith(0);
        string shown = (await _shell.RunAsync("export")).ShouldExitWith(0).Output;

        (await _shell.RunAsync("export --out " + _folder["out"])).ShouldExitWith(0);

        (await File.ReadAllTextAsync(_folder["out/millrace.yaml"], TestContext.Current.CancellationToken)).ShouldBe(shown);
        shown.ShouldContain("${LAKE_FILE}");
        (await File.ReadAllBytesAsync(_folder["out/sql/count.sql"], TestContext.Current.CancellationToken))
            .ShouldBe(await File.ReadAllBytesAsync(_folder["sql/count.sql"], TestContext.Current.CancellationToken));
        (await _shell.RunAsync("export --out " + _folder["out"])).ShouldExitWith(2);
        File.Copy(_folder["out/millrace.yaml"], _folder["millrace.yaml"], overwrite: true);
        (await _shell.RunAsync("diff")).ShouldExitWith(0).Output.ShouldContain("No difference (version 1)");
        using var json = JsonDocument.Parse((await _shell.RunAsync("export --json")).ShouldExitWith(0).Output);
        json.RootElement.GetProperty("jobs").GetProperty("load").GetProperty("tasks").GetArrayLength().ShouldBe(3);
        json.RootElement.GetProperty("scripts").GetProperty("sql/count.sql").GetString().ShouldNotBeNull().ShouldContain("CREATE OR REPLACE");
    }

    [Fact]
    public async Task A_script_outside_of_the_folder_is_not_written()
    {
        (await _shell.RunAsync("apply")).ShouldExitWith(0);
        Edit("INSERT INTO scripts (path, text, version) VALUES ('../outside.sql', 'SELECT 1', 1)", "UPDATE tasks SET script_path = '../outside.sql' WHERE step = 'T'");

        (await _shell.RunAsync("export --out " + _folder["out"])).ShouldExitWith(2);

        File.Exists(_folder["outside.sql"]).ShouldBeFalse();
        Directory.Exists(_folder["out"]).ShouldBeFalse();
    }

    [Fact]
    public async Task A_secret_that_stood_in_the_file_as_plain_text_is_asked_for_as_a_reference()
    {
        await File.WriteAllTextAsync(
            _folder["millrace.yaml"],
            Project.Replace("dump: dump, database: shop", "uri: \"mongodb://u:Zq9Plain@127.0.0.1:1/\", database: shop", StringComparison.Ordinal),
            TestContext.Current.CancellationToken);
        (await _shell.RunAsync("apply")).ShouldExitWith(0);

        var outcome = await _shell.RunAsync("run load --json");

        outcome.ShouldExitWith(2).Output.ShouldContain("MR1003");
        outcome.Output.ShouldNotContain("Zq9Plain");
        (await _shell.RunAsync("export")).ShouldExitWith(0).Output.ShouldContain("uri: \"***\"");
    }

    private static IEnumerable<string?> Tasks(ProcessOutcome outcome)
    {
        string last = outcome.ShouldExitWith(0).Output.TrimEnd().Split('\n')[^1];
        using var end = JsonDocument.Parse(last);
        return [.. end.RootElement.GetProperty("tasks").EnumerateArray().Where(t => t.GetProperty("status").GetString() == "succeeded").Select(t => t.GetProperty("task").GetString())];
    }

    private void Edit(params string[] statements)
    {
        using SqliteConnection connection = Open();
        foreach (string statement in statements)
        {
            using SqliteCommand command = connection.CreateCommand();
#pragma warning disable CA2100 // Statements of these tests.
            command.CommandText = statement;
#pragma warning restore CA2100
            command.ExecuteNonQuery().ShouldBeGreaterThan(0, statement);
        }
    }

    private string Scalar(string query)
    {
        using SqliteConnection connection = Open();
        using SqliteCommand command = connection.CreateCommand();
#pragma warning disable CA2100 // Statements of these tests.
        command.CommandText = query;
#pragma warning restore CA2100
        return (string)command.ExecuteScalar()!;
    }

    private SqliteConnection Open()
    {
        var connection = new SqliteConnection($"Data Source={_folder[".millrace/catalog.db"]};Pooling=False");
        connection.Open();
        return connection;
    }
}
