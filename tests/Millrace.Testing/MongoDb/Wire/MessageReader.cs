using System.Buffers.Binary;
using System.Numerics;
using System.Text;
using Millrace.Testing.MongoDb.Values;

namespace Millrace.Testing.MongoDb.Wire;

/// <summary>Reads messages of a client. What breaks the protocol throws <see cref="InvalidDataException"/>, and the connection is closed.</summary>
/// <param name="stream">The connection.</param>
internal sealed class MessageReader(Stream stream)
{
    public const int HeaderLength = 16;
    public const int MaxMessageLength = 48_000_000;

    private const uint ChecksumPresent = 1;
    private const uint MoreToCome = 2;
    private const uint ExhaustAllowed = 1 << 16;

    private readonly byte[] _header = new byte[HeaderLength];

    /// <summary>The next message, or null where the client has closed the connection.</summary>
    public async ValueTask<WireRequest?> ReadAsync(CancellationToken cancellation)
    {
        int first = await stream.ReadAtLeastAsync(_header, HeaderLength, throwOnEndOfStream: false, cancellation).ConfigureAwait(false);
        if (first == 0)
        {
            return null;
        }

        int length = BinaryPrimitives.ReadInt32LittleEndian(_header);
        if (first < HeaderLength || length is < HeaderLength or > MaxMessageLength)
        {
            throw new InvalidDataException($"a message of {length} bytes");
        }

        // Documents that are stored may refer to these bytes, so each message has its own.
        byte[] body = GC.AllocateUninitializedArray<byte>(length - HeaderLength);
        await stream.ReadExactlyAsync(body, cancellation).ConfigureAwait(false);
        return Parse(_header, body);
    }

    private static WireRequest Parse(byte[] header, byte[] body)
    {
        int requestId = BinaryPrimitives.ReadInt32LittleEndian(header.AsSpan(4));
        var opCode = (OpCode)BinaryPrimitives.ReadInt32LittleEndian(header.AsSpan(12));
        switch (opCode)
        {
            case OpCode.Query:
                return ParseQuery(requestId, body);
            case OpCode.Message:
                return ParseMessage(requestId, header, body);
            case OpCode.Compressed:
                byte[] inner = Compression.Decompress(body[8], body[9..], BinaryPrimitives.ReadInt32LittleEndian(body.AsSpan(4)));
                byte[] innerHeader = [.. header];
                BinaryPrimitives.WriteInt32LittleEndian(innerHeader, inner.Length + HeaderLength);
                body.AsSpan(0, 4).CopyTo(innerHeader.AsSpan(12));
                WireRequest request = Parse(innerHeader, inner);
                request.Compressor = body[8];
                return request;
            default:
                throw new InvalidDataException($"operation {(int)opCode} is not spoken");
        }
    }

    private static WireRequest ParseQuery(int requestId, byte[] body)
    {
        int name = body.AsSpan(4).IndexOf((byte)0);
        string ns = Encoding.UTF8.GetString(body, 4, name);
        int query = 4 + name + 1 + 8;
        int length = BinaryPrimitives.ReadInt32LittleEndian(body.AsSpan(query));
        Doc command = Doc.Parse(body.AsMemory(query, length));
        return new WireRequest
        {
            RequestId = requestId,
            OpCode = OpCode.Query,
            Command = command["$query"] as Doc ?? command["query"] as Doc ?? command,
            Database = ns.EndsWith(".$cmd", StringComparison.Ordinal) ? ns[..^5] : throw new InvalidDataException($"OP_QUERY on {ns}"),
        };
    }

    private static WireRequest ParseMessage(int requestId, byte[] header, byte[] body)
    {
        uint flags = BinaryPrimitives.ReadUInt32LittleEndian(body);
        if ((flags & 0xFFFF & ~(ChecksumPresent | MoreToCome)) != 0)
        {
            throw new InvalidDataException($"required flag bits {flags:x8} are not known");
        }

        int end = body.Length;
        if ((flags & ChecksumPresent) != 0)
        {
            end -= sizeof(uint);
            uint sum = Checksum(Checksum(uint.MaxValue, header), body.AsSpan(0, end)) ^ uint.MaxValue;
            if (sum != BinaryPrimitives.ReadUInt32LittleEndian(body.AsSpan(end)))
            {
                throw new InvalidDataException("the checksum of a message is wrong");
            }
        }

        Doc? command = null;
        var sequences = new Dictionary<string, List<ReadOnlyMemory<byte>>>();
        for (int at = sizeof(uint); at < end;)
        {
            int length = BinaryPrimitives.ReadInt32LittleEndian(body.AsSpan(at + 1));
            switch (body[at])
            {
                case 0 when command is null:
                    command = Doc.Parse(body.AsMemory(at + 1, length));
                    break;
                case 1:
                    ReadSequence(body.AsMemory(at + 1, length), sequences);
                    break;
                default:
                    throw new InvalidDataException($"a section of kind {body[at]}");
            }

            at += 1 + length;
        }

        return new WireRequest
        {
            RequestId = requestId,
            OpCode = OpCode.Message,
            Command = command ?? throw new InvalidDataException("a message without a body"),
            Sequences = sequences,
            HasChecksum = (flags & ChecksumPresent) != 0,
            MoreToCome = (flags & MoreToCome) != 0,
            ExhaustAllowed = (flags & ExhaustAllowed) != 0,
        };
    }

    private static void ReadSequence(ReadOnlyMemory<byte> section, Dictionary<string, List<ReadOnlyMemory<byte>>> sequences)
    {
        int name = section.Span[4..].IndexOf((byte)0);
        var documents = new List<ReadOnlyMemory<byte>>();
        for (int at = 4 + name + 1; at < section.Length;)
        {
            int length = BinaryPrimitives.ReadInt32LittleEndian(section.Span[at..]);
            documents.Add(section.Slice(at, length));
            at += length;
        }

        sequences.Add(Encoding.UTF8.GetString(section.Span.Slice(4, name)), documents);
    }

    /// <summary>CRC-32C, carried on; begins with all ones and is turned over at the end.</summary>
    internal static uint Checksum(uint crc, ReadOnlySpan<byte> bytes)
    {
        foreach (byte b in bytes)
        {
            crc = BitOperations.Crc32C(crc, b);
        }

        return crc;
    }
}
