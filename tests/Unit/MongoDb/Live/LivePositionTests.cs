using System.Text;
using Millrace.Connectors.MongoDb;
using Millrace.Connectors.MongoDb.Bson;
using Millrace.Connectors.MongoDb.Live.Following;
using Millrace.Connectors.MongoDb.Live.Snapshots;
using Millrace.Core.Contracts;
using Millrace.Core.Errors;

namespace Millrace.UnitTests.MongoDb.Live;

public sealed class LivePositionTests
{
    private const string Token = "8265A1B2C3000000072B0229296E04";

    [Fact]
    public void A_document_that_was_read_stands_after_every_change_that_it_shows_and_before_every_later_one()
    {
        ulong at = (0x65a1b2c3UL << 32) | 7;

        string[] inOrder =
        [
            Row(b => MongoDbPositions.FormatDumpRow(99, b)),
            Row(b => MongoDbPositions.FormatOplogRow(at, 0, b)),
            Row(b => MongoDbPositions.FormatOplogRow(at, 0xffff, b)),
            Row(b => MongoDbPositions.FormatOplogRow(at, 0x10000, b)),
            Row(b => MongoDbPositions.FormatOplogRow(at, int.MaxValue, b)),
            Row(b => MongoDbPositions.FormatReadRow(at, b)),
            Row(b => MongoDbPositions.FormatOplogRow(at + 1, 0, b)),
        ];

        inOrder.ShouldBe(inOrder.Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("mongodb.token/65a1b2c3.00000007")]
    [InlineData("mongodb.token/65a1b2c3.00000007/" + Token)]
    [InlineData("mongodb.token/65a1b2c3.00000007/{\"_data\":{\"$binary\":{\"base64\":\"gg==\",\"subType\":\"00\"}}}")]
    [InlineData("mongodb.oplog/65a1b2c3.00000007")]
    [InlineData("mongodb.oplog/65a1b2c3.00000007/65a1b2c3.00000002")]
    public void A_place_in_a_log_is_printed_as_it_is_read(string text)
    {
        LogPosition read = LogPosition.Parse(new(text));

        read.Time.ShouldBe((0x65a1b2c3UL << 32) | 7);
        Position printed = text.StartsWith("mongodb.token", StringComparison.Ordinal)
            ? LogPosition.OfStream(read.Time, read.Token)
            : LogPosition.OfOplog(read.Time, read.OpenSince);
        printed.Text.ShouldBe(text);
    }

    [Theory]
    [InlineData("mongodb.token/65a1b2c3")]
    [InlineData("mongodb.dump/x/0000000000000001")]
    [InlineData("postgres.lsn/0/16B3748")]
    public void Another_position_is_refused(string text) =>
        Should.Throw<MillraceException>(() => LogPosition.Parse(new(text))).Code.ShouldBe(ErrorCodes.InvalidConfiguration);

    [Fact]
    public void A_token_tells_its_time() =>
        ResumeToken.TimeOf(ResumeToken.Parse(Token)).ShouldBe((0x65a1b2c3UL << 32) | 7);

    [Fact]
    public void A_token_of_another_form_tells_none() =>
        ResumeToken.TimeOf(ExtendedJsonReader.ReadDocument("""{"_data":{"$binary":{"base64":"gg==","subType":"00"}}}""")).ShouldBe(0UL);

    [Theory]
    [InlineData("""{"$oid":"65a1b2c3d4e5f60718293a4b"}""")]
    [InlineData("""{"$numberInt":"5"}""")]
    [InlineData("""{"$numberDecimal":"1.50"}""")]
    [InlineData("""{"a":{"$numberLong":"1"},"b":"ä"}""")]
    [InlineData("""{"$minKey":1}""")]
    [InlineData("\"a/b\"")]
    public void A_place_in_a_range_keeps_bounds_of_every_type(string id)
    {
        byte[] bound = ExtendedJsonReader.ReadDocument($$"""{"_id":{{id}}}""");
        var range = new RangePosition(bound, bound, null, false);

        RangePosition half = RangePosition.Parse(range.At(bound));
        RangePosition end = RangePosition.Parse(range.End.Position);

        half.From.ShouldBe(bound);
        half.To.ShouldBe(bound);
        half.After.ShouldBe(bound);
        half.AtEnd.ShouldBeFalse();
        end.AtEnd.ShouldBeTrue();
        end.After.ShouldBeNull();
        half.End.Position.ShouldBe(range.End.Position);
    }

    [Fact]
    public void The_whole_of_a_collection_has_no_bounds()
    {
        RangePosition.Whole.Position.Text.ShouldBe("mongodb.range/{}");
        RangePosition.Parse(RangePosition.Whole.Position).ShouldBe(RangePosition.Whole);
    }

    [Theory]
    [InlineData("snapshot:shop.orders/0000", "shop.orders")]
    [InlineData("snapshot:shop.a/b/0012", "shop.a/b")]
    public void A_partition_names_its_collection(string partition, string collection)
    {
        SnapshotRanges.TryParse(partition, out MongoNamespace parsed).ShouldBeTrue();
        parsed.ToString().ShouldBe(collection);
    }

    [Theory]
    [InlineData("snapshot:shop.orders")]
    [InlineData("log")]
    [InlineData("cursor:shop.a/0001")]
    public void Other_partitions_are_none_of_a_range(string partition) => SnapshotRanges.TryParse(partition, out _).ShouldBeFalse();

    private delegate int Format(Span<byte> target);

    private static string Row(Format format)
    {
        Span<byte> target = stackalloc byte[MongoDbPositions.MaxRowPosition];
        return Encoding.ASCII.GetString(target[..format(target)]);
    }
}
