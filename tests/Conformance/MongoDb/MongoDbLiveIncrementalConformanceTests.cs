using Millrace.Core.Contracts;
using Millrace.Testing.MongoDb.External;
using Millrace.Testing.MongoDb.Values;

namespace Millrace.ConformanceTests.MongoDb;

/// <summary>incremental reads of a live server, by whole numbers that stand in no order. No two are equal: a server need not keep the order of ties.</summary>
public sealed class MongoDbLiveIncrementalConformanceTests : MongoDbLiveReadConformanceTests
{
    private protected override ReplicationMethod Method => ReplicationMethod.Incremental;

    private protected override string? CursorField => "n";

    private protected override void Fill(IMongoServer server) => server.Insert(
        "shop.orders", Enumerable.Range(0, 45).Select(i => new Doc { { "_id", i }, { "n", i * 17 % 45 }, { "text", TextOf(i) } }));
}

/// <summary>The same by values of several types: numbers, texts, times.</summary>
public sealed class MongoDbLiveMixedIncrementalConformanceTests : MongoDbLiveReadConformanceTests
{
    private static readonly DateTimeOffset First = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private protected override ReplicationMethod Method => ReplicationMethod.Incremental;

    private protected override string? CursorField => "n";

    private protected override void Fill(IMongoServer server) => server.Insert("shop.orders", Enumerable.Range(0, 45).Select(i =>
    {
        int value = i * 17 % 45;
        Node n = (value % 4) switch
        {
            0 => value,
            1 => value + 0.5,
            2 => Number(value),
            _ => Leaf.Date(First.AddHours(value)),
        };
        return new Doc { { "_id", i }, { "n", n }, { "text", TextOf(i) } };
    }));
}
