using Millrace.EndToEndTests.Support;
using Millrace.Testing.Servers;
using Npgsql;

namespace Millrace.EndToEndTests.Failures;

/// <summary>Ending a run that follows its source.</summary>
public sealed class FollowTests
{
    public static TheoryData<string> Names => Warehouses.Names;

    [Theory]
    [MemberData(nameof(Names))]
    public void Ctrl_C_at_the_head_ends_a_followed_run_well(string name)
    {
        using var scenario = new FailureScenario(name);
        using MillraceProcess process = Follow(scenario);
        process.WaitForOutput("\"planned\"", 2).ShouldBeTrue(); // the second plan finds nothing: it is at the head
        process.Interrupt();

        ProcessOutcome outcome = process.WaitForEnd().ShouldExitWith(0);
        outcome.Errors.ShouldContain("Stopping.");
        outcome.Output.ShouldContain("\"status\":\"succeeded\"");
        RunEnd.Read(outcome).LimitReached.ShouldBe("stop_requested");
        scenario.IsRight();
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Ctrl_C_in_the_midst_commits_what_is_read_and_the_next_run_goes_on(string name)
    {
        using var scenario = new FailureScenario(name, documents: 2500);
        scenario.Project.MoreOfTask = "        max_bytes_in_flight: 1MiB\n"; // so that reading is not far ahead of writing
        using MillraceProcess process = Follow(scenario);
        process.WaitForOutput("\"committed\"").ShouldBeTrue();
        process.Interrupt();

        RunEnd end = RunEnd.Read(process.WaitForEnd().ShouldExitWith(0));
        end.LimitReached.ShouldBe("stop_requested");
        string after = scenario.State();
        after.ShouldNotBe("nothing");
        scenario.RunsToTheRightEnd();
        scenario.State().ShouldNotBe(after);
    }

    [Fact]
    public async Task A_second_Ctrl_C_ends_a_followed_run_at_once()
    {
        using var scenario = new FailureScenario("postgresql");
        scenario.RunsToTheRightEnd();
        scenario.Chain.WriteNext(300);
        await using var other = new NpgsqlConnection(((PostgreSqlWarehouse)scenario.Warehouse).ConnectionString);
        await other.OpenAsync(TestContext.Current.CancellationToken);
        await using NpgsqlTransaction transaction = await other.BeginTransactionAsync(TestContext.Current.CancellationToken);
        await using (NpgsqlCommand command = other.CreateCommand())
        {
            command.CommandText = $"LOCK TABLE {ReplicationProject.Schema}.orders, {ReplicationProject.Schema}.people IN SHARE MODE"; // nobody writes
            await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
        }

        using MillraceProcess process = Follow(scenario);
        process.WaitForOutput("\"planned\"").ShouldBeTrue();
        process.Interrupt();
        process.WaitForError("Stopping.").ShouldBeTrue();
        process.Interrupt();
        process.WaitForEnd().ExitCode.ShouldBe(130);

        await transaction.RollbackAsync(TestContext.Current.CancellationToken);
        BrokenConnectionTests.DropConnections(scenario.Warehouse);
        scenario.RunsToTheRightEnd();
    }

    private static MillraceProcess Follow(FailureScenario scenario)
    {
        scenario.Project.Write();
        return MillraceProcess.Start(scenario.Project.Folder, scenario.Project.Environment, "run", "load", "--follow", "--json");
    }
}
