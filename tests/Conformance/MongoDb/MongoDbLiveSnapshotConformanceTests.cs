using Millrace.Core.Contracts;
using Millrace.Testing.MongoDb.External;
using Millrace.Testing.MongoDb.Values;

namespace Millrace.ConformanceTests.MongoDb;

/// <summary>full_refresh of a live server, with ids that were inserted in no order.</summary>
public sealed class MongoDbLiveSnapshotConformanceTests : MongoDbLiveReadConformanceTests
{
    private protected override ReplicationMethod Method => ReplicationMethod.FullRefresh;

    private protected override void NeedsOfPositions(IMongoServer server) => server.Needs(MongoGap.IndexBounds);

    private protected override void Fill(IMongoServer server) => server.Insert(
        "shop.orders", Enumerable.Range(0, 45).Select(i => new Doc { { "_id", i * 17 % 45 }, { "n", i }, { "text", TextOf(i) } }));
}
