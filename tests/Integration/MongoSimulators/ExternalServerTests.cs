using Millrace.Testing.MongoDb;
using Millrace.Testing.MongoDb.External;
using Millrace.Testing.MongoDb.Values;

namespace Millrace.IntegrationTests.MongoSimulators;

/// <summary>A server that <c>MILLRACE_TEST_MONGODB</c> names, played by a simulator: what a test does to it, and what it leaves.</summary>
public sealed class ExternalServerTests
{
    [Fact]
    public async Task What_a_test_writes_is_in_a_database_of_its_own_that_goes_with_it()
    {
        await using MongoSimulator simulator = await MongoSimulator.StartAsync();
        simulator.Insert("shop.orders", [One(1, 100)]);
        await using (var server = ExternalMongoServer.Connect(simulator.Uri, MongoGaps.Parse(null)))
        {
            server.Insert("shop.orders", Enumerable.Range(0, 2500).Select(i => One(i, i)));
            server.Update("shop.orders", new Doc { { "_id", 1 } }, new Doc { { "$set", new Doc { { "n", 11 } } } }).ShouldBe(1);
            server.Update("shop.orders", new Doc { { "_id", 5000 } }, One(5000, 1), upsert: true).ShouldBe(1);
            server.Delete("shop.orders", new Doc { { "n", new Doc { { "$gte", 2000 } } } }, multi: true).ShouldBe(500);
            server.Create("shop.empty");
            server.Rename("shop.empty", "shop.void");
            server.Drop("shop.void");

            server.Documents("shop.orders").Count.ShouldBe(2001);
            simulator.Namespaces.Where(n => !n.StartsWith("local.", StringComparison.Ordinal)).ShouldBe([$"{server.Database}.orders", "shop.orders"], ignoreOrder: true);
            simulator.Documents("shop.orders").ShouldHaveSingleItem();
        }

        simulator.Namespaces.ShouldNotContain(n => n.StartsWith("millrace_test_", StringComparison.Ordinal));
        simulator.Documents("shop.orders").ShouldHaveSingleItem();
    }

    [Fact]
    public async Task A_transaction_is_one_on_the_server_too()
    {
        await using MongoSimulator simulator = await MongoSimulator.StartAsync();
        await using var server = ExternalMongoServer.Connect(simulator.Uri, MongoGaps.Parse(null));
        server.Insert("shop.orders", One(1, 1));
        int before = simulator.OplogEntries().Count;
        server.InTransaction(t =>
        {
            t.Insert("shop.orders", One(2, 2));
            t.Update("shop.orders", new Doc { { "_id", 1 } }, new Doc { { "$set", new Doc { { "n", 11 } } } });
            t.Delete("shop.orders", new Doc { { "_id", 2 } });
        });

        simulator.OplogEntries().Count.ShouldBe(before + 1);
        Doc left = Doc.Parse(simulator.Documents($"{server.Database}.orders").ShouldHaveSingleItem());
        left["n"].AsLong().ShouldBe(11);
    }

    [Fact]
    public async Task A_gap_skips_with_its_reason()
    {
        await using MongoSimulator simulator = await MongoSimulator.StartAsync(new() { Mode = MongoSimulatorMode.Standalone, MaxWireVersion = 8, Version = "4.2.0" });
        await using var server = ExternalMongoServer.Connect(simulator.Uri, MongoGaps.Parse("views, index_bounds"));

        ReasonOf(server, MongoGap.Views).ShouldNotBeNull().ShouldContain("4.2.0 of MILLRACE_TEST_MONGODB lacks views: MILLRACE_TEST_MONGODB_GAPS names it.");
        ReasonOf(server, MongoGap.ChangeStreams).ShouldNotBeNull().ShouldContain("standalone");
        ReasonOf(server, MongoGap.Oplog).ShouldNotBeNull().ShouldContain("standalone");
        ReasonOf(server, MongoGap.Capped).ShouldBeNull();
    }

    [Fact]
    public async Task A_sharded_cluster_has_no_oplog_to_test_with()
    {
        await using MongoSimulator simulator = await MongoSimulator.StartAsync(new() { Mode = MongoSimulatorMode.Sharded });
        await using var server = ExternalMongoServer.Connect(simulator.Uri, MongoGaps.Parse(""));

        ReasonOf(server, MongoGap.Oplog).ShouldNotBeNull().ShouldContain("sharded");
        ReasonOf(server, MongoGap.ChangeStreams).ShouldBeNull();
    }

    [Fact]
    public void A_gap_that_nobody_knows_is_refused() =>
        Should.Throw<ArgumentException>(() => MongoGaps.Parse("views,change_stream")).Message.ShouldContain("knows no 'change_stream', but: change_streams, oplog,");

    [Fact]
    public async Task Another_database_is_not_touched()
    {
        await using MongoSimulator simulator = await MongoSimulator.StartAsync();
        await using var server = ExternalMongoServer.Connect(simulator.Uri, MongoGaps.Parse(null));

        Should.Throw<ArgumentException>(() => server.Drop("customers.orders"));
        Should.Throw<ArgumentException>(() => server.Insert("local.orders", One(1, 1)));
    }

    private static Doc One(int id, int n) => new() { { "_id", id }, { "n", n } };

    private static string? ReasonOf(ExternalMongoServer server, MongoGap gap)
    {
        try
        {
            server.Needs(gap);
            return null;
        }
        catch (Xunit.Sdk.SkipException skip)
        {
            return skip.Message;
        }
    }
}
