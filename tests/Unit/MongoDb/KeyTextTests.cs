using System.Globalization;
using System.Numerics;
using System.Text;
using Millrace.Connectors.MongoDb.Bson;
using Millrace.Connectors.MongoDb.Decoding;

namespace Millrace.UnitTests.MongoDb;

public sealed class KeyTextTests
{
    [Theory]
    [InlineData("""{"$numberInt":"-5"}""", "n:-5")]
    [InlineData("""{"$numberDouble":"5.0"}""", "n:5")]
    [InlineData("""{"$numberDouble":"-0.0"}""", "n:0")]
    [InlineData("""{"$numberDouble":"1.5"}""", "n:1.5")]
    [InlineData("""{"$numberDouble":"-0.03125"}""", "n:-0.03125")]
    [InlineData("""{"$numberDouble":"0.1"}""", "n:0.1000000000000000055511151231257827021181583404541015625")]
    [InlineData("""{"$numberDouble":"9223372036854775808"}""", "n:9223372036854775808")]
    [InlineData("""{"$numberDouble":"1e23"}""", "n:99999999999999991611392")]
    [InlineData("""{"$numberDouble":"NaN"}""", "n:NaN")]
    [InlineData("""{"$numberDouble":"-Infinity"}""", "n:-Infinity")]
    [InlineData("""{"$numberDecimal":"5.00"}""", "n:5")]
    [InlineData("""{"$numberDecimal":"-0E+3"}""", "n:0")]
    [InlineData("""{"$numberDecimal":"12E+3"}""", "n:12000")]
    [InlineData("""{"$numberDecimal":"-1.2345E-6"}""", "n:-0.0000012345")]
    [InlineData("""{"$numberDecimal":"9999999999999999999999999999999999"}""", "n:9999999999999999999999999999999999")]
    [InlineData("""{"$numberDecimal":"Infinity"}""", "n:Infinity")]
    [InlineData("""{"$date":{"$numberLong":"-1"}}""", "d:-1")]
    [InlineData("""{"$uuid":"cdd84f08-0bee-4fb1-ac6a-0c6a9a49fb07"}""", "u:cdd84f08-0bee-4fb1-ac6a-0c6a9a49fb07")]
    [InlineData("true", "b:true")]
    public void A_key_has_one_text(string json, string text) => TextOf(json).ShouldBe(text);

    [Fact]
    public void Doubles_are_written_with_their_exact_value()
    {
        var random = new Random(11);
        for (int i = 0; i < 20_000; i++)
        {
            double value = random.Next(3) switch
            {
                0 => BitConverter.Int64BitsToDouble(random.NextInt64(long.MinValue, long.MaxValue)),
                1 => random.Next(-1_000_000, 1_000_000) / Math.Pow(2, random.Next(60)),
                _ => Math.Round(random.NextDouble() * 1000, 2),
            };
            if (double.IsFinite(value))
            {
                using var text = new ByteBuffer();
                KeyText.WriteNumber(value, text);
                Encoding.ASCII.GetString(text.WrittenSpan).ShouldBe(Exact(value));
            }
        }
    }

    [Theory]
    [InlineData("""{"$numberDouble":"12.0"}""")]
    [InlineData("""{"$numberDouble":"19.25"}""")]
    [InlineData("""{"$numberDecimal":"19.90"}""")]
    [InlineData("""{"$date":{"$numberLong":"1700000000000"}}""")]
    [InlineData("""{"$uuid":"cdd84f08-0bee-4fb1-ac6a-0c6a9a49fb07"}""")]
    public void A_key_costs_no_memory(string json)
    {
        byte[] document = Bson(json);
        using var text = new ByteBuffer();
        Write(document, text);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 1000; i++)
        {
            Write(document, text);
        }

        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan(1000);
    }

    /// <summary>By integers alone: the value times a power of ten, and the point put back.</summary>
    private static string Exact(double value)
    {
        int places = 0;
        double whole = Math.Abs(value);
        while (whole != Math.Floor(whole))
        {
            // Doubling is exact.
            whole *= 2;
            places++;
        }

        string digits = (new BigInteger(whole) * BigInteger.Pow(5, places)).ToString(CultureInfo.InvariantCulture).PadLeft(places + 1, '0');
        string text = places == 0 ? digits : $"{digits[..^places]}.{digits[^places..]}".TrimEnd('0').TrimEnd('.');
        return value < 0 ? "-" + text : text;
    }

    private static string TextOf(string json)
    {
        using var text = new ByteBuffer();
        Write(Bson(json), text);
        return Encoding.UTF8.GetString(text.WrittenSpan);
    }

    private static void Write(byte[] document, ByteBuffer text)
    {
        var reader = new BsonReader(document);
        reader.Next();
        text.Clear();
        KeyText.Write(reader.Current, text);
    }

    private static byte[] Bson(string json) => ExtendedJsonReader.ReadDocument($"{{\"v\":{json}}}");
}
