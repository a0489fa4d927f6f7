using Millrace.Core.Contracts;
using Millrace.Core.Errors;
using Millrace.Testing.MongoDb;

namespace Millrace.IntegrationTests.MongoDb;

/// <summary>A server that is none of MongoDB's: it takes the bounds of a find, and does not keep to them.</summary>
public sealed class LiveUnboundedSnapshotTests : LiveServerTest
{
    public LiveUnboundedSnapshotTests()
    {
        Method = ReplicationMethod.FullRefresh;
    }

    private protected override MongoSimulatorOptions ServerOptions => new() { IgnoresIndexBounds = true };

    [Fact]
    public async Task Reading_on_fails_before_a_row_comes_twice()
    {
        Server.Insert("shop.orders", Enumerable.Range(0, 2500).Select(i => Order(i, i)));
        (await RunAsync(budget: new(1000, null, null, TimeProvider.System))).Rows.Count.ShouldBe(1000);

        MillraceException error = await Should.ThrowAsync<MillraceException>(() => RunAsync());

        error.Code.ShouldBe(ErrorCodes.MongoBoundsIgnored);
        error.IsTransient.ShouldBeFalse();
        Target().Count.ShouldBe(1000);
    }

    [Fact]
    public async Task A_range_that_goes_past_its_end_fails()
    {
        Server.Insert("shop.orders", Enumerable.Range(0, 20_000).Select(i => Order(i, i)));

        (await Should.ThrowAsync<MillraceException>(() => RunAsync())).Code.ShouldBe(ErrorCodes.MongoBoundsIgnored);
    }

    [Fact]
    public async Task A_collection_that_is_read_at_once_needs_no_bounds()
    {
        Server.Insert("shop.orders", Enumerable.Range(0, 2500).Select(i => Order(i, i)));

        await RunAsync();

        Target().ShouldBe(Source());
    }
}
