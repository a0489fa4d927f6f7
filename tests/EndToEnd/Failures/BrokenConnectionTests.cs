using Millrace.EndToEndTests.Support;
using Millrace.Testing.Servers;

namespace Millrace.EndToEndTests.Failures;

/// <summary>A PostgreSQL that refuses, hangs up or goes away.</summary>
public sealed class BrokenConnectionTests
{
    [Fact]
    public void A_wrong_password_is_an_environment_error_and_is_never_shown()
    {
        const string wrong = "s3cret-that-must-not-show";
        using var scenario = new FailureScenario("postgresql");
        scenario.Project.Environment["WAREHOUSE_DB"] = scenario.Project.Environment["WAREHOUSE_DB"].Replace(PostgreSqlServer.Password, wrong, StringComparison.Ordinal);

        ProcessOutcome outcome = scenario.Project.Run().ShouldExitWith(3);
        outcome.All.ShouldContain("MR1202");
        outcome.All.ShouldNotContain(wrong);
        scenario.State().ShouldBe("nothing");
    }

    [Fact]
    public void A_dropped_connection_rolls_back_to_the_last_commit_and_the_next_run_goes_on()
    {
        using var scenario = new FailureScenario("postgresql", documents: 2500);
        using (MillraceProcess process = scenario.Project.Start())
        {
            process.WaitForOutput("\"committed\"", 3).ShouldBeTrue();
            DropConnections(scenario.Warehouse);
            ProcessOutcome outcome = process.WaitForEnd().ShouldExitWith(3);
            outcome.All.ShouldContain("MR1205");
        }

        scenario.RunsToTheRightEnd();
    }

    [Fact]
    public async Task A_server_that_crashes_and_comes_back_loses_and_doubles_nothing()
    {
        Assert.SkipWhen(PostgreSqlServer.IsSkipped, "MILLRACE_SKIP_SERVERS is set");
        await using PostgreSqlServer server = await PostgreSqlServer.StartAsync("fsync=on", "max_connections=50");
        using var scenario = new FailureScenario(2500, _ => new PostgreSqlWarehouse(server));
        using (MillraceProcess process = scenario.Project.Start())
        {
            process.WaitForOutput("\"committed\"", 2).ShouldBeTrue();
            await server.CrashAsync();
            process.WaitForEnd().ShouldExitWith(3).All.ShouldContain("MR120");
        }

        scenario.Project.Run().ShouldExitWith(3).All.ShouldContain("MR1201");
        await server.RestartAsync();
        scenario.RunsToTheRightEnd();
    }

    internal static void DropConnections(Warehouse warehouse) => warehouse.Execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()");
}
