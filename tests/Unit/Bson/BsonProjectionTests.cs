using Millrace.Connectors.MongoDb.Bson;
using Millrace.Core.Errors;

using static Millrace.UnitTests.Bson.BsonText;

namespace Millrace.UnitTests.Bson;

public class BsonProjectionTests
{
    private const string Document = """{"z":1,"_id":7,"a":{"b":[1,{"c":2,"d":3}],"e":4},"f":[[{"g":1,"h":2}],5]}""";

    [Theory]
    [InlineData("z", """{"z":1,"_id":7}""")]
    [InlineData("a", """{"_id":7,"a":{"b":[1,{"c":2,"d":3}],"e":4}}""")]
    [InlineData("a.e", """{"_id":7,"a":{"e":4}}""")]
    [InlineData("a.b.c", """{"_id":7,"a":{"b":[{"c":2}]}}""")]
    [InlineData("f.g z.y", """{"_id":7,"f":[[{"g":1}]]}""")]
    [InlineData("_id", """{"_id":7}""")]
    [InlineData("missing", """{"_id":7}""")]
    public void Included_fields_stay_with_the_id(string paths, string expected) =>
        Apply(BsonProjection.Include(paths.Split(' '))).ShouldBe(expected);

    [Theory]
    [InlineData("z a f", """{"_id":7}""")]
    [InlineData("_id a.b f", """{"z":1,"a":{"e":4}}""")]
    [InlineData("a.b.c f.g", """{"z":1,"_id":7,"a":{"b":[1,{"d":3}],"e":4},"f":[[{"h":2}],5]}""")]
    [InlineData("z.y missing", Document)]
    public void Excluded_fields_go(string paths, string expected) =>
        Apply(BsonProjection.Exclude(paths.Split(' '))).ShouldBe(expected);

    [Theory]
    [InlineData("a a.b")]
    [InlineData("a.b a")]
    [InlineData("a..b")]
    [InlineData("a.")]
    public void Overlapping_and_empty_paths_are_refused(string paths) =>
        Should.Throw<MillraceException>(() => BsonProjection.Include(paths.Split(' '))).Code.ShouldBe(ErrorCodes.MongoFieldsInvalid);

    [Fact]
    public void A_corrupt_document_leaves_nothing()
    {
        using var buffer = new ByteBuffer();
        var writer = new BsonWriter(buffer);
        var bytes = FromJson(Document);
        bytes[bytes.AsSpan().IndexOf("\u0010g\0"u8)] = 0xEE;
        Should.Throw<MillraceException>(() => BsonProjection.Include(["f.g"]).Apply(bytes, writer)).Code.ShouldBe(ErrorCodes.BsonCorrupt);
        buffer.Length.ShouldBe(0);
        writer.Depth.ShouldBe(0);
    }

    private static string Apply(BsonProjection projection)
    {
        using var buffer = new ByteBuffer();
        projection.Apply(FromJson(Document), new BsonWriter(buffer));
        BsonValidator.Validate(buffer.WrittenSpan);
        return Relaxed(buffer.WrittenSpan);
    }
}
