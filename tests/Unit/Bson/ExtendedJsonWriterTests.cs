using System.Globalization;
using System.Text;
using System.Text.Json;

using Millrace.Connectors.MongoDb.Bson;

using static Millrace.UnitTests.Bson.BsonText;

namespace Millrace.UnitTests.Bson;

public class ExtendedJsonWriterTests
{
    [Fact]
    public void Doubles_are_the_shortest_text_that_reads_back()
    {
        var random = new Random(20260301);
        for (var i = 0; i < 200_000; i++)
        {
            var value = (i % 4) switch
            {
                0 => BitConverter.Int64BitsToDouble(random.NextInt64()),
                1 => random.NextInt64(-100_000_000, 100_000_000) / 100.0,
                2 => Math.Round(((random.NextDouble() * 2) - 1) * Math.Pow(10, random.Next(-7, 16)), random.Next(0, 9)),
                _ => ((random.NextDouble() * 2) - 1) * 180,
            };
            if (!double.IsFinite(value))
            {
                continue;
            }

            var text = Relaxed(Document(w => w.WriteDouble("d"u8, value)))["{\"d\":".Length..^1];
            BitConverter.DoubleToInt64Bits(double.Parse(text, CultureInfo.InvariantCulture)).ShouldBe(BitConverter.DoubleToInt64Bits(value), text);
            text.AsSpan().IndexOfAny(".E").ShouldBeGreaterThanOrEqualTo(0, text);
            Digits(text).ShouldBe(Digits(value.ToString("R", CultureInfo.InvariantCulture)), text);
        }
    }

    [Theory]
    [InlineData(0, "\"1970-01-01T00:00:00Z\"")]
    [InlineData(1, "\"1970-01-01T00:00:00.001Z\"")]
    [InlineData(253402300799999, "\"9999-12-31T23:59:59.999Z\"")]
    [InlineData(1709164799120, "\"2024-02-28T23:59:59.120Z\"")]
    [InlineData(-1, "{\"$numberLong\":\"-1\"}")]
    [InlineData(253402300800000, "{\"$numberLong\":\"253402300800000\"}")]
    [InlineData(long.MinValue, "{\"$numberLong\":\"-9223372036854775808\"}")]
    public void Dates_are_text_only_where_that_keeps_them(long millis, string json) =>
        Relaxed(Document(w => w.WriteDateTime("d"u8, millis))).ShouldBe($$$"""{"d":{"$date":{{{json}}}}}""");

    [Fact]
    public void Texts_of_every_length_are_escaped_as_JSON_asks()
    {
        var random = new Random(20260302);
        string[] alphabet = ["a", "b", "é", "😀", "\"", "\\", "\n", "\0", "\u001f", "\u007f", "/", "\u2028"];
        for (var i = 0; i < 20_000; i++)
        {
            var plain = random.Next(3) > 0;
            var text = string.Concat(Enumerable.Range(0, random.Next(70)).Select(_ => alphabet[random.Next(plain ? 2 : alphabet.Length)]));
            var json = Relaxed(Document(w => w.WriteString(Encoding.UTF8.GetBytes("n" + text.Replace("\0", "", StringComparison.Ordinal)), Encoding.UTF8.GetBytes(text))));
            using var parsed = JsonDocument.Parse(json);
            var member = parsed.RootElement.EnumerateObject().Single();
            member.Value.GetString().ShouldBe(text);
            member.Name.ShouldBe("n" + text.Replace("\0", "", StringComparison.Ordinal));
        }
    }

    [Fact]
    public void Every_broken_UTF8_text_is_refused()
    {
        byte[][] broken = [[0x80], [0xC3], [0xC0, 0x80], [0xE2, 0x28, 0xA1], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xFF]];
        foreach (var bad in broken)
        {
            for (var before = 0; before < 40; before++)
            {
                for (var after = 0; after < 20; after++)
                {
                    byte[] text = [.. Enumerable.Repeat((byte)'x', before), .. bad, .. Enumerable.Repeat((byte)'x', after)];
                    var asValue = Document(w => w.WriteString("s"u8, text));
                    var asName = Document(w => w.WriteInt32(text, 1));
                    foreach (var document in new[] { asValue, asName })
                    {
                        BsonValidator.TryValidate(document, out var error).ShouldBeFalse();
                        error.Reason.ShouldBe(BsonErrorReason.InvalidUtf8);
                        Should.Throw<Core.Errors.MillraceException>(() => Relaxed(document));
                    }
                }
            }
        }
    }

    [Fact]
    public void Printing_allocates_nothing_once_its_buffer_has_grown()
    {
        var document = FromJson("""{"_id":{"$oid":"57e193d7a9cc81b4027498b5"},"a":[1,2.5,"x\n",{"b":{"$date":"2024-01-01T00:00:00Z"}}],"d":{"$numberDecimal":"1.10"}}""");
        using var buffer = new ByteBuffer(4096);
        ExtendedJsonWriter.WriteDocument(document, buffer);
        BsonValidator.Validate(document);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++)
        {
            buffer.Clear();
            BsonValidator.Validate(document);
            ExtendedJsonWriter.WriteDocument(document, buffer);
        }

        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBe(0);
    }

    private static byte[] Document(Action<BsonWriter> write)
    {
        using var buffer = new ByteBuffer();
        var writer = new BsonWriter(buffer);
        writer.StartDocument();
        write(writer);
        writer.End();
        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>The significant digits of a number's text.</summary>
    private static string Digits(string text)
    {
        var mantissa = text.Split('E')[0].Replace(".", "", StringComparison.Ordinal).TrimStart('-').Trim('0');
        return mantissa;
    }
}
