using Millrace.EndToEndTests.Support;
using Millrace.Testing.Mongo;

namespace Millrace.EndToEndTests.Replication;

/// <summary>A dump and a growing chain of oplog files through the program into a warehouse, compared row by row with the independent replay.</summary>
public sealed class ChainReplicationTests
{
    private static readonly string[] Collections = ["other.misc", "shop.dates", "shop.fs.files", "shop.keys", "shop.mixed", "shop.orders", "shop.people"];

    public static TheoryData<string, int, int> Cases
    {
        get
        {
            var data = new TheoryData<string, int, int>();
            foreach (int seed in Enumerable.Range(1, Repository.IsLong ? 20 : 1))
            {
                data.Add("duckdb", seed, 0);
                data.Add("postgresql", seed, 0);
                data.Add("duckdb", seed + 100, 20);
                data.Add("postgresql", seed + 100, 20);
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Every_run_leaves_the_state_of_the_server(string name, int seed, int stepsInDump)
    {
        using var folder = new TemporaryFolder();
        using Warehouse warehouse = Warehouses.Create(name, folder);
        var script = new ChangeScript(seed, ScriptFeatures.Transactions, Collections);
        var chain = new OplogChain(folder.Path, script, seed);
        var project = new ReplicationProject(folder, warehouse) { DeleteMode = seed % 2 == 0 ? "hard" : "soft" };
        script.Fill(25);
        chain.WriteDump(stepsInDump);
        script.Features = ScriptFeatures.All;
        for (int round = 0; round < 2; round++)
        {
            project.Run().ShouldExitWith(0);
            Dictionary<string, string[]> expected = IndependentReplay.Run(folder["replayed" + round], chain.Dump, chain.Files);
            ComparisonResult result = project.Compare(expected);
            project.Quarantined().ShouldBeEmpty($"seed {seed}, round {round}");
            result.Differences.ShouldBeEmpty($"seed {seed}, round {round}");
            result.Rows.ShouldBeGreaterThan(0);
            chain.WriteNext(250);
        }
    }
}
