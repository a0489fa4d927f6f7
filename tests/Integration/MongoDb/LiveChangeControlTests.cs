using Millrace.Connectors.MongoDb;
using Millrace.Core.Contracts;
using Millrace.Core.Errors;
using Millrace.Testing.MongoDb;
using Millrace.Testing.MongoDb.Faults;
using Millrace.Testing.MongoDb.Values;

namespace Millrace.IntegrationTests.MongoDb;

/// <summary>Change capture of a server whose log rolls over, whose connections break, or that nobody else uses.</summary>
public abstract class LiveChangeControlTests : LiveServerTest
{
    [Fact]
    public async Task A_quiet_collection_keeps_its_place_and_nothing_is_read_again()
    {
        Server.Insert("shop.orders", Enumerable.Range(0, 100).Select(i => Order(i, i)));
        await RunAsync();
        Position before = Committed["log"];
        for (int i = 0; i < 5; i++)
        {
            Server.Insert("shop.others", [Order(i, i)]);
            (await RunAsync()).Rows.ShouldBeEmpty();
        }

        Committed["log"].ShouldNotBe(before);
        Server.RollOver(keep: 1);
        Server.Update("shop.orders", ById(7), Set("n", 70));
        LiveRun run = await RunAsync();

        run.Rows.ShouldHaveSingleItem().Values["n"].ShouldBe("70");
        (await RunAsync()).Moves.ShouldBe(0, "nothing has changed, so nothing is committed");
    }

    [Fact]
    public async Task A_log_that_rolled_over_is_lost_history()
    {
        Server.Insert("shop.orders", Enumerable.Range(0, 10).Select(i => Order(i, i)));
        await RunAsync();
        for (int i = 0; i < 20; i++)
        {
            Server.Update("shop.orders", ById(1), Set("n", i + 100));
        }

        Server.RollOver(keep: 3);

        MillraceException error = await Should.ThrowAsync<MillraceException>(() => RunAsync());
        error.Code.ShouldBe(ErrorCodes.HistoryLost);
        error.Fix.ShouldNotBeNull().ShouldContain("resnapshot");
    }

    [Fact]
    public async Task A_snapshot_that_outlives_the_log_is_lost_history()
    {
        Server.Insert("shop.orders", Enumerable.Range(0, 1000).Select(i => Order(i, i)));
        await RunAsync(budget: new(100, null, null, TimeProvider.System));
        for (int i = 0; i < 20; i++)
        {
            Server.Update("shop.orders", ById(1), Set("n", i + 100));
        }

        Server.RollOver(keep: 3);

        (await Should.ThrowAsync<MillraceException>(() => RunAsync())).Code.ShouldBe(ErrorCodes.HistoryLost);
    }

    /// <summary>A target that appends would have a change twice.</summary>
    [Fact]
    public async Task A_break_of_the_connection_gives_no_change_twice()
    {
        const int documents = 5000;
        Server.Insert("shop.orders", Enumerable.Range(0, documents).Select(i => Order(i, i)));
        await RunAsync();
        for (int round = 0; round < 8; round++)
        {
            Server.Update("shop.orders", new Doc(), new Doc { { "$inc", new Doc { { "n", 1 } } } }, multi: true);

            // The driver tries a find a second time by itself.
            Server.Faults.Add(new Fault(FaultAction.CloseBefore) { Skip = round, Times = 2, Commands = ["find"], Namespace = "shop.orders" });
            LiveRun run = await RunAsync();

            run.Rows.Count.ShouldBe(documents, $"the connection broke at find {round}");
            Server.Faults.Clear();
        }

        Target().ShouldBe(Source());
    }

    /// <summary>A place that a change stream has read to does not say which transactions were prepared before it and open there.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_transaction_that_was_prepared_before_the_oplog_is_read_is_lost_history(bool readsOplogBefore)
    {
        const string Transaction = """
            ,"lsid":{"id":{"$uuid":"cdd84f08-0bee-4fb1-ac6a-0c6a9a49fb07"}},"txnNumber":{"$numberLong":"5"}
            """;
        Server.Insert("shop.orders", Enumerable.Range(0, 10).Select(i => Order(i, i)));
        Capture = readsOplogBefore ? MongoDbCapture.Oplog : MongoDbCapture.ChangeStreams;
        await RunAsync();
        Replay("""{"applyOps":[{"op":"i","ns":"shop.orders","o":{"_id":90,"n":1}}],"prepare":true}""");
        await RunAsync();
        Replay("""{"commitTransaction":1}""");
        Capture = MongoDbCapture.Oplog;

        if (readsOplogBefore)
        {
            await RunAsync();
            Target().ShouldBe(Source());
        }
        else
        {
            (await Should.ThrowAsync<MillraceException>(() => RunAsync())).Code.ShouldBe(ErrorCodes.HistoryLost);
        }

        void Replay(string command)
        {
            string file = Path.GetTempFileName();
            try
            {
                DumpWriter.Oplog(file, [DumpWriter.Entry(1, "c", "admin.$cmd", command, more: Transaction)]);
                Server.ReplayOplog(file);
            }
            finally
            {
                File.Delete(file);
            }
        }
    }

    [Fact]
    public async Task A_break_of_the_connection_is_gone_over()
    {
        Server.Insert("shop.orders", Enumerable.Range(0, 100).Select(i => Order(i, i)));
        await RunAsync();
        for (int round = 0; round < 4; round++)
        {
            Server.Update("shop.orders", new Doc(), new Doc { { "$inc", new Doc { { "n", 1 } } } }, multi: true);
            Server.Faults.DropAtMessage(round, "getMore", "find", "aggregate");
            await RunAsync();
        }

        Server.Faults.Clear();
        await RunAsync();
        Target().ShouldBe(Source());
    }
}

/// <summary>By change streams.</summary>
public sealed class LiveStreamControlTests : LiveChangeControlTests;

/// <summary>By the oplog, updates logged as deltas.</summary>
public sealed class LiveOplogControlTests : LiveChangeControlTests
{
    public LiveOplogControlTests()
    {
        Capture = MongoDbCapture.Oplog;
    }

    private protected override MongoSimulatorOptions ServerOptions => new() { TransactionEntryOperations = 2 };
}

/// <summary>By the oplog, updates logged as $set and $unset, and inserts of several documents as one entry.</summary>
public sealed class LiveOplogOfOldControlTests : LiveChangeControlTests
{
    public LiveOplogOfOldControlTests()
    {
        Capture = MongoDbCapture.Oplog;
    }

    private protected override MongoSimulatorOptions ServerOptions => new() { UpdateLogFormat = UpdateLogFormat.Modifiers, VectoredInserts = true };
}
