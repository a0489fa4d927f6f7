using Millrace.Core.Config;
using Millrace.Core.Contracts.SqlSteps;

namespace Millrace.UnitTests.Config;

public sealed class SqlStepConfigTests
{
    [Fact]
    public void A_step_has_everything_that_its_file_says()
    {
        SqlStep step = Read("""
            connection: lab, procedure: prod.load, parameters: { region: north, days: 30, share: 0.25, day: 2026-11-21, all: true, none: null, text: "7" },
            arguments: { run_id: p_run, logging_sequence: "" }, timeout: 30m, transaction: false,
            watermark: { query: "SELECT max(at) FROM raw.orders", initial: "2020-01-01", lookback: 1d }
            """);
        step.Procedure.ShouldBe("prod.load");
        step.Parameters.ShouldBe(
        [
            new("region", "north"), new("days", 30L), new("share", 0.25m), new("day", new DateOnly(2026, 11, 21)), new("all", true), new("none", null), new("text", "7"),
        ]);
        step.Arguments.ShouldBe(("p_run", "p_job_inst_task_id", ""));
        (step.Timeout, step.InTransaction).ShouldBe((TimeSpan.FromMinutes(30), false));
        Read("connection: lab, sql: a, retries: 2").Retries.ShouldBe(2);
        step.Watermark.ShouldBe(new SqlStepWatermark("SELECT max(at) FROM raw.orders") { Initial = "2020-01-01", LookbackTime = TimeSpan.FromDays(1) });
        Read("connection: lab, sql: SELECT 1, watermark: { query: q, lookback: 1000 }").Watermark!.LookbackNumber.ShouldBe(1000);
    }

    [Fact]
    public void A_script_comes_with_the_project()
    {
        Read("connection: lab, script: sql/a.sql").Sql.ShouldBe("text of sql/a.sql");
        Problem("connection: lab, script: missing.sql").ShouldBe(("MR1019", "jobs.j.tasks[0].run.script"));
    }

    [Theory]
    [InlineData("connection: lab", "MR1013", "run")]
    [InlineData("connection: lab, sql: a, procedure: b", "MR1012", "run")]
    [InlineData("connection: lab, procedure: \"a; DROP TABLE b\"", "MR1012", "run.procedure")]
    [InlineData("connection: duck, procedure: a", "MR1232", "run.procedure")]
    [InlineData("connection: lake, sql: a", "MR1016", "run.connection")]
    [InlineData("connection: nowhere, sql: a", "MR1014", "run.connection")]
    [InlineData("connection: lab, sql: a, parameters: { run_id: 1 }", "MR1012", "run.parameters.run_id")]
    [InlineData("connection: lab, procedure: a, parameters: { p_job_inst_id: 1 }", "MR1012", "run.parameters.p_job_inst_id")]
    [InlineData("connection: lab, procedure: a, arguments: { run_id: p, task_run_id: p }", "MR1015", "run.arguments")]
    [InlineData("connection: lab, procedure: a, arguments: { run_id: since }", "MR1015", "run.arguments")]
    [InlineData("connection: lab, sql: ''", "MR1012", "run.sql")]
    [InlineData("connection: lab, sql: a, watermark: { query: '' }", "MR1012", "run.watermark.query")]
    [InlineData("connection: lab, sql: a, transaction: false, retries: 1", "MR1016", "run.retries")]
    [InlineData("connection: lab, sql: a, timeout: 60d", "MR1012", "run.timeout")]
    [InlineData("connection: lab, sql: a, parameters: { \"a b\": 1 }", "MR1012", "run.parameters.a b")]
    [InlineData("connection: lab, sql: a, parameters: { a: [1, 2] }", "MR1012", "run.parameters.a")]
    [InlineData("connection: lab, sql: a, parameters: north", "MR1012", "run.parameters")]
    [InlineData("connection: lab, sql: a, watermark: { query: q, lookback: soon }", "MR1012", "run.watermark.lookback")]
    [InlineData("connection: lab, sql: a, watermark: { initial: 1 }", "MR1013", "run.watermark.query")]
    public void What_makes_no_sense_is_told_where_it_stands(string run, string code, string at) =>
        Problem(run).ShouldBe((code, "jobs.j.tasks[0]." + at));

    [Theory]
    [InlineData("checks: [ { sql: a > 1 } ]", "checks")]
    [InlineData("columns: [ { from: a, drop: true } ]", "columns")]
    [InlineData("target: { connection: lab, table: t }", "target")]
    public void What_only_an_extract_takes_is_refused(string setting, string at)
    {
        ConfigProblem problem = Load($"{{ name: t, step: T, {setting}, run: {{ connection: lab, sql: a }} }}").Problems.ShouldHaveSingleItem();
        (problem.Code.Id, problem.Path).ShouldBe(("MR1016", "jobs.j.tasks[0]." + at));
    }

    [Fact]
    public void The_catalog_keeps_what_ran()
    {
        string json = DefinitionJson.Of(Load("{ name: t, step: T, depends_on: [], order: 3, run: { connection: lab, script: sql/a.sql, parameters: { days: 30 } } }").Required().Jobs[0].Tasks[0]);
        json.ShouldBe("""
            {"job":"j","name":"t","step":"T","order":0,"enabled":true,"run_order":3,"run":{"connection":"lab","script":"sql/a.sql","sql":"text of sql/a.sql","parameters":{"days":30}}}
            """.Trim());
    }

    private static SqlStep Read(string run) => Load(TaskOf(run)).Required().Jobs[0].Tasks[0].Sql.ShouldNotBeNull();

    private static (string Code, string Path) Problem(string run)
    {
        ConfigProblem problem = Load(TaskOf(run)).Problems.ShouldHaveSingleItem();
        problem.File.ShouldBe("millrace.yaml");
        problem.Line.ShouldBeGreaterThan(1);
        return (problem.Code.Id, problem.Path);
    }

    private static string TaskOf(string run) => $"{{ name: t, step: T, run: {{ {run.ReplaceLineEndings(" ")} }} }}";

    private static ProjectLoadResult Load(string task) => ProjectLoader.Load(
        [new("millrace.yaml", $$"""
            connections:
              lab:  { type: lab }
              duck: { type: sqlonly }
              lake: { type: files, path: lake }
            jobs: { j: { tasks: [ {{task}} ] } }
            """)],
        ProjectSamples.Connectors,
        null,
        path => path == "missing.sql" ? null : "text of " + path);
}
