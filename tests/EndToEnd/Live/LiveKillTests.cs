using Millrace.EndToEndTests.Support;

namespace Millrace.EndToEndTests.Live;

/// <summary>Nothing lost and nothing doubled from a server that changes all the time, whenever the program dies.</summary>
public sealed class LiveKillTests
{
    private static int Kills => Repository.IsLong ? 200 : 8;

    /// <summary>Both ways to read changes, into every destination.</summary>
    public static TheoryData<string, string> Ways()
    {
        TheoryData<string, string> ways = [];
        foreach (string capture in (string[])["change_streams", "oplog"])
        {
            foreach (string name in Warehouses.All)
            {
                ways.Add(capture, name);
            }
        }

        return ways;
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task No_row_is_lost_or_doubled_when_runs_are_killed(string capture, string name)
    {
        using var folder = new TemporaryFolder();
        using Warehouse warehouse = Warehouses.Create(name, folder);
        await using var campaign = new LiveCampaign(folder, warehouse, capture, seed: 2027);
        LiveReport report = await campaign.RunAsync(Kills);
        Console.WriteLine($"live kill campaign, {capture}, {name}: {report}");
        report.Kills.ShouldBe(Kills);
        report.Result.Differences.ShouldBeEmpty();
        report.Result.Rows.ShouldBeGreaterThan(100);
    }
}
