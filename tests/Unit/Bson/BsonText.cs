using System.Text;

using Millrace.Connectors.MongoDb.Bson;

namespace Millrace.UnitTests.Bson;

/// <summary>Documents as text, to write tests in.</summary>
public static class BsonText
{
    public static byte[] FromJson(string json) => ExtendedJsonReader.ReadDocument(json);

    public static string Canonical(ReadOnlySpan<byte> document) => Print(document, ExtendedJsonMode.Canonical);

    public static string Relaxed(ReadOnlySpan<byte> document) => Print(document, ExtendedJsonMode.Relaxed);

    private static string Print(ReadOnlySpan<byte> document, ExtendedJsonMode mode)
    {
        using var buffer = new ByteBuffer();
        ExtendedJsonWriter.WriteDocument(document, buffer, mode);
        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }
}
