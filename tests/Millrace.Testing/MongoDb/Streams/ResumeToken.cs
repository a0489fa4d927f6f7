using System.Buffers.Binary;
using Millrace.Connectors.MongoDb.Bson;
using Millrace.Testing.MongoDb.Values;

namespace Millrace.Testing.MongoDb.Streams;

/// <summary>
/// A place in a change stream, as <c>{_data: hex}</c>. Tokens compare as their text does. A high-water mark stands before all events of its
/// time; an event's token stands at the event.
/// </summary>
/// <param name="Timestamp">The cluster time.</param>
/// <param name="IsEvent">Whether it is an event's token.</param>
/// <param name="Index">The operation's number within a transaction.</param>
/// <param name="IsInvalidate">Whether the event is the invalidate that follows another one of the same entry.</param>
/// <param name="Collection">The collection's identity, empty where there is none.</param>
/// <param name="Fragment">The fragment of a split event; -1 for an event that is whole.</param>
internal readonly record struct ResumeToken(ulong Timestamp, bool IsEvent, int Index, bool IsInvalidate, Guid Collection, int Fragment)
{
    private const byte TimestampMark = 0x82;
    private const byte Version = 0x2B;
    private const int MarkLength = 11;
    private const int EventLength = MarkLength + 4 + 1 + 16 + 4;

    /// <summary>Whether this stands after another token.</summary>
    public bool IsAfter(ResumeToken other) =>
        (Timestamp, IsEvent, Index, IsInvalidate, (uint)Fragment).CompareTo((other.Timestamp, other.IsEvent, other.Index, other.IsInvalidate, (uint)other.Fragment)) > 0;

    public static ResumeToken Mark(ulong timestamp) => new(timestamp, false, 0, false, Guid.Empty, -1);

    public static ResumeToken Parse(Node? node)
    {
        if ((node as Doc)?["_data"].AsString() is not { } hex)
        {
            throw new CommandException(ErrorCode.TypeMismatch, "a resume token must be a document with a '_data' field");
        }

        byte[] bytes;
        try
        {
            bytes = Convert.FromHexString(hex);
        }
        catch (FormatException)
        {
            throw new CommandException(ErrorCode.FailedToParse, "resume token string was not a valid hex string");
        }

        if (bytes.Length is not (MarkLength or EventLength) || bytes[0] != TimestampMark || bytes[9] != Version)
        {
            throw new CommandException(ErrorCode.InvalidResumeToken, "Tried to decode a corrupt resume token");
        }

        ulong timestamp = BinaryPrimitives.ReadUInt64BigEndian(bytes.AsSpan(1));
        return bytes.Length == MarkLength
            ? Mark(timestamp)
            : new ResumeToken(
                timestamp, true, BinaryPrimitives.ReadInt32BigEndian(bytes.AsSpan(11)), bytes[15] != 0, new Guid(bytes.AsSpan(16, 16), bigEndian: true),
                BinaryPrimitives.ReadInt32BigEndian(bytes.AsSpan(32)));
    }

    /// <summary>Writes the document <c>{_data: hex}</c>.</summary>
    public void Write(BsonWriter writer, ReadOnlySpan<byte> name)
    {
        Span<byte> bytes = stackalloc byte[EventLength];
        bytes[0] = TimestampMark;
        BinaryPrimitives.WriteUInt64BigEndian(bytes[1..], Timestamp);
        bytes[9] = Version;
        bytes[10] = IsEvent ? (byte)128 : (byte)0;
        int length = MarkLength;
        if (IsEvent)
        {
            length = EventLength;
            BinaryPrimitives.WriteInt32BigEndian(bytes[11..], Index);
            bytes[15] = IsInvalidate ? (byte)1 : (byte)0;
            Collection.TryWriteBytes(bytes[16..], bigEndian: true, out _);
            BinaryPrimitives.WriteInt32BigEndian(bytes[32..], Fragment);
        }

        Span<byte> hex = stackalloc byte[2 * EventLength];
        Convert.TryToHexString(bytes[..length], hex, out int written);
        writer.StartDocument(name);
        writer.WriteString("_data"u8, hex[..written]);
        writer.End();
    }

    /// <summary>The document.</summary>
    public Doc ToDocument()
    {
        using var buffer = new ByteBuffer(128);
        var writer = new BsonWriter(buffer);
        writer.StartDocument();
        Write(writer, "_id"u8);
        writer.End();
        return (Doc)Doc.Parse(buffer.WrittenSpan.ToArray())["_id"]!;
    }

    /// <summary>Whether this is the token of the same event, whole or in part.</summary>
    public bool IsSameEvent(ResumeToken other) => this with { Fragment = -1 } == other with { Fragment = -1 };
}
