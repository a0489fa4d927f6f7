using System.Text.Json;
using Millrace.EndToEndTests.Support;
using Millrace.Testing.Servers;
using Npgsql;

namespace Millrace.EndToEndTests.Verbs;

/// <summary>Workers that share a catalog in PostgreSQL, as programs of their own.</summary>
public sealed class SharedCatalogTests : IAsyncLifetime
{
    private const int Orders = 1500;
    private readonly TemporaryFolder _folder = new();
    private readonly Dictionary<string, string> _environment = [];
    private PostgreSqlServer _server = null!;
    private PostgreSqlWarehouse _warehouse = null!;
    private string _catalog = null!;
    private long _events;

    public async ValueTask InitializeAsync()
    {
        _warehouse = (PostgreSqlWarehouse)Warehouses.Create("postgresql", _folder);
        _server = await PostgreSqlServer.StartAsync("fsync=off", "max_connections=30");
        _catalog = await _server.CreateDatabaseAsync();
        _environment["WAREHOUSE_DB"] = _warehouse.ConnectionString;
        _environment["CATALOG_DB"] = _catalog;
        Run("sample", "shop", "--out", "dump", "--orders", $"{Orders}").ShouldExitWith(0);

        // What a worker alone, with its catalog in a file, makes of the same dump.
        Write("catalog: { type: sqlite, path: alone.db }", "reference.orders");
        _events = RunEnd.Read(Run("run", "load", "--json").ShouldExitWith(0)).Rows;
        Write("catalog: { type: postgresql, connection_string: \"${CATALOG_DB}\" }", "raw.orders");
    }

    private void Write(string catalog, string table) => File.WriteAllText(_folder["millrace.yaml"], $$"""
            {{catalog}}
            connections:
              backup: { type: mongodb, dump: dump, oplog: "dump/changes/oplog/*.bson", database: shop }
              warehouse: { type: postgresql, connection_string: "${WAREHOUSE_DB}" }
            jobs:
              load:
                tasks:
                  - name: orders
                    source: { connection: backup, dataset: orders }
                    id: {{table}}
                    target: { connection: warehouse, table: {{table}} }
                    commit_every: { rows: 50 }
            """);

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task The_sample_runs_and_every_verb_reads_what_the_server_holds()
    {
        Run("status").ShouldExitWith(0);
        Run("catalog", "status").ShouldExitWith(0).Output.ShouldContain("none yet");
        Run("catalog", "migrate", "--dry-run").ShouldExitWith(0).Output.ShouldContain("missing  0001");
        (await ScalarAsync("SELECT count(*) FROM pg_namespace WHERE nspname = 'metadata'")).ShouldBe(0);

        Run("catalog", "migrate").ShouldExitWith(0).Output.ShouldContain("went from version 0 to ");
        Run("catalog", "migrate").ShouldExitWith(0).Output.ShouldContain("is up to date");
        Run("run", "load").ShouldExitWith(0);
        Run("apply").ShouldExitWith(0);

        Run("diff").ShouldExitWith(0).Output.ShouldContain("No difference (version 1)");
        Run("runs", "1").ShouldExitWith(0).Output.ShouldContain("succeeded");
        Run("logs", "1").ShouldExitWith(0).Output.ShouldContain("committed");
        Run("checkpoints", "list", "load").ShouldExitWith(0).Output.ShouldContain("raw.orders");
        Run("check").ShouldExitWith(0).Output.ShouldContain("catalog (postgresql at 127.0.0.1:");
        using var status = JsonDocument.Parse(Run("catalog", "status", "--json").ShouldExitWith(0).Output);
        status.RootElement.GetProperty("rows").GetProperty("runs").GetInt64().ShouldBe(1);
        (await ScalarAsync("SELECT count(*) FROM metadata.connection_settings WHERE value LIKE '%loopback-only%'")).ShouldBe(0);
        File.Exists(_folder[".millrace/catalog.db"]).ShouldBeFalse("nothing but the server holds the catalog");
    }

    /// <summary>Both are held at the door until both stand there.</summary>
    [Fact]
    public async Task Of_two_that_start_a_job_at_the_same_moment_one_runs_and_the_other_says_so()
    {
        Run("catalog", "migrate").ShouldExitWith(0);
        using MillraceProcess one = StartAtTheDoor(out Action open, out Func<Task<long>> waiting);
        using MillraceProcess two = Start();
        while (await waiting() < 2)
        {
            await Task.Delay(20, TestContext.Current.CancellationToken);
        }

        open();
        ProcessOutcome[] ends = [one.WaitForEnd(), two.WaitForEnd()];

        ends.Select(e => e.ExitCode).Order().ToArray().ShouldBe([0, 1], string.Join("\n", ends.Select(e => e.All)));
        ends.Single(e => e.ExitCode == 1).All.ShouldContain("MR1302");
        ShouldHoldEveryOrderOnce();
        (await ScalarAsync("SELECT sum(rows) FROM metadata.task_runs")).ShouldBe(_events);
        (await ScalarAsync("SELECT count(DISTINCT status) FROM metadata.runs WHERE status IN ('succeeded', 'failed')")).ShouldBe(2);
    }

    [Fact]
    public async Task A_worker_that_was_killed_is_replaced_at_once_and_its_run_is_lost()
    {
        using (MillraceProcess killed = Start())
        {
            killed.WaitForOutput("committed").ShouldBeTrue();
            killed.Kill();
        }

        Run("run", "load").ShouldExitWith(0);

        ShouldHoldEveryOrderOnce();
        (await ScalarAsync("SELECT count(*) FROM metadata.runs WHERE run_id = 1 AND status = 'lost'")).ShouldBe(1);
    }

    [Fact]
    public async Task A_catalog_that_comes_back_is_waited_for()
    {
        using MillraceProcess worker = Start();
        worker.WaitForOutput("committed").ShouldBeTrue();
        worker.Freeze();
        await _server.RestartAsync();
        worker.Thaw();

        worker.WaitForEnd().ShouldExitWith(0);
        ShouldHoldEveryOrderOnce();
        (await ScalarAsync("SELECT sum(rows) FROM metadata.task_runs WHERE status = 'succeeded'")).ShouldBe(_events);
    }

    [Fact]
    public async Task A_catalog_that_stays_away_ends_the_run_and_the_next_one_goes_on_from_its_last_commit()
    {
        using (MillraceProcess worker = Start())
        {
            worker.WaitForOutput("committed").ShouldBeTrue();
            worker.Freeze();
            await _server.CrashAsync();
            worker.Thaw();
            ProcessOutcome end = worker.WaitForEnd();
            end.ShouldExitWith(3).All.ShouldContain("MR1201");
            end.All.ShouldContain("The catalog: PostgreSQL at 127.0.0.1:");
        }

        long before = _warehouse.Count("SELECT count(*) FROM raw.orders");
        before.ShouldBeInRange(1, Orders - 1);
        await _server.RestartAsync();
        RunEnd.Read(Run("run", "load", "--json").ShouldExitWith(0)).Rows.ShouldBe(_events - before);
        ShouldHoldEveryOrderOnce();
        (await ScalarAsync("SELECT count(*) FROM metadata.runs WHERE run_id = 1 AND status = 'lost'")).ShouldBe(1);
    }

    private void ShouldHoldEveryOrderOnce()
    {
        const string Own = "ARRAY['_millrace_run_id', '_millrace_loaded_at', '_millrace_position']";
        string rows = $"SELECT to_jsonb(r) - {Own} FROM raw.orders r";
        string expected = $"SELECT to_jsonb(r) - {Own} FROM reference.orders r";
        _warehouse.Count("SELECT count(*) FROM reference.orders").ShouldBeGreaterThanOrEqualTo(Orders);
        _warehouse.Count($"SELECT count(*) FROM (({rows}) EXCEPT ALL ({expected})) AS more").ShouldBe(0);
        _warehouse.Count($"SELECT count(*) FROM (({expected}) EXCEPT ALL ({rows})) AS missing").ShouldBe(0);
    }

    private ProcessOutcome Run(params string[] arguments) => MillraceProcess.Run(_folder.Path, _environment, arguments);

    private MillraceProcess Start() => MillraceProcess.Start(_folder.Path, _environment, "run", "load", "--json");

    private MillraceProcess StartAtTheDoor(out Action open, out Func<Task<long>> waiting)
    {
        var door = new NpgsqlConnection(_catalog);
        door.Open();
        NpgsqlTransaction transaction = door.BeginTransaction();
        using (var command = new NpgsqlCommand("LOCK TABLE metadata.leases IN EXCLUSIVE MODE", door, transaction))
        {
            command.ExecuteNonQuery();
        }

        open = () =>
        {
            transaction.Commit();
            door.Dispose();
        };
        waiting = () => ScalarAsync("SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'metadata.leases'::regclass");
        return Start();
    }

    private async Task<long> ScalarAsync(string sql)
    {
        await using var connection = new NpgsqlConnection(_catalog);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        return Convert.ToInt64(await command.ExecuteScalarAsync());
    }
}
