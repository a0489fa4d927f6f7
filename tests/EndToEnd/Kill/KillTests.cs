using Millrace.EndToEndTests.Support;
using Millrace.Testing.Mongo;

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

    /// <summary>Datasets come and go between runs that are killed: what was left out catches up, wherever that is broken off.</summary>
    [Theory]
    [MemberData(nameof(Names))]
    public void No_row_is_lost_or_doubled_when_datasets_are_included_later(string name)
    {
        using var folder = new TemporaryFolder();
        using Warehouse warehouse = Warehouses.Create(name, folder);
        var campaign = new KillCampaign(folder, warehouse, seed: 1303)
        {
            Features = ScriptFeatures.Transactions | ScriptFeatures.Drops,
            Datasets = ["orders", "[orders, people]", "\"*s\"", "\"*\""],
        };
        CampaignReport report = campaign.Run(Kills);
        Console.WriteLine($"kill campaign with changing datasets, {name}: {report}");
        report.Result.Differences.ShouldBeEmpty();
        report.Result.Rows.ShouldBeGreaterThan(100);
    }
}
