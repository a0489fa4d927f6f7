using System.Text;

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
