using System.Buffers.Binary;

using Millrace.Connectors.MongoDb.Bson;

namespace Millrace.UnitTests.Bson;

/// <summary>Documents that real servers and tools wrote: dumps and oplogs.</summary>
public class RealDocumentTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData("mongodump", 44_560)]
    [InlineData("oplog", 39)]
    public void Canonical_json_reads_back_to_the_same_bytes(string folder, int atLeast)
    {
        var path = TestData.TryFolder(folder);
        Assert.SkipWhen(path is null, $"../shared/data/{folder} is absent; MILLRACE_TEST_DATA can name another place.");
        using var json = new ByteBuffer();
        using var back = new ByteBuffer();
        var documents = 0;
        foreach (var file in Directory.EnumerateFiles(path, "*.bson", SearchOption.AllDirectories))
        {
            ReadOnlySpan<byte> rest = File.ReadAllBytes(file);
            while (!rest.IsEmpty)
            {
                var document = rest[..BinaryPrimitives.ReadInt32LittleEndian(rest)];
                BsonValidator.Validate(document);
                json.Clear();
                ExtendedJsonWriter.WriteDocument(document, json, ExtendedJsonMode.Canonical);
                back.Clear();
                ExtendedJsonReader.ReadDocument(json.WrittenSpan, back);
                back.WrittenSpan.SequenceEqual(document).ShouldBeTrue($"document {documents} of {Path.GetFileName(file)}");
                BsonCompare.CompareDocuments(document, back.WrittenSpan).ShouldBe(0);
                documents++;
                rest = rest[document.Length..];
            }
        }

        documents.ShouldBeGreaterThanOrEqualTo(atLeast);
        output.WriteLine($"{documents} documents of {folder}");
    }

    [Fact]
    public void Metadata_of_dumps_is_read()
    {
        var path = TestData.TryFolder("mongodump");
        Assert.SkipWhen(path is null, "../shared/data/mongodump is absent; MILLRACE_TEST_DATA can name another place.");
        var files = Directory.GetFiles(path, "*.metadata.json", SearchOption.AllDirectories);
        files.ShouldNotBeEmpty();
        foreach (var file in files)
        {
            var document = ExtendedJsonReader.ReadDocument(File.ReadAllBytes(file), ExtendedJsonDialect.V2AndLegacy);
            var reader = new BsonReader(document);
            reader.Find("indexes"u8).ShouldBeTrue();
            reader.Type.ShouldBe(BsonType.Array);
        }
    }
}
