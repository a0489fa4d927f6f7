using Millrace.Connectors.MongoDb.Live.Snapshots;
using Millrace.Core.Contracts;

namespace Millrace.UnitTests.MongoDb.Live;

public sealed class RangePlannerTests
{
    [Theory]
    [InlineData(0, 0, 1)]
    [InlineData(19_999, 1L << 40, 1)]
    [InlineData(20_000, 1_000, 4)]
    [InlineData(1_000_000, 340_000_000, 10)]
    [InlineData(1_000_000, 10L << 30, 160)]
    [InlineData(2_000_000_000, 1L << 40, 256)]
    public void A_collection_is_divided_by_rows_and_bytes(long rows, long bytes, int ranges) =>
        RangePlanner.CountOf(new(rows, Certainty.Estimated, bytes, Certainty.Estimated)).ShouldBe(ranges);

    [Fact]
    public void One_of_unknown_size_stays_whole() => RangePlanner.CountOf(Estimate.Unknown).ShouldBe(1);
}
