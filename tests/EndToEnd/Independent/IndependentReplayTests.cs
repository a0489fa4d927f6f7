using System.Text.Json;
using Millrace.EndToEndTests.Support;
using Millrace.Testing.Mongo;

namespace Millrace.EndToEndTests.Independent;

/// <summary>
/// The two sides of every end-to-end comparison held against each other before the product is: the model that writes oplogs, in C#, and the
/// replay that reads them, in Python. They share nothing but the format.
/// </summary>
public sealed class IndependentReplayTests
{
    private static readonly string[] Collections = ["other.misc", "shop.dates", "shop.fs.files", "shop.keys", "shop.mixed", "shop.orders", "shop.people"];

    [Theory]
    [InlineData(1, 0)]
    [InlineData(2, 0)]
    [InlineData(3, 40)]
    [InlineData(4, 40)]
    public void A_replayed_chain_gives_the_state_of_the_server_that_wrote_it(int seed, int stepsInDump)
    {
        using var folder = new TemporaryFolder();
        var script = new ChangeScript(seed, ScriptFeatures.Transactions, Collections);
        var chain = new OplogChain(folder.Path, script, seed);
        script.Fill(20);
        chain.WriteDump(stepsInDump);
        script.Features = ScriptFeatures.All;
        for (int i = 0; i < 6; i++)
        {
            chain.WriteNext(300);
        }

        script.Settle();
        chain.WriteNext(0);

        Dictionary<string, string[]> replayed = IndependentReplay.Run(folder["replayed"], chain.Dump, chain.Files);
        DumpWriter.WriteCollections(folder["final"], script.Model);
        Dictionary<string, string[]> expected = IndependentReplay.Run(folder["expected"], folder["final"], []);

        replayed.Keys.ShouldBe(expected.Keys, ignoreOrder: true);
        foreach ((string ns, string[] documents) in expected)
        {
            replayed[ns].Order(StringComparer.Ordinal).ShouldBe(documents.Order(StringComparer.Ordinal), ns);
        }
    }

    [Fact]
    public void The_replay_reads_every_valid_case_of_the_BSON_corpus()
    {
        string? data = Repository.SharedData;
        Assert.SkipWhen(data is null, "../shared/data is absent");
        using JsonDocument summary = JsonDocument.Parse(IndependentReplay.Python("corpus.py", [Path.Combine(data, "bson-corpus")]));
        summary.RootElement.GetProperty("cases").GetInt32().ShouldBeGreaterThan(500);
        summary.RootElement.GetProperty("differing").GetInt32().ShouldBe(0);
    }
}
