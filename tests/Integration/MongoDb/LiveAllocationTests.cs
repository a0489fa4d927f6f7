using Millrace.Connectors.MongoDb;
using Millrace.Connectors.MongoDb.Files;
using Millrace.Connectors.MongoDb.Live;
using Millrace.Connectors.MongoDb.Live.Following;
using Millrace.Connectors.MongoDb.Live.Snapshots;
using Millrace.Connectors.MongoDb.Native;
using Millrace.Core.Batches;
using Millrace.Core.Contracts;
using Millrace.Testing.MongoDb.Values;

namespace Millrace.IntegrationTests.MongoDb;

/// <summary>A document that is read makes no garbage: what is made is made for a batch.</summary>
public sealed class LiveAllocationTests : LiveServerTest
{
    private const int Rows = 40_000;
    private const int BatchRows = 4000;

    [Fact]
    public void A_row_of_a_snapshot_makes_no_garbage()
    {
        Server.Load("shop.orders", Enumerable.Range(0, Rows).Select(i => Order(i, i, "some text").ToBytes()));
        LiveConnection connection = LiveConnection.From(Settings().Connection);
        using MongoPool pool = connection.Open();
        MongoClient client = pool.Take(TestContext.Current.CancellationToken);
        LiveServer server = LiveServer.Ask(client);
        var partition = new PartitionPlan("snapshot:shop.orders/0000", 0, RangePosition.Whole.Position, RangePosition.Whole.End.Position);
        using var reader = new FindReader(
            client, server, new("shop", "orders"), new RangeOrder(partition), new("", "orders"), Settings(), new(partition, BatchRows, int.MaxValue));

        BytesOfRow(reader).ShouldBeLessThan(2.0);
    }

    [Fact]
    public void A_row_of_an_incremental_read_makes_no_garbage()
    {
        Server.Load("shop.orders", Enumerable.Range(0, Rows).Select(i => Order(i, i, "some text").ToBytes()));
        LiveConnection connection = LiveConnection.From(Settings().Connection);
        using MongoPool pool = connection.Open();
        MongoClient client = pool.Take(TestContext.Current.CancellationToken);
        LiveServer server = LiveServer.Ask(client);
        var partition = new PartitionPlan("cursor:shop.orders", 0, CursorState.Start, null);
        using var reader = new FindReader(
            client, server, new("shop", "orders"), new CursorOrder(partition.Start, "n", mayRepeat: true, sortsOnDisk: true),
            new("", "orders"), Settings(), new(partition, BatchRows, int.MaxValue));

        BytesOfRow(reader).ShouldBeLessThan(2.0);
    }

    [Theory]
    [InlineData(MongoDbCapture.ChangeStreams)]
    [InlineData(MongoDbCapture.Oplog)]
    public void A_change_makes_no_garbage(MongoDbCapture capture)
    {
        Capture = capture;
        Server.Create("shop.orders");
        ulong before = Server.LastTimestamp;
        Server.Insert("shop.orders", Enumerable.Range(0, Rows).Select(i => Order(i, i, "some text").ToBytes()));
        LiveConnection connection = LiveConnection.From(Settings().Connection);
        using MongoPool pool = connection.Open();
        MongoClient client = pool.Take(TestContext.Current.CancellationToken);
        LiveServer server = LiveServer.Ask(client);
        var names = new DatasetNames("shop", ["orders"], new(["orders"], []));
        var target = new LogTarget(new(before), Server.LastTimestamp, new(names, null, Connectors.MongoDb.Oplog.LogPurpose.GoOn), new("", "orders"));
        var request = new ReadRequest(new("log", 3, LogPosition.OfStream(before, default), null), BatchRows, int.MaxValue);
        using IBatchReader reader = capture == MongoDbCapture.Oplog
            ? new OplogReader(client, server, target, Settings(), request)
            : new ChangeStreamReader(client, server, new(server, MongoDbUpdateImages.Lookup), new(new("shop", "orders"), []), target, Settings(), request);

        BytesOfRow(reader).ShouldBeLessThan(2.0);
    }

    // Of the batch that makes least: the first ones fill pools, and other tests may take from them.
    private static double BytesOfRow(IBatchReader reader)
    {
        double least = double.MaxValue;
        long before = GC.GetAllocatedBytesForCurrentThread();
        while (reader.Next(TestContext.Current.CancellationToken) is { } batch)
        {
            int rows = batch.RowCount;
            batch.Dispose();
            least = rows == BatchRows ? Math.Min(least, (GC.GetAllocatedBytesForCurrentThread() - before) / (double)rows) : least;
            before = GC.GetAllocatedBytesForCurrentThread();
        }

        return least;
    }
}
