using System.Buffers;
using System.Text;
using Millrace.Connectors.MongoDb.Bson;
using Millrace.Connectors.MongoDb.Files;
using Millrace.Connectors.MongoDb.Live.Snapshots;
using Millrace.Core.Contracts;

namespace Millrace.UnitTests.MongoDb.Live;

public sealed class CursorOrderTests
{
    [Theory]
    [InlineData("""{"_id":1,"n":5}""")]
    [InlineData("""{"_id":1,"n":"text"}""")]
    [InlineData("""{"_id":1,"n":{"$date":{"$numberLong":"0"}}}""")]
    public void A_later_kind_is_asked_for_without_the_names_that_MongoDB_gave_up(string document)
    {
        string filter = FilterAfter(document);

        filter.ShouldContain("\"$gte\"");
        filter.ShouldNotContain("symbol");
    }

    // Strings and symbols are one kind, and all of them are the empty text or greater.
    [Fact]
    public void After_numbers_come_texts() => FilterAfter("""{"_id":1,"n":5}""").ShouldContain("""{"n":{"$gte":""}}""");

    [Fact]
    public void After_texts_come_no_texts_but_those_from_the_watermark_on() => FilterAfter("""{"_id":1,"n":"text"}""").ShouldNotContain("""{"$gte":""}""");

    private static string FilterAfter(string document)
    {
        using var order = new CursorOrder(CursorState.Start, "n", mayRepeat: false, sortsOnDisk: true);
        byte[] bytes = ExtendedJsonReader.ReadDocument(document);
        order.IsNew(bytes).ShouldBeTrue();
        order.Take(bytes);
        var json = new ArrayBufferWriter<byte>();
        ExtendedJsonWriter.WriteDocument(order.Filter()!, json);
        return Encoding.UTF8.GetString(json.WrittenSpan);
    }
}
