using System.Diagnostics;
using System.Text.Json;
using Millrace.EndToEndTests.Support;

namespace Millrace.EndToEndTests.SqlSteps;

/// <summary>Runs that are taken up where they failed or died, and jobs that follow each other.</summary>
public sealed class ResumeTests
{
    private const string Counting = "CREATE SCHEMA IF NOT EXISTS done; CREATE TABLE IF NOT EXISTS done.t (run_id bigint, task_run_id bigint); INSERT INTO done.t VALUES (:run_id, :task_run_id);";
    private const string CountingAgain = "sql: \"CREATE SCHEMA IF NOT EXISTS done; CREATE TABLE IF NOT EXISTS done.l (run_id bigint); INSERT INTO done.l VALUES (:run_id)\"";

    public static TheoryData<string> Names => Warehouses.Names;

    [Theory]
    [MemberData(nameof(Names))]
    public async Task A_run_is_taken_up_at_the_task_that_failed(string name)
    {
        using var house = await House.CreateAsync(name);
        house.WriteProject(production: "sql: \"INSERT INTO prod.nothing VALUES (1)\"");
        house.Write("sql/conform.sql", Counting);
        (await house.RunAsync("run shop --json")).Tasks.ShouldBe([("orders", "succeeded"), ("conform", "succeeded"), ("to_production", "failed")]);

        house.WriteProject(production: CountingAgain);
        RunResult resumed = await house.RunAsync("run --resume 1 --json");
        (resumed.RunId, resumed.Status).ShouldBe((1, "succeeded"));
        resumed.Tasks.ShouldBe([("to_production", "succeeded")]);
        resumed.Skipped.Select(s => s.Task).ShouldBe(["orders", "conform"]);
        house.Warehouse.Count("SELECT count(*) FROM done.t").ShouldBe(1);
        house.Warehouse.Count("SELECT count(*) FROM done.l WHERE run_id = 1").ShouldBe(1);

        (await house.Shell.RunAsync("run --resume 1")).ShouldExitWith(2).Errors.ShouldContain("MR1407: Run 1 has succeeded.");
        (await house.Shell.RunAsync("run --resume 99")).ShouldExitWith(2).Errors.ShouldContain("There is no run 99.");
        (await house.Shell.RunAsync("run")).ShouldExitWith(2).Errors.ShouldContain("Name a job to run.");
    }

    [Fact]
    public async Task A_run_is_taken_up_with_what_it_was_asked_for()
    {
        using var house = await House.CreateAsync("duckdb");
        house.Write("sql/conform.sql", "CREATE SCHEMA IF NOT EXISTS done; CREATE TABLE IF NOT EXISTS done.t (run_id bigint, since text); INSERT INTO done.t VALUES (:run_id, :since);");
        house.WriteProject(production: CountingAgain);
        (await house.RunAsync("run shop --json")).Status.ShouldBe("succeeded");

        // A refresh of the T step alone, which fails after the SQL step was begun.
        house.Write("sql/conform.sql", "SELECT nothing FROM nowhere");
        (await house.RunAsync("run shop --steps T --full-refresh --json")).Status.ShouldBe("failed");
        house.Write("sql/conform.sql", "INSERT INTO done.t VALUES (:run_id, :since);");
        (await house.Shell.RunAsync("run --resume 2 --from 2020-01-01")).ShouldExitWith(2).Errors.ShouldContain("MR1407: Run 2 is taken up as it was begun");

        RunResult resumed = await house.RunAsync("run --resume 2 --json");
        (resumed.RunId, resumed.Status).ShouldBe((2, "succeeded"));
        resumed.Tasks.ShouldBe([("conform", "succeeded")], "the run was of step T alone");
        house.Warehouse.Count("SELECT count(*) FROM done.t WHERE run_id = 2 AND since LIKE '2020-01-01%'").ShouldBe(1, "a refresh begins at the initial watermark");
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task A_step_runs_once_for_a_run_however_often_it_is_killed(string name)
    {
        using var house = await House.CreateAsync(name);
        house.Write("sql/conform.sql", Counting);
        house.WriteProject(production: CountingAgain);
        (await house.RunAsync("run shop --json")).Status.ShouldBe("succeeded");
        var random = new Random(20261121);
        TimeSpan usual = TimeSpan.FromSeconds(1.5);
        int kills = 0;
        int wanted = Repository.IsLong ? 100 : 10;
        for (int run = 2; kills < wanted; run++)
        {
            string[] words = ["run", "shop", "--steps", "T,L", "--json"];
            while (true)
            {
                long start = Stopwatch.GetTimestamp();
                using MillraceProcess process = MillraceProcess.Start(house.Folder, house.Warehouse.Environment, words);
                if (process.WaitForExit(usual * random.NextDouble()))
                {
                    ProcessOutcome ended = process.WaitForEnd();
                    if (ended.ExitCode == 2 && ended.All.Contains($"Run {run} is running", StringComparison.Ordinal))
                    {
                        // Killed before it took its lease, a run counts as under way until a lease would have run out.
                        continue;
                    }

                    ended.ShouldExitWith(0);
                    usual = (usual + Stopwatch.GetElapsedTime(start)) / 2;
                    break;
                }

                process.Kill();
                process.WaitForEnd();
                kills++;
                string? status = await StatusAsync(house, run);
                if (status == "succeeded")
                {
                    break;
                }

                words = status is null ? words : ["run", "--resume", $"{run}", "--steps", "T,L", "--json"];
            }

            house.Warehouse.Count($"SELECT count(*) FROM done.t WHERE run_id = {run}").ShouldBe(1);
            house.Warehouse.Count($"SELECT count(*) FROM done.l WHERE run_id = {run}").ShouldBe(1);
        }
    }

    // How a run stands; null where it was killed before the catalog knew of it.
    private static async Task<string?> StatusAsync(House house, long run)
    {
        ProcessOutcome listed = await house.Shell.RunAsync($"runs {run} --json");
        return listed.ExitCode == 0 ? JsonDocument.Parse(listed.Output).RootElement[0].GetProperty("status").GetString() : null;
    }

    [Fact]
    public async Task A_kill_between_a_steps_commit_and_the_catalog_does_not_run_it_twice()
    {
        using var house = await House.CreateAsync("postgresql");
        house.Write("sql/conform.sql", Counting);
        // While the last step waits, the one before it is committed.
        house.WriteProject(production: "sql: \"SELECT pg_sleep(600)\"");
        using (MillraceProcess process = MillraceProcess.Start(house.Folder, house.Warehouse.Environment, "run", "shop"))
        {
            while (house.Warehouse.Count("SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(600)%' AND pid <> pg_backend_pid()") == 0)
            {
                process.WaitForExit(TimeSpan.FromMilliseconds(50)).ShouldBeFalse();
            }

            process.Kill();
            process.WaitForEnd();
            house.Warehouse.Count("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(600)%' AND pid <> pg_backend_pid()");
        }

        // As if the catalog had not heard of it: the completion row alone knows.
        using (var catalog = new Microsoft.Data.Sqlite.SqliteConnection($"Data Source={Path.Combine(house.Folder, ".millrace", "catalog.db")}"))
        {
            Millrace.Sqlite.SqliteLibrary.EnsureLoaded();
            catalog.Open();
            using Microsoft.Data.Sqlite.SqliteCommand command = catalog.CreateCommand();
            command.CommandText = "UPDATE task_runs SET status = 'lost' WHERE task_name = 'conform'";
            command.ExecuteNonQuery().ShouldBe(1);
        }

        house.WriteProject(production: CountingAgain);
        ProcessOutcome outcome = (await house.Shell.RunAsync("run shop --resume 1")).ShouldExitWith(0);
        outcome.Output.ShouldContain("conform: completed by this run before");
        house.Warehouse.Count("SELECT count(*) FROM done.t").ShouldBe(1);
    }

    [Fact]
    public async Task A_job_starts_the_next_on_success_alone()
    {
        using var house = await House.CreateAsync("duckdb");
        string next = "\n  next: { tasks: [ { name: a, step: T, run: { connection: warehouse, sql: \"CREATE SCHEMA IF NOT EXISTS done; CREATE TABLE IF NOT EXISTS done.n AS SELECT :run_id AS r\" } } ] }\n";
        house.WriteProject(job: "on_success: [next]");
        house.Write("millrace.yaml", File.ReadAllText(Path.Combine(house.Folder, "millrace.yaml")) + next);
        house.Write("sql/conform.sql", Counting);
        ProcessOutcome failed = (await house.Shell.RunAsync("run shop")).ShouldExitWith(1);
        failed.Output.ShouldNotContain("of next");

        house.Write("sql/conform.sql", SqlStepTests.Conform);
        (await house.Shell.RunAsync("run shop --no-next")).ShouldExitWith(0).Output.ShouldNotContain("of next");
        (await house.Shell.RunAsync("run shop")).ShouldExitWith(0).Output.ShouldContain("run 4 of next: succeeded");
        (await house.Shell.RunAsync("runs --json")).Output.ShouldContain("on_success of run 3");
        house.Warehouse.Count("SELECT r FROM done.n").ShouldBe(4);
    }
}
