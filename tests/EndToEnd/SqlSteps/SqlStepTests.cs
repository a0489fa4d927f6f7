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
}
