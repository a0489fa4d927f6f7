using Millrace.EndToEndTests.Support;

namespace Millrace.EndToEndTests.Kill;

/// <summary>Nothing lost and nothing doubled, whenever the program dies.</summary>
public sealed class KillTests
{
    private static int Kills => Repository.IsLong ? 200 : 12;

    public static TheoryData<string> Names => Warehouses.Names;

    [Theory]
    [MemberData(nameof(Names))]
    public void No_row_is_lost_or_doubled_when_runs_are_killed(string name)
    {
        using var folder = new TemporaryFolder();
        using Warehouse warehouse = Warehouses.Create(name, folder);
        CampaignReport report = new KillCampaign(folder, warehouse, seed: 2026).Run(Kills);
        TestContext.Current.SendDiagnosticMessage($"kill campaign, {name}: {report}");
        Console.WriteLine($"kill campaign, {name}: {report}");
        report.Kills.ShouldBe(Kills);
        report.Result.Differences.ShouldBeEmpty();
        report.Result.Rows.ShouldBeGreaterThan(100);
    }
}
