using Millrace.Connectors.MongoDb;
using Millrace.Core.Batches;
using Millrace.Core.Contracts;
using Millrace.Core.Schemas;
using Millrace.Testing.Conformance;
using Millrace.Testing.MongoDb.External;
using Millrace.Testing.MongoDb.Values;

namespace Millrace.ConformanceTests.MongoDb;

/// <summary>
/// A live server keeps the contract of a source: for a task that has committed its plan, before a log with transactions of three inserts and a
/// snapshot. The server is the one that <c>MILLRACE_TEST_MONGODB</c> names, or a simulator.
/// </summary>
public abstract class MongoDbLiveConformanceTests : SourceConformance, IAsyncLifetime
{
    private IMongoServer _server = null!;
    private IReadOnlyList<Checkpoint> _begun = [];

    private protected abstract MongoDbCapture Capture { get; }

    /// <inheritdoc/>
    public async ValueTask InitializeAsync()
    {
        _server = await ExternalMongoServer.StartAsync();
        _server.Needs(Capture == MongoDbCapture.Oplog ? MongoGap.Oplog : MongoGap.ChangeStreams);
        _server.Needs(MongoGap.Transactions);
        _server.Needs(MongoGap.IndexBounds);
        _server.Insert("shop.orders", Enumerable.Range(0, 15).Select(i => Order(i, -1, new string('x', i))));
        await using (ISource first = Connect("first"))
        {
            ReadPlan plan = await first.PlanAsync(new([], 1), Token);
            _begun = [.. plan.Partitions.Select(p => new Checkpoint("task", p.Name, 1, new("00"), p.Start, 0))];
        }

        for (int i = 0; i < 24; i++)
        {
            int id = 100 + (i * 10);
            if (i % 8 == 5)
            {
                _server.InTransaction(t => Array.ForEach([id, id + 1, id + 2], n => t.Insert("shop.orders", Order(n, i, ""))));
            }
            else if (i % 3 == 1)
            {
                _server.Update("shop.orders", new Doc { { "_id", i % 15 } }, new Doc { { "$set", new Doc { { "n", i } } } });
            }
            else
            {
                _server.Insert("shop.orders", [Order(id, i, "")]);
            }
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        if (_server is not null)
        {
            await _server.DisposeAsync();
        }
    }

    /// <inheritdoc/>
    protected override ISource Open(string state) => new Begun(Connect(state), _begun);

    // Of one shape, so that rows are the same texts in batches of any size.
    private static Doc Order(int id, int n, string text) => new() { { "_id", id }, { "n", n }, { "text", text } };

    private ISource Connect(string state)
    {
        var options = new MongoDbOptions { Uri = _server.Uri, Database = _server.Database, Capture = Capture };
        return new MongoDbConnector().CreateSource(
            new(new ConnectionSettings("live", options, ""), "job/" + state, ["orders"], ReplicationMethod.ChangeCapture) { Selector = new(["orders"], []) });
    }

    /// <summary>The source of a task whose first run died after it had committed its plan.</summary>
    private sealed class Begun(ISource inner, IReadOnlyList<Checkpoint> begun) : ISource
    {
        public ValueTask<IReadOnlyList<TableSchema>> DescribeAsync(CancellationToken cancellationToken) => inner.DescribeAsync(cancellationToken);

        public ValueTask<ReadPlan> PlanAsync(PlanRequest request, CancellationToken cancellationToken) => inner.PlanAsync(
            request with { Committed = [.. request.Committed, .. begun.Where(b => request.Committed.All(c => c.Partition != b.Partition))] }, cancellationToken);

        public IAsyncEnumerable<RecordBatch> ReadAsync(ReadRequest request, CancellationToken cancellationToken) => inner.ReadAsync(request, cancellationToken);

        public ValueTask DisposeAsync() => inner.DisposeAsync();
    }
}

// One after the other: they may share a server, whose oplog has the other's transactions in it, and a source's budget counts them.
/// <summary>By change streams; a transaction's events are at most 600 bytes each.</summary>
[Collection("The log of a MongoDB server")]
public sealed class MongoDbStreamConformanceTests : MongoDbLiveConformanceTests
{
    private protected override MongoDbCapture Capture => MongoDbCapture.ChangeStreams;

    /// <inheritdoc/>
    protected override (int Rows, long Bytes) LargestUnit => (3, 3 * 600);
}

/// <summary>By the oplog; a transaction is one entry of at most 800 bytes.</summary>
[Collection("The log of a MongoDB server")]
public sealed class MongoDbOplogConformanceTests : MongoDbLiveConformanceTests
{
    private protected override MongoDbCapture Capture => MongoDbCapture.Oplog;

    /// <inheritdoc/>
    protected override (int Rows, long Bytes) LargestUnit => (3, 800);
}
