using System.Buffers.Binary;
using Millrace.Connectors.MongoDb.Bson;

namespace Millrace.Connectors.MongoDb.Files;

/// <summary>Tells gzip from BSON by content.</summary>
internal static class GzipDetector
{
    /// <summary>
    /// True where the file begins as gzip does (RFC 1952). Those bytes can also be the length of a document; then that document must end
    /// in the file with a NUL, and the file not be called .gz.
    /// </summary>
    public static bool IsGzip(FileStream stream, string path)
    {
        Span<byte> head = stackalloc byte[5];
        stream.Position = 0;
        int read = stream.ReadAtLeast(head, head.Length, throwOnEndOfStream: false);
        if (read < 3 || head[0] != 0x1f || head[1] != 0x8b || head[2] != 8)
        {
            return false;
        }

        if (path.EndsWith(".gz", StringComparison.OrdinalIgnoreCase) || read < head.Length)
        {
            return true;
        }

        int length = BinaryPrimitives.ReadInt32LittleEndian(head);
        return length <= 0 || length > stream.Length || !Enum.IsDefined((BsonType)head[4]) || ByteAt(stream, length - 1) != 0;
    }

    private static int ByteAt(FileStream stream, long offset)
    {
        stream.Position = offset;
        return stream.ReadByte();
    }
}
