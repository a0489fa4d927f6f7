using System.Buffers.Binary;
using Millrace.Connectors.Hashing;
using Millrace.Connectors.MongoDb.Bson;

namespace Millrace.Connectors.MongoDb.Images;

/// <summary>What a record of the image log says.</summary>
internal enum ImageRecordKind : byte
{
    /// <summary>The document of a key.</summary>
    Put,

    /// <summary>The key is gone.</summary>
    Delete,

    /// <summary>A name now means a collection.</summary>
    Name,

    /// <summary>A collection and its documents are gone.</summary>
    Drop,

    /// <summary>The document of a key, which the index points to already: it was imported, or moved here from a segment that is given up.</summary>
    Copy,
}

/// <summary>
/// One record of the image log: checksum of what follows (4 bytes), kind (1), collection, length of the key, length of the document (4 each,
/// little-endian), the key, the document.
/// </summary>
internal readonly ref struct ImageRecord(ImageRecordKind kind, int collection, ReadOnlySpan<byte> key, ReadOnlySpan<byte> document)
{
    /// <summary>Bytes before the key.</summary>
    public const int HeaderBytes = sizeof(uint) + 1 + (3 * sizeof(int));

    public ImageRecordKind Kind { get; } = kind;

    /// <summary>The collection's number.</summary>
    public int Collection { get; } = collection;

    /// <summary>The key, or for <see cref="ImageRecordKind.Name"/> the name, UTF-8.</summary>
    public ReadOnlySpan<byte> Key { get; } = key;

    /// <summary>The document, raw.</summary>
    public ReadOnlySpan<byte> Document { get; } = document;

    /// <summary>Bytes in the log.</summary>
    public int Size => HeaderBytes + Key.Length + Document.Length;

    /// <summary>Appends the record to a buffer.</summary>
    public void WriteTo(ByteBuffer output)
    {
        Span<byte> bytes = output.GetSpan(Size)[..Size];
        bytes[4] = (byte)Kind;
        BinaryPrimitives.WriteInt32LittleEndian(bytes[5..], Collection);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[9..], Key.Length);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[13..], Document.Length);
        Key.CopyTo(bytes[HeaderBytes..]);
        Document.CopyTo(bytes[(HeaderBytes + Key.Length)..]);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, Crc32C.Of(bytes[sizeof(uint)..]));
        output.Advance(Size);
    }

    /// <summary>The size that a header tells; more than there can be where it is not a header.</summary>
    public static long SizeOf(ReadOnlySpan<byte> header) =>
        HeaderBytes + (long)BinaryPrimitives.ReadUInt32LittleEndian(header[9..]) + BinaryPrimitives.ReadUInt32LittleEndian(header[13..]);

    /// <summary>Reads the record that the bytes begin with; false where they do not hold it whole, as it was written.</summary>
    public static bool TryRead(ReadOnlySpan<byte> bytes, out ImageRecord record)
    {
        record = default;
        if (bytes.Length < HeaderBytes || SizeOf(bytes) is var size && size > bytes.Length)
        {
            return false;
        }

        bytes = bytes[..(int)size];
        if (BinaryPrimitives.ReadUInt32LittleEndian(bytes) != Crc32C.Of(bytes[sizeof(uint)..]))
        {
            return false;
        }

        int key = BinaryPrimitives.ReadInt32LittleEndian(bytes[9..]);
        record = new(
            (ImageRecordKind)bytes[4], BinaryPrimitives.ReadInt32LittleEndian(bytes[5..]), bytes.Slice(HeaderBytes, key), bytes[(HeaderBytes + key)..]);
        return true;
    }
}
