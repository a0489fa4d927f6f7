using System.Text;
using Millrace.Connectors.MongoDb.Bson;

namespace Millrace.Connectors.MongoDb.Decoding;

/// <summary>How a document that cannot be a row is shown in quarantine.</summary>
internal static class RawDocument
{
    // Enough of a broken document to find it by; its place in the file is given too.
    private const int MaxHexBytes = 64 << 10;

    /// <summary>Canonical extended JSON where the document is valid, else <c>{"$hex": …}</c> of its bytes.</summary>
    public static string Show(ReadOnlySpan<byte> document)
    {
        if (BsonValidator.TryValidate(document, out _))
        {
            using var buffer = new ByteBuffer(document.Length * 2);
            ExtendedJsonWriter.WriteDocument(document, buffer, ExtendedJsonMode.Canonical);
            return Encoding.UTF8.GetString(buffer.WrittenSpan);
        }

        ReadOnlySpan<byte> shown = document[..Math.Min(document.Length, MaxHexBytes)];
        return $$"""{"$hex":"{{Convert.ToHexStringLower(shown)}}","bytes":{{document.Length}}}""";
    }
}
