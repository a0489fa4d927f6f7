using System.IO.Compression;

namespace Millrace.Testing.MongoDb.Wire;

/// <summary>The compressors of OP_COMPRESSED that are spoken here.</summary>
internal static class Compression
{
    private const byte NoopId = 0;
    private const byte SnappyId = 1;
    private const byte ZlibId = 2;

    public static byte[] Decompress(byte id, byte[] bytes, int length)
    {
        byte[] result = id switch
        {
            NoopId => bytes,
            SnappyId => Snappy.Decompress(bytes),
            ZlibId => Inflate(bytes, length),
            _ => throw new InvalidDataException($"compressor {id} was not negotiated"),
        };
        return result.Length == length ? result : throw new InvalidDataException("the uncompressed size is not as stated");
    }

    public static byte[] Compress(byte id, ReadOnlySpan<byte> bytes)
    {
        switch (id)
        {
            case SnappyId:
                return Snappy.Compress(bytes);
            case ZlibId:
                using (var output = new MemoryStream())
                {
                    using (var stream = new ZLibStream(output, CompressionLevel.Fastest, leaveOpen: true))
                    {
                        stream.Write(bytes);
                    }

                    return output.ToArray();
                }

            default:
                return bytes.ToArray();
        }
    }

    private static byte[] Inflate(byte[] bytes, int length)
    {
        byte[] output = new byte[length];
        using var stream = new ZLibStream(new MemoryStream(bytes), CompressionMode.Decompress);
        stream.ReadExactly(output);
        return output;
    }
}
