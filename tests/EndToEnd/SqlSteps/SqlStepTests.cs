using Millrace.EndToEndTests.Support;

namespace Millrace.EndToEndTests.SqlSteps;

/// <summary>Steps T and L by the command line, on every destination.</summary>
public sealed class SqlStepTests
{
    internal const string Conform = """
        -- What came since the last run; a script may hold ; in its comments.
        CREATE SCHEMA IF NOT EXISTS conformed;
        CREATE TABLE IF NOT EXISTS conformed.orders (id text, loaded_by bigint, region text, note text);
        DELETE FROM conformed.orders WHERE id IN (SELECT CAST(_id AS text) FROM raw.orders WHERE _millrace_loaded_at > :since AND _millrace_loaded_at <= :until);
        INSERT INTO conformed.orders
        SELECT CAST(_id AS text), :run_id, :region, 'it''s :region; really'
        FROM raw.orders
        WHERE _millrace_loaded_at > :since AND _millrace_loaded_at <= :until;
        """;

    public static TheoryData<string> Names => Warehouses.Names;

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Rows_go_from_the_source_through_stage_to_production(string name)
    {
        using var house = await House.CreateAsync(name);
        RunResult first = await house.RunAsync("run shop --json");
        first.Tasks.ShouldBe([("orders", "succeeded"), ("conform", "succeeded"), ("to_production", "succeeded")]);
        long rows = house.Warehouse.Count("SELECT count(*) FROM raw.orders");
        rows.ShouldBeGreaterThan(100);
        house.Warehouse.Count("SELECT count(*) FROM prod.orders WHERE loaded_by = 1 AND region = 'o''hara; --' AND note = 'it''s :region; really'").ShouldBe(rows);
        house.Warehouse.Count($"SELECT count(*) FROM {house.Warehouse.DefaultSchema}._millrace_steps WHERE run_id = 1").ShouldBe(2);
        (await house.Shell.RunAsync("logs 1")).ShouldExitWith(0).Output.ShouldContain($"Statement 4 of 4 (line 5): {rows:N0} rows changed");

        // Nothing is new, and the watermark is where it was; with nothing after it, nothing is done again.
        RunResult second = await house.RunAsync("run shop --json");
        second.Status.ShouldBe("succeeded");
        house.Warehouse.Count("SELECT count(*) FROM prod.orders WHERE loaded_by = 1").ShouldBe(rows);
        RunResult again = await house.RunAsync("run shop --steps T,L --full-refresh --json");
        again.Tasks.ShouldBe([("conform", "succeeded"), ("to_production", "succeeded")]);
        house.Warehouse.Count("SELECT count(*) FROM prod.orders WHERE loaded_by = 3").ShouldBe(rows);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task A_step_that_fails_midway_keeps_nothing_and_later_steps_do_not_start(string name)
    {
        using var house = await House.CreateAsync(name);
        house.Write("sql/conform.sql", Conform + "\n\nSELECT nothing\nFROM nowhere;\n");
        ProcessOutcome outcome = (await house.Shell.RunAsync("run shop")).ShouldExitWith(1);
        outcome.Errors.ShouldContain("MR1230: sql/conform.sql, line 1");
        outcome.Errors.ShouldContain("(statement 5 of 5)");
        outcome.Errors.ShouldContain("Nothing of the step was kept.");
        outcome.Output.ShouldContain("to_production: not run; step T did not succeed: conform");
        house.Warehouse.Count("SELECT count(*) FROM information_schema.tables WHERE table_schema IN ('conformed', 'prod')").ShouldBe(0);
        house.Warehouse.Count("SELECT count(*) FROM raw.orders").ShouldBeGreaterThan(100);
        house.Warehouse.Count($"SELECT count(*) FROM {house.Warehouse.DefaultSchema}._millrace_checkpoints WHERE task_key = 'shop/conform'").ShouldBe(0);

        house.Write("sql/conform.sql", Conform);
        (await house.RunAsync("run shop --steps T,L --json")).Status.ShouldBe("succeeded");
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Only_the_steps_that_are_asked_for_run_and_switched_off_tasks_do_not(string name)
    {
        using var house = await House.CreateAsync(name);
        (await house.RunAsync("run shop --steps E --json")).Tasks.ShouldBe([("orders", "succeeded")]);
        house.WriteProject(conform: "enabled: false,");
        RunResult result = await house.RunAsync("run shop --steps T --json");
        result.Tasks.ShouldBeEmpty();
        result.Skipped.ShouldBe([("conform", "it is switched off")]);
        (await house.Shell.RunAsync("run shop --steps X")).ShouldExitWith(2).Errors.ShouldContain("'X' is no step");
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task A_step_that_takes_too_long_is_rolled_back(string name)
    {
        using var house = await House.CreateAsync(name);
        string slow = name == "duckdb" ? "SELECT count(*) FROM range(100000000000) WHERE range % 7 = 3" : "SELECT pg_sleep(60)";
        house.Write("sql/conform.sql", $"CREATE SCHEMA conformed; {slow};");
        house.WriteProject(more: ", timeout: 1s");
        ProcessOutcome outcome = (await house.Shell.RunAsync("run shop")).ShouldExitWith(1);
        outcome.Errors.ShouldContain("MR1231");
        outcome.Errors.ShouldContain("longer than its timeout of 1 s");
        house.Warehouse.Count("SELECT count(*) FROM information_schema.schemata WHERE schema_name = 'conformed'").ShouldBe(0);
    }

    [Fact]
    public async Task A_procedure_gets_the_runs_ids_and_what_it_says_is_logged()
    {
        using var house = await House.CreateAsync("postgresql");
        house.Write("sql/conform.sql", """
            CREATE SCHEMA IF NOT EXISTS prod;
            CREATE TABLE IF NOT EXISTS prod.loads (run_id bigint, task_run_id integer, sequence integer, region text);
            CREATE OR REPLACE FUNCTION prod.twice(a integer) RETURNS integer BEGIN ATOMIC SELECT CASE WHEN a > 0 THEN 2 * a ELSE 0 END; END;
            CREATE OR REPLACE PROCEDURE prod.load(p_job_inst_id bigint, p_job_inst_task_id integer, p_logging_seq integer, p_region text)
            LANGUAGE plpgsql AS $body$
            BEGIN
              RAISE NOTICE 'loading %; run %', p_region, p_job_inst_id;
              RAISE WARNING 'careful';
              INSERT INTO prod.loads VALUES (p_job_inst_id, p_job_inst_task_id, prod.twice(p_logging_seq), p_region);
            END $body$;
            """);
        house.WriteProject(production: "procedure: prod.load, parameters: { p_region: \"o'hara; --\" }");
        (await house.RunAsync("run shop --json")).Status.ShouldBe("succeeded");
        house.Warehouse.Count("SELECT count(*) FROM prod.loads WHERE run_id = 1 AND task_run_id = 3 AND sequence = 2 AND region = 'o''hara; --'").ShouldBe(1);
        string log = (await house.Shell.RunAsync("logs 1")).ShouldExitWith(0).Output;
        log.ShouldContain("info    to_production: loading o'hara; --; run 1");
        log.ShouldContain("warning to_production: careful");
        (await house.Shell.RunAsync("logs 1")).Output.ShouldNotContain("skipping");

        house.WriteProject(production: "procedure: prod.nowhere");
        (await house.Shell.RunAsync("run shop --steps L")).ShouldExitWith(1).Errors.ShouldContain("Procedure prod.nowhere: ");
    }

    [Fact]
    public async Task Statements_that_no_transaction_takes_run_by_themselves()
    {
        using var house = await House.CreateAsync("postgresql");
        house.Write("sql/conform.sql", "CREATE SCHEMA conformed; CREATE TABLE conformed.a AS SELECT 1 AS b; VACUUM conformed.a; SELECT * FROM nowhere;");
        house.WriteProject(more: ", transaction: false");
        ProcessOutcome outcome = (await house.Shell.RunAsync("run shop")).ShouldExitWith(1);
        outcome.Errors.ShouldContain("(statement 4 of 4)");
        outcome.Errors.ShouldContain("Statements before it were kept");
        house.Warehouse.Count("SELECT count(*) FROM conformed.a").ShouldBe(1);
    }

    /// <summary>The step's lock outlasts its statements, each of which commits by itself.</summary>
    [Fact]
    public async Task A_step_outside_a_transaction_keeps_its_task_to_itself()
    {
        using var house = await House.CreateAsync("postgresql");
        const string Locks = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";
        house.Write("sql/conform.sql", $"CREATE SCHEMA conformed; CREATE TABLE conformed.held (n bigint); INSERT INTO conformed.held {Locks};");
        house.WriteProject(more: ", transaction: false", production: "sql: \"SELECT 1\"");
        (await house.Shell.RunAsync("run shop")).ShouldExitWith(0);
        house.Warehouse.Count("SELECT n FROM conformed.held").ShouldBe(1);
        house.Warehouse.Count(Locks).ShouldBe(0);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task A_script_cannot_end_the_steps_own_transaction(string name)
    {
        using var house = await House.CreateAsync(name);
        house.Write("sql/conform.sql", "CREATE SCHEMA conformed;\nCOMMIT;\nCREATE TABLE conformed.a AS SELECT 1 AS b;");
        ProcessOutcome outcome = (await house.Shell.RunAsync("run shop")).ShouldExitWith(2);
        outcome.Errors.ShouldContain("MR1233: sql/conform.sql, line 2: ");
        house.Warehouse.Count("SELECT count(*) FROM information_schema.schemata WHERE schema_name = 'conformed'").ShouldBe(0);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task A_new_catalog_does_not_take_another_ones_runs_for_its_own(string name)
    {
        using var house = await House.CreateAsync(name);
        house.Write("sql/conform.sql", "CREATE SCHEMA IF NOT EXISTS done; CREATE TABLE IF NOT EXISTS done.t (run_id bigint); INSERT INTO done.t VALUES (:run_id);");
        house.WriteProject(production: "sql: SELECT 1");
        (await house.RunAsync("run shop --json")).RunId.ShouldBe(1);
        Directory.EnumerateFiles(Path.Combine(house.Folder, ".millrace"), "catalog.db*").ToList().ForEach(File.Delete);
        (await house.RunAsync("run shop --json")).RunId.ShouldBe(1);
        house.Warehouse.Count("SELECT count(*) FROM done.t WHERE run_id = 1").ShouldBe(2);
    }

    [Fact]
    public async Task A_parameter_may_be_a_secret_that_nothing_shows_or_keeps()
    {
        using var house = await House.CreateAsync("duckdb");
        const string secret = "Zq-hunter2";
        house.Write(".env", $"TOKEN={secret}\n");
        house.Write("key.txt", "file-" + secret + "\n");
        house.Write("sql/conform.sql", "CREATE TABLE main.got AS SELECT :token AS a, :key AS b, :regoin;");
        string file = Path.Combine(house.Folder, "millrace.yaml");
        File.WriteAllText(file, File.ReadAllText(file).Replace("region: \"o'hara; --\"", "token: \"${TOKEN}\", key: \"file:key.txt\"", StringComparison.Ordinal));
        ProcessOutcome failed = (await house.Shell.RunAsync("run shop")).ShouldExitWith(1);
        failed.Errors.ShouldContain("There is no parameter :regoin.");
        house.Write("sql/conform.sql", "CREATE TABLE main.got AS SELECT :token AS a, :key AS b; SELECT error('no ' || :token);");
        (await house.Shell.RunAsync("run shop")).ShouldExitWith(1).All.ShouldNotContain(secret);
        house.Write("sql/conform.sql", "CREATE TABLE main.got AS SELECT :token AS a, :key AS b;");
        (await house.Shell.RunAsync("run shop --steps T")).ShouldExitWith(0);
        house.Warehouse.Count($"SELECT count(*) FROM got WHERE a = '{secret}' AND b = 'file-{secret}'").ShouldBe(1);
        (await house.Shell.RunAsync("apply")).ShouldExitWith(0);
        foreach (string kept in Directory.EnumerateFiles(Path.Combine(house.Folder, ".millrace"), "catalog.db*"))
        {
            System.Text.Encoding.Latin1.GetString(File.ReadAllBytes(kept)).ShouldNotContain(secret);
        }

        house.Write(".env", "");
        (await house.Shell.RunAsync("check")).ShouldExitWith(2).Errors.ShouldContain("TOKEN");
    }

    [Fact]
    public async Task A_step_does_not_go_on_from_another_projects_watermark()
    {
        using var house = await House.CreateAsync("duckdb");
        string file = Path.Combine(house.Folder, "millrace.yaml");
        File.WriteAllText(file, "project: one\n" + File.ReadAllText(file));
        (await house.RunAsync("run shop --json")).Status.ShouldBe("succeeded");
        File.WriteAllText(file, File.ReadAllText(file).Replace("project: one", "project: two", StringComparison.Ordinal));
        (await house.Shell.RunAsync("run shop --steps T")).ShouldExitWith(2).Errors.ShouldContain("MR1314");
    }

    /// <summary>The watermark of every type that orders, at and around it: what is at :until is not read again, what is after it is.</summary>
    [Theory]
    [InlineData("duckdb", "BIGINT", "1", "5", "7", "2", "3")]
    [InlineData("duckdb", "DECIMAL(18, 4)", "1.5", "5.2500", "7", "1.5", "3.7500")]
    [InlineData("duckdb", "DATE", "'2026-01-01'", "'2026-02-01'", "'2026-03-01'", "1d", "2026-01-31")]
    [InlineData("duckdb", "TIMESTAMP", "'2026-01-01 00:00:00.000001'", "'2026-02-01 12:00:00.000002'", "'2026-03-01'", "1h", "2026-02-01 11:00:00.000002")]
    [InlineData("duckdb", "TIMESTAMPTZ", "'2026-01-01 00:00:00+00'", "'2026-02-01 12:00:00.123456+02'", "'2026-03-01'", "1h", "2026-02-01 09:00:00.123456+00")]
    [InlineData("duckdb", "VARCHAR", "'a'", "'b ''; x'", "'c'", null, "b '; x")]
    [InlineData("postgresql", "integer", "1", "5", "7", "2", "3")]
    [InlineData("postgresql", "numeric(18, 4)", "1.5", "5.2500", "7", "1.5", "3.7500")]
    [InlineData("postgresql", "date", "'2026-01-01'", "'2026-02-01'", "'2026-03-01'", "1d", "2026-01-31")]
    [InlineData("postgresql", "timestamp", "'2026-01-01 00:00:00.000001'", "'2026-02-01 12:00:00.000002'", "'2026-03-01'", "1h", "2026-02-01 11:00:00.000002")]
    [InlineData("postgresql", "timestamptz", "'2026-01-01 00:00:00+00'", "'2026-02-01 12:00:00.123456+02'", "'2026-03-01'", "1h", "2026-02-01 09:00:00.123456+00")]
    [InlineData("postgresql", "text", "'a'", "'b ''; x'", "'c'", null, "b '; x")]
    [InlineData("postgresql", "char(8)", "'20240101'", "'20250101'", "'20260101'", null, "20250101")]
    public async Task A_watermark_moves_with_its_step(string name, string type, string first, string second, string third, string? lookback, string since)
    {
        using var house = await House.CreateAsync(name);
        house.Warehouse.Execute($"CREATE TABLE input (v {type})");
        house.Warehouse.Execute("CREATE TABLE seen (run_id bigint, since text, rows bigint)");
        house.Write("sql/conform.sql", "INSERT INTO seen SELECT :run_id, CAST(:since AS text), count(*) FROM input WHERE (v > :since OR :since IS NULL) AND v <= :until;");
        house.Write("millrace.yaml", $$"""
            connections:
              warehouse:
                {{house.Warehouse.ConnectionYaml}}
            jobs:
              j:
                tasks:
                  - name: t
                    step: T
                    run: { connection: warehouse, script: sql/conform.sql, watermark: { query: "SELECT max(v) FROM input; -- newest"{{(lookback is null ? "" : ", lookback: " + lookback)}} } }
            """);
        async Task<long> SeenAsync(string words)
        {
            (await house.Shell.RunAsync(words)).ShouldExitWith(0);
            return house.Warehouse.Count("SELECT rows FROM seen ORDER BY run_id DESC LIMIT 1");
        }

        (await SeenAsync("run j")).ShouldBe(0);
        house.Warehouse.Execute($"INSERT INTO input VALUES ({first}), ({second})");
        (await SeenAsync("run j")).ShouldBe(2);
        (await SeenAsync("run j")).ShouldBe(lookback is null ? 0 : 1);
        house.Warehouse.Query("SELECT since FROM seen ORDER BY run_id DESC LIMIT 1")[0]["since"].Text.TrimEnd().ShouldBe(since);
        house.Warehouse.Execute($"INSERT INTO input VALUES ({third})");
        (await SeenAsync("run j")).ShouldBe(lookback is null ? 1 : 2);

        // It never goes back, and is shown, moved and forgotten as other checkpoints are.
        house.Warehouse.Execute("DELETE FROM input");
        (await SeenAsync("run j")).ShouldBe(0);
        house.Warehouse.Execute($"INSERT INTO input VALUES ({first}), ({second})");
        (await SeenAsync("run j")).ShouldBe(0);
        string live = (await house.Shell.RunAsync("checkpoints list j --live")).ShouldExitWith(0).Output;
        live.ShouldContain("sql.watermark/");
        (await SeenAsync("run j --full-refresh")).ShouldBe(2);
        (await house.Shell.RunAsync("checkpoints reset j")).ShouldExitWith(0);
        (await SeenAsync("run j")).ShouldBe(2);
    }
}
