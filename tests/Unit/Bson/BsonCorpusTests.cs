using System.Text;
using System.Text.Json;

using Millrace.Connectors.MongoDb.Bson;
using Millrace.Core.Errors;

namespace Millrace.UnitTests.Bson;

/// <summary>MongoDB's BSON corpus, checked as its README says a runner does.</summary>
public class BsonCorpusTests(ITestOutputHelper output)
{
    [Fact]
    public void Valid_documents_pass_the_validator() => EachCase("valid", c =>
    {
        foreach (var bson in new[] { c.Bytes("canonical_bson"), c.Bytes("degenerate_bson"), c.Bytes("converted_bson") }.OfType<byte[]>())
        {
            BsonValidator.TryValidate(bson, out var error).ShouldBeTrue($"{c.Name}: {error}");
        }
    });

    [Fact]
    public void Bson_prints_its_canonical_json() => EachCase("valid", c =>
    {
        ShouldPrint(c, "canonical_bson", "canonical_extjson", ExtendedJsonMode.Canonical);
        ShouldPrint(c, "degenerate_bson", "canonical_extjson", ExtendedJsonMode.Canonical);
        ShouldPrint(c, "converted_bson", "converted_extjson", ExtendedJsonMode.Canonical);
    });

    [Fact]
    public void Bson_prints_its_relaxed_json() =>
        EachCase("valid", c => ShouldPrint(c, "canonical_bson", "relaxed_extjson", ExtendedJsonMode.Relaxed));

    [Fact]
    public void Decode_errors_are_refused_with_a_code() => EachCase("decodeErrors", c =>
    {
        var bson = c.Bytes("bson").ShouldNotBeNull();
        BsonValidator.TryValidate(bson, out var error).ShouldBeFalse(c.Name);
        error.Reason.ShouldNotBe(BsonErrorReason.None, c.Name);
        Should.Throw<MillraceException>(() => BsonValidator.Validate(bson), c.Name).Code.ShouldBe(ErrorCodes.BsonCorrupt);
        Should.Throw<MillraceException>(() => Print(bson, ExtendedJsonMode.Relaxed), c.Name).Code.ShouldBe(ErrorCodes.BsonCorrupt);
    });

    [Fact]
    public void Json_is_read_back_to_the_bytes() => EachCase("valid", c =>
    {
        ShouldRead(c, "canonical_extjson", "canonical_bson", exact: !c.Lossy);
        ShouldRead(c, "degenerate_extjson", "canonical_bson", exact: !c.Lossy);
        ShouldRead(c, "converted_extjson", "converted_bson", exact: !c.Lossy);
    });

    [Fact]
    public void Relaxed_json_is_read_back_to_relaxed_json() => EachCase("valid", c =>
    {
        if (c.Text("relaxed_extjson") is { } relaxed)
        {
            var printed = Print(ExtendedJsonReader.ReadDocument(relaxed), ExtendedJsonMode.Relaxed);
            JsonEquality.Same(printed, relaxed).ShouldBeTrue($"{c.Name}: {Encoding.UTF8.GetString(printed)}");
        }
    });

    [Fact]
    public void Json_that_is_wrong_is_refused_with_a_code() => EachCase("parseErrors", c =>
    {
        // In the Decimal128 files the text is that of a number, elsewhere a whole document.
        var text = c.Text("string").ShouldNotBeNull();
        var json = c.File.StartsWith("decimal128", StringComparison.Ordinal)
            ? $$$"""{"d":{"$numberDecimal":{{{JsonSerializer.Serialize(text)}}}}}"""
            : text;
        var code = Should.Throw<MillraceException>(() => ExtendedJsonReader.ReadDocument(json), c.Name).Code;
        new[] { ErrorCodes.ExtendedJsonInvalid, ErrorCodes.BsonNotRepresentable }.ShouldContain(code, c.Name);
    });

    private static void ShouldRead(CorpusCase c, string json, string bson, bool exact)
    {
        if (c.Text(json) is not { } text)
        {
            return;
        }

        var read = ExtendedJsonReader.ReadDocument(text);
        BsonValidator.Validate(read);
        if (exact)
        {
            Convert.ToHexString(read).ShouldBe(Convert.ToHexString(c.Bytes(bson).ShouldNotBeNull()), c.Name);
        }
    }

    private void EachCase(string kind, Action<CorpusCase> check)
    {
        var cases = BsonCorpus.Cases(kind);
        cases.Count.ShouldBeGreaterThan(kind == "valid" ? 600 : 50);
        foreach (var c in cases)
        {
            check(c);
        }

        output.WriteLine($"{cases.Count} {kind} cases of the BSON corpus");
    }

    private static void ShouldPrint(CorpusCase c, string bson, string json, ExtendedJsonMode mode)
    {
        if (c.Bytes(bson) is not { } bytes || c.Text(json) is not { } expected)
        {
            return;
        }

        var printed = Print(bytes, mode);
        JsonEquality.Same(printed, expected).ShouldBeTrue($"{c.Name}: printed {Encoding.UTF8.GetString(printed)}, expected {expected}");
    }

    private static byte[] Print(byte[] document, ExtendedJsonMode mode)
    {
        using var buffer = new ByteBuffer();
        ExtendedJsonWriter.WriteDocument(document, buffer, mode);
        return buffer.WrittenSpan.ToArray();
    }
}
