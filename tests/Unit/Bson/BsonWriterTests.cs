using System.Text;

using Millrace.Connectors.MongoDb.Bson;
using Millrace.Core.Errors;

namespace Millrace.UnitTests.Bson;

public class BsonWriterTests
{
    private static readonly byte[] ObjectId = Convert.FromHexString("57e193d7a9cc81b4027498b5");

    [Fact]
    public void Every_type_is_written_as_it_prints()
    {
        using var buffer = new ByteBuffer();
        var writer = new BsonWriter(buffer);
        writer.StartDocument();
        writer.WriteObjectId("_id"u8, ObjectId);
        writer.WriteDouble("double"u8, -1);
        writer.WriteString("string"u8, "é\"\n"u8);
        writer.StartDocument("document"u8);
        writer.WriteInt32("a.b"u8, 1);
        writer.End();
        writer.StartArray("array"u8);
        writer.WriteInt64("ignored"u8, long.MinValue);
        writer.StartArray(""u8);
        writer.WriteNull(""u8);
        writer.End();
        writer.WriteBoolean(""u8, true);
        writer.End();
        writer.WriteBinary("binary"u8, 2, [1, 2, 3]);
        writer.WriteBinary("uuid"u8, 4, new byte[16]);
        writer.WriteUndefined("undefined"u8);
        writer.WriteDateTime("date"u8, 1356351330501);
        writer.WriteDateTime("early"u8, -1);
        writer.WriteRegularExpression("regex"u8, "a/b"u8, "xim"u8);
        writer.WriteDbPointer("pointer"u8, "db.c"u8, ObjectId);
        writer.WriteJavaScript("code"u8, "f()"u8);
        writer.WriteSymbol("symbol"u8, "s"u8);
        writer.StartJavaScriptWithScope("scoped"u8, "g"u8);
        writer.WriteInt32("x"u8, 1);
        writer.End();
        writer.WriteTimestamp("timestamp"u8, (7UL << 32) | 9);
        writer.WriteDecimal128("decimal"u8, Decimal128.Parse("1.10"));
        writer.WriteMinKey("min"u8);
        writer.WriteMaxKey("max"u8);
        writer.End();
        BsonValidator.Validate(buffer.WrittenSpan);
        Print(buffer.WrittenSpan).ShouldBe(
            """
            {"_id":{"$oid":"57e193d7a9cc81b4027498b5"},"double":-1.0,"string":"é\"\n","document":{"a.b":1},
            "array":[-9223372036854775808,[null],true],"binary":{"$binary":{"base64":"AQID","subType":"02"}},
            "uuid":{"$binary":{"base64":"AAAAAAAAAAAAAAAAAAAAAA==","subType":"04"}},"undefined":{"$undefined":true},
            "date":{"$date":"2012-12-24T12:15:30.501Z"},"early":{"$date":{"$numberLong":"-1"}},
            "regex":{"$regularExpression":{"pattern":"a/b","options":"imx"}},
            "pointer":{"$dbPointer":{"$ref":"db.c","$id":{"$oid":"57e193d7a9cc81b4027498b5"}}},
            "code":{"$code":"f()"},"symbol":{"$symbol":"s"},"scoped":{"$code":"g","$scope":{"x":1}},
            "timestamp":{"$timestamp":{"t":7,"i":9}},"decimal":{"$numberDecimal":"1.10"},"min":{"$minKey":1},"max":{"$maxKey":1}}
            """.ReplaceLineEndings(""));
    }

    [Fact]
    public void Raw_values_are_copied_as_they_are()
    {
        foreach (var document in BsonCorpus.Cases("valid").Select(c => c.Bytes("canonical_bson")).OfType<byte[]>())
        {
            using var buffer = new ByteBuffer(16);
            var writer = new BsonWriter(buffer);
            writer.StartDocument();
            var reader = new BsonReader(document);
            while (reader.Next())
            {
                writer.WriteRaw(reader.Name, reader.Type, reader.Value);
            }

            writer.End();
            buffer.WrittenSpan.ToArray().ShouldBe(document);
        }
    }

    [Fact]
    public void A_name_with_a_NUL_is_refused_and_leaves_nothing()
    {
        using var buffer = new ByteBuffer();
        var writer = new BsonWriter(buffer);
        writer.StartDocument();
        Should.Throw<MillraceException>(() => writer.WriteNull("a\0b"u8)).Code.ShouldBe(ErrorCodes.BsonNotRepresentable);
        writer.End();
        buffer.WrittenSpan.ToArray().ShouldBe([5, 0, 0, 0, 0]);
    }

    [Fact]
    public void Names_and_texts_that_are_not_UTF8_never_reach_the_JSON()
    {
        using var buffer = new ByteBuffer();
        var writer = new BsonWriter(buffer);
        writer.StartDocument();
        writer.WriteString("a"u8, [0xC3]);
        writer.End();
        Should.Throw<MillraceException>(() => Print(buffer.WrittenSpan)).Code.ShouldBe(ErrorCodes.BsonCorrupt);
    }

    [Fact]
    public void Depth_costs_no_stack()
    {
        using var buffer = new ByteBuffer();
        var writer = new BsonWriter(buffer);
        writer.StartDocument();
        const int depth = 200_000;
        for (var i = 0; i < depth; i++)
        {
            writer.StartArray("a"u8);
        }

        for (var i = 0; i <= depth; i++)
        {
            writer.End();
        }

        Print(buffer.WrittenSpan).Length.ShouldBe((2 * depth) + "{\"a\":}".Length);
        BsonValidator.TryValidate(buffer.WrittenSpan, out var error).ShouldBeFalse();
        error.Reason.ShouldBe(BsonErrorReason.TooDeep);
    }

    private static string Print(ReadOnlySpan<byte> document)
    {
        using var buffer = new ByteBuffer();
        ExtendedJsonWriter.WriteDocument(document, buffer);
        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }
}
