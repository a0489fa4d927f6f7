using Millrace.Connectors.MongoDb;
using Millrace.Connectors.MongoDb.Live.Following;

namespace Millrace.UnitTests.MongoDb.Live;

public sealed class StreamScopeTests
{
    [Fact]
    public void One_collection_is_watched_by_itself() =>
        StreamScope.Of("shop", [new("shop", "orders")]).Level.ShouldBe(new MongoNamespace("shop", "orders"));

    [Fact]
    public void Several_of_a_database_are_watched_there_and_chosen()
    {
        StreamScope scope = StreamScope.Of(null, [new("shop", "orders"), new("shop", "customers")]);

        scope.Level.ShouldBe(new MongoNamespace("shop", ""));
        scope.Collections.Select(c => c.Collection).ShouldBe(["orders", "customers"]);
    }

    [Fact]
    public void Those_of_several_databases_are_watched_everywhere() =>
        StreamScope.Of(null, [new("a", "x"), new("b", "x")]).Level.ShouldBe(new MongoNamespace("", ""));

    [Fact]
    public void A_pattern_watches_the_connections_database()
    {
        StreamScope.Of("shop", []).ShouldBe(new StreamScope(new("shop", ""), []));
        StreamScope.Of(null, []).ShouldBe(new StreamScope(new("", ""), []));
    }
}
