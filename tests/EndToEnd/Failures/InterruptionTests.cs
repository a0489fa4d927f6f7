using System.Diagnostics;
using Millrace.EndToEndTests.Support;

namespace Millrace.EndToEndTests.Failures;

/// <summary>Users who stop a run, start two at once, or take away what was loaded.</summary>
public sealed class InterruptionTests
{
    public static TheoryData<string> Names => Warehouses.Names;

    [Theory]
    [MemberData(nameof(Names))]
    public void Ctrl_C_ends_at_the_last_commit_and_the_next_run_goes_on(string name)
    {
        using var scenario = new FailureScenario(name, documents: 2500);
        using (MillraceProcess process = scenario.Project.Start())
        {
            process.WaitForOutput("\"committed\"", 2).ShouldBeTrue();
            long start = Stopwatch.GetTimestamp();
            process.Interrupt();
            ProcessOutcome outcome = process.WaitForEnd().ShouldExitWith(1);
            Stopwatch.GetElapsedTime(start).ShouldBeLessThan(TimeSpan.FromSeconds(10));
            outcome.Output.ShouldContain("\"status\":\"cancelled\"");
        }

        scenario.State().ShouldNotBe("nothing");
        scenario.RunsToTheRightEnd();
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_second_run_at_the_same_time_is_refused_and_the_first_ends_well(string name)
    {
        using var scenario = new FailureScenario(name, documents: 2500);
        using MillraceProcess first = scenario.Project.Start();
        first.WaitForOutput("\"committed\"").ShouldBeTrue();
        RunBesideFrozen(first, scenario).ShouldExitWith(1).All.ShouldContain("MR1302");
        first.WaitForEnd().ShouldExitWith(0);
        scenario.IsRight();
    }

    [Fact]
    public void A_run_that_another_project_overtook_is_fenced_by_the_destination()
    {
        using var scenario = new FailureScenario("postgresql", documents: 2500);
        using MillraceProcess first = scenario.Project.Start();
        first.WaitForOutput("\"committed\"").ShouldBeTrue();
        first.Freeze();
        ForgetCatalog(scenario); // the lease is not seen any more, as from another machine

        // The first run may hold the locks of an open transaction; a server drops those of a machine that is gone.
        BrokenConnectionTests.DropConnections(scenario.Warehouse);
        scenario.Project.Run().ShouldExitWith(0);
        string after = scenario.State();
        first.Thaw();
        first.WaitForEnd().ExitCode.ShouldNotBe(0);
        scenario.State().ShouldBe(after);
        scenario.IsRight();
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Without_its_local_state_a_project_goes_on_from_what_the_destination_says(string name)
    {
        using var scenario = new FailureScenario(name);
        scenario.RunsToTheRightEnd();
        ForgetCatalog(scenario);
        scenario.Chain.WriteNext(300);
        scenario.RunsToTheRightEnd();
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_dropped_target_table_is_noticed_and_loaded_anew_on_request(string name)
    {
        using var scenario = new FailureScenario(name);
        scenario.RunsToTheRightEnd();
        scenario.Warehouse.Execute($"DROP TABLE {ReplicationProject.Schema}.orders");
        scenario.Chain.WriteNext(100);

        string before = scenario.State();
        scenario.Project.Run().ShouldExitWith(1).All.ShouldContain("MR1307");
        scenario.State().ShouldBe(before);

        scenario.Project.Write();
        MillraceProcess.Run(scenario.Project.Folder, scenario.Project.Environment, "run", "load", "--full-refresh", "--json").ShouldExitWith(0);
        scenario.IsRight();
        scenario.Chain.WriteNext(100);
        scenario.RunsToTheRightEnd();
    }

    // Frozen, so that it cannot end before the second run looks. If that caught it within a write to the catalog, another moment is tried.
    private static ProcessOutcome RunBesideFrozen(MillraceProcess first, FailureScenario scenario)
    {
        const string catalogLocked = "MR1403";
        while (true)
        {
            first.Freeze();
            try
            {
                ProcessOutcome second = scenario.Project.Run();
                if (!second.All.Contains(catalogLocked, StringComparison.Ordinal))
                {
                    return second;
                }
            }
            finally
            {
                first.Thaw();
            }

            first.WaitForExit(TimeSpan.FromMilliseconds(30)).ShouldBeFalse();
        }
    }

    private static void ForgetCatalog(FailureScenario scenario) =>
        Directory.Move(Path.Combine(scenario.Project.Folder, ".millrace"), Path.Combine(scenario.Project.Folder, $"forgotten-{Guid.NewGuid():N}"));
}
