using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Millrace.Connectors.MongoDb.Bson;

namespace Millrace.Testing.MongoDb.Wire;

/// <summary>One answer under construction: header, flags and the document that the command writes.</summary>
internal sealed class ReplyBuffer : IDisposable
{
    private const uint ChecksumPresent = 1;
    private const uint MoreToCome = 2;

    private static int s_requestId;

    private readonly ByteBuffer _buffer = new(4096);
    private bool _isLegacy;

    public ReplyBuffer() => Writer = new BsonWriter(_buffer);

    /// <summary>Writes the document.</summary>
    public BsonWriter Writer { get; }

    /// <summary>Bytes so far.</summary>
    public int Length => _buffer.Length;

    /// <summary>The id of the last answer: what the next one of an exhaust stream answers.</summary>
    public int RequestId { get; private set; }

    /// <summary>Empties the buffer and opens the document.</summary>
    public void Begin(OpCode request)
    {
        Writer.Abandon();
        _buffer.Clear();
        _isLegacy = request == OpCode.Query;
        int before = MessageReader.HeaderLength + (_isLegacy ? 20 : 5);
        _buffer.GetSpan(before)[..before].Clear();
        _buffer.Advance(before);
        Writer.StartDocument();
    }

    /// <summary>Closes the document and gives the message.</summary>
    public ReadOnlyMemory<byte> Finish(WireRequest request, int responseTo, bool moreToCome)
    {
        Writer.End();
        RequestId = Interlocked.Increment(ref s_requestId);
        if (_isLegacy)
        {
            Span<byte> fields = Bytes()[MessageReader.HeaderLength..];
            BinaryPrimitives.WriteInt32LittleEndian(fields, 8);
            BinaryPrimitives.WriteInt32LittleEndian(fields[16..], 1);
            WriteHeader(Bytes(), responseTo, OpCode.Reply);
            return _buffer.WrittenMemory;
        }

        uint flags = (moreToCome ? MoreToCome : 0) | (request.HasChecksum && request.Compressor == 0 ? ChecksumPresent : 0);
        BinaryPrimitives.WriteUInt32LittleEndian(Bytes()[MessageReader.HeaderLength..], flags);
        if (request.Compressor != 0)
        {
            return Compressed(request.Compressor, responseTo);
        }

        if ((flags & ChecksumPresent) != 0)
        {
            _buffer.Advance(_buffer.GetSpan(sizeof(uint)).Length >= sizeof(uint) ? sizeof(uint) : 0);
            WriteHeader(Bytes(), responseTo, OpCode.Message);
            uint sum = MessageReader.Checksum(uint.MaxValue, Bytes()[..^sizeof(uint)]) ^ uint.MaxValue;
            BinaryPrimitives.WriteUInt32LittleEndian(Bytes()[^sizeof(uint)..], sum);
            return _buffer.WrittenMemory;
        }

        WriteHeader(Bytes(), responseTo, OpCode.Message);
        return _buffer.WrittenMemory;
    }

    /// <summary>The document so far, whole.</summary>
    public byte[] Snapshot()
    {
        byte[] document = [.. _buffer.WrittenSpan[(MessageReader.HeaderLength + (_isLegacy ? 20 : 5))..], 0];
        BinaryPrimitives.WriteInt32LittleEndian(document, document.Length);
        return document;
    }

    public void Dispose() => _buffer.Dispose();

    private byte[] Compressed(byte compressor, int responseTo)
    {
        ReadOnlySpan<byte> plain = _buffer.WrittenSpan[MessageReader.HeaderLength..];
        byte[] packed = Compression.Compress(compressor, plain);
        byte[] message = new byte[MessageReader.HeaderLength + 9 + packed.Length];
        WriteHeader(message, responseTo, OpCode.Compressed);
        BinaryPrimitives.WriteInt32LittleEndian(message.AsSpan(16), (int)OpCode.Message);
        BinaryPrimitives.WriteInt32LittleEndian(message.AsSpan(20), plain.Length);
        message[24] = compressor;
        packed.CopyTo(message.AsSpan(25));
        return message;
    }

    private void WriteHeader(Span<byte> message, int responseTo, OpCode opCode)
    {
        BinaryPrimitives.WriteInt32LittleEndian(message, message.Length);
        BinaryPrimitives.WriteInt32LittleEndian(message[4..], RequestId);
        BinaryPrimitives.WriteInt32LittleEndian(message[8..], responseTo);
        BinaryPrimitives.WriteInt32LittleEndian(message[12..], (int)opCode);
    }

    private Span<byte> Bytes() => MemoryMarshal.AsMemory(_buffer.WrittenMemory).Span;
}
