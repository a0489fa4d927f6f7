using System.Globalization;
using System.Text.Json;

using Millrace.Connectors.MongoDb.Bson;
using Millrace.Connectors.MongoDb.Bson.Filters;
using Millrace.Core.Errors;

namespace Millrace.UnitTests.Bson;

/// <summary>
/// Mutated and random bytes, by fixed seeds: reading ends in success or in a coded error, never in another exception. Each input is a
/// heap array of its own exact length and all access goes through spans, so a read past its end cannot go unseen. MILLRACE_FUZZ_INPUTS
/// sets how many.
/// </summary>
public class BsonFuzzTests(ITestOutputHelper output)
{
    private const int DefaultInputs = 200_000;

    private static readonly string[] Seeds =
    [
        """{"_id":{"$oid":"57e193d7a9cc81b4027498b5"},"n":1,"l":{"$numberLong":"5"},"d":1.5,"s":"héllo","b":true,"z":null}""",
        """{"a":{"b":[1,{"c":[[],{"d":"x"}]}]},"t":{"$date":"2024-01-01T00:00:00Z"},"x":{"$numberDecimal":"12.50"}}""",
        """{"b":{"$binary":{"base64":"AQIDBA==","subType":"02"}},"r":{"$regularExpression":{"pattern":"a.b","options":"im"}}}""",
        """{"c":{"$code":"f()","$scope":{"x":{"y":1}}},"p":{"$dbPointer":{"$ref":"a.b","$id":{"$oid":"57e193d7a9cc81b4027498b5"}}}}""",
        """{"s":{"$symbol":"q"},"m":{"$minKey":1},"M":{"$maxKey":1},"u":{"$undefined":true},"ts":{"$timestamp":{"t":1,"i":2}}}""",
    ];

    [Fact]
    public void Untrusted_bytes_end_in_success_or_in_a_coded_error()
    {
        var inputs = Inputs();
        var seeds = (List<byte[]>)[.. Seeds.Select(BsonText.FromJson), .. BsonCorpus.ValidDocuments()];
        var filter = BsonFilter.Parse("""{"$or":[{"a.b.c.d":"x"},{"n":{"$gte":1}},{"s":{"$regex":"h.l"}},{"b":{"$elemMatch":{"c":{"$type":4}}}}]}""");
        var projection = BsonProjection.Include(["a.b.c", "s", "c.x"]);
        var random = new Random(20260101);
        using var buffer = new ByteBuffer();
        var valid = 0;
        for (var i = 0; i < inputs; i++)
        {
            var input = NextInput(random, seeds);
            valid += CheckOne(input, buffer, filter, projection) ? 1 : 0;
        }

        // Both ends have to be reached, or the inputs are no test.
        valid.ShouldBeGreaterThan(inputs / 100);
        valid.ShouldBeLessThan(inputs * 95 / 100);
        output.WriteLine($"{inputs} inputs, {valid} of them valid, no crash");
    }

    [Fact]
    public void Untrusted_json_ends_in_success_or_in_a_coded_error()
    {
        var inputs = Inputs() / 4;
        var seeds = Seeds.Select(System.Text.Encoding.UTF8.GetBytes).ToList();
        var random = new Random(20260102);
        var valid = 0;
        for (var i = 0; i < inputs; i++)
        {
            var json = Mutate(random, seeds[random.Next(seeds.Count)], "{}[]\",:$\\u0019.-eE"u8);
            try
            {
                BsonValidator.Validate(ExtendedJsonReader.ReadDocument(json, (ExtendedJsonDialect)random.Next(2)));
                valid++;
            }
            catch (MillraceException error)
            {
                error.Code.ShouldNotBe(ErrorCodes.BsonCorrupt, Convert.ToHexString(json));
            }
        }

        valid.ShouldBeGreaterThan(inputs / 100);
        output.WriteLine($"{inputs} texts, {valid} of them valid, no crash");
    }

    /// <summary>Runs everything that reads over one input and says whether it was valid.</summary>
    private static bool CheckOne(byte[] input, ByteBuffer buffer, BsonFilter filter, BsonProjection projection)
    {
        var valid = BsonValidator.TryValidate(input, out var error);
        Assert.Equal(valid, error.Reason == BsonErrorReason.None);
        var printed = Succeeds(() => PrintBoth(input, buffer));

        // What passes the validator prints. What does not may print only where the fault leaves no trace in the JSON: the name of an
        // array's element, or the depth.
        if (valid != printed && error.Reason is not (BsonErrorReason.InvalidUtf8 or BsonErrorReason.TooDeep))
        {
            Assert.Fail($"valid {valid} ({error}), printed {printed}: {Convert.ToHexString(input)}");
        }

        Assert.True(printed || !valid, Convert.ToHexString(input));

        // These look at parts only, so they may succeed where the whole is not valid, but never the other way round.
        var read = Succeeds(() => filter.Matches(input)) & Succeeds(() => Project(input, buffer, projection))
            & Succeeds(() => BsonCompare.CompareDocuments(input, input));
        if (valid && !read)
        {
            Assert.Fail($"a valid document was refused: {Convert.ToHexString(input)}");
        }

        return valid;
    }

    private static void PrintBoth(byte[] input, ByteBuffer buffer)
    {
        buffer.Clear();
        ExtendedJsonWriter.WriteDocument(input, buffer, ExtendedJsonMode.Canonical);
        using (JsonDocument.Parse(buffer.WrittenMemory, new JsonDocumentOptions { MaxDepth = 1000 }))
        {
            buffer.Clear();
        }

        ExtendedJsonWriter.WriteDocument(input, buffer);
        using var relaxed = JsonDocument.Parse(buffer.WrittenMemory, new JsonDocumentOptions { MaxDepth = 1000 });
    }

    private static void Project(byte[] input, ByteBuffer buffer, BsonProjection projection)
    {
        buffer.Clear();
        projection.Apply(input, new BsonWriter(buffer));
    }

    private static bool Succeeds(Action read)
    {
        try
        {
            read();
            return true;
        }
        catch (MillraceException)
        {
            return false;
        }
    }

    private static byte[] NextInput(Random random, List<byte[]> seeds)
    {
        if (random.Next(10) == 0)
        {
            // Random bytes behind a right length, so that the reader goes past the envelope.
            var bytes = new byte[random.Next(5, 64)];
            random.NextBytes(bytes);
            BitConverter.TryWriteBytes(bytes, bytes.Length);
            bytes[^1] = 0;
            return bytes;
        }

        return Mutate(random, seeds[random.Next(seeds.Count)], [0, 1, 2, 3, 4, 5, 0x0B, 0x0C, 0x0F, 0x7F, 0x80, 0xC3, 0xFF]);
    }

    private static byte[] Mutate(Random random, byte[] seed, ReadOnlySpan<byte> interesting)
    {
        var bytes = (byte[])seed.Clone();
        var changes = random.Next(1, 4);
        for (var i = 0; i < changes && bytes.Length > 0; i++)
        {
            var at = random.Next(bytes.Length);
            switch (random.Next(6))
            {
                case 0: bytes[at] ^= (byte)(1 << random.Next(8)); break;
                case 1: bytes[at] = interesting[random.Next(interesting.Length)]; break;
                case 2: bytes[at] = (byte)random.Next(256); break;
                case 3: bytes = bytes[..at]; break;
                case 4: bytes = [.. bytes[..at], .. bytes[random.Next(bytes.Length)..]]; break;
                default: bytes = [.. bytes[..at], .. seed[random.Next(seed.Length)..], .. bytes[at..]]; break;
            }

            // Half of the time the envelope is made right again, so that what is inside gets read.
            if (random.Next(2) == 0 && bytes.Length >= 5 && seed[0] != '{')
            {
                BitConverter.TryWriteBytes(bytes, bytes.Length);
            }
        }

        return bytes;
    }

    private static int Inputs() =>
        Environment.GetEnvironmentVariable("MILLRACE_FUZZ_INPUTS") is { } text ? int.Parse(text, CultureInfo.InvariantCulture) : DefaultInputs;
}
