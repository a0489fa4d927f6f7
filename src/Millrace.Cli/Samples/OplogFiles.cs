using System.Buffers.Binary;
using Millrace.Connectors.MongoDb.Bson;

namespace Millrace.Cli.Samples;

/// <summary>
/// Writes oplog entries as a replica set of MongoDB 5 or later does, in order, to one file after the other. The files overlap by one entry: each
/// begins with the last entry of the one before, which is how a reader can tell that nothing is missing between them.
/// </summary>
internal sealed class OplogFiles : IDisposable
{
    private readonly ByteBuffer _buffer = new();
    private FileStream? _file;
    private byte[] _last = [];
    private ulong _timestamp;

    /// <summary>Starts before the first entry.</summary>
    /// <param name="startSecond">Seconds since 1970 of the first entry.</param>
    public OplogFiles(long startSecond)
    {
        Writer = new BsonWriter(_buffer);
        _timestamp = (ulong)startSecond << 32;
    }

    /// <summary>Writes the entry's own fields between <see cref="Begin"/> and <see cref="Finish"/>.</summary>
    public BsonWriter Writer { get; }

    /// <summary>Bytes written to the current file.</summary>
    public long Length => _file?.Length ?? 0;

    /// <summary>Goes on in a new file.</summary>
    /// <param name="path">The file, or null to count entries without keeping them.</param>
    public void Open(string? path)
    {
        _file?.Dispose();
        _file = path is null ? null : new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.Read, 1 << 16);
        _file?.Write(_last);
    }

    /// <summary>Starts an entry.</summary>
    public void Begin(ReadOnlySpan<byte> operation, ReadOnlySpan<byte> collection)
    {
        _buffer.Clear();
        Writer.StartDocument();
        Operation(operation, collection);
    }

    /// <summary>Writes what an operation is and of which collection, to an entry or to one of a transaction's.</summary>
    public void Operation(ReadOnlySpan<byte> operation, ReadOnlySpan<byte> collection)
    {
        Writer.WriteString("op"u8, operation);
        Writer.WriteString("ns"u8, collection);
        if (operation is [(byte)'i' or (byte)'u' or (byte)'d'])
        {
            Span<byte> uuid = stackalloc byte[16];
            CollectionUuid(collection, uuid);
            Writer.WriteBinary("ui"u8, 4, uuid);
        }
    }

    /// <summary>Ends an entry and writes it.</summary>
    /// <param name="advance">Milliseconds since the entry before.</param>
    public void Finish(int advance)
    {
        _timestamp = Next(_timestamp, advance);
        Writer.WriteTimestamp("ts"u8, _timestamp);
        Writer.WriteInt64("t"u8, 1);
        Writer.WriteInt64("v"u8, 2);
        Writer.WriteDateTime("wall"u8, (long)(_timestamp >> 32) * 1000);
        Writer.End();
        _last = _buffer.WrittenSpan.ToArray();
        _file?.Write(_last);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _file?.Dispose();
        _buffer.Dispose();
    }

    /// <summary>A collection's UUID as the log names it, made from its namespace.</summary>
    public static void CollectionUuid(ReadOnlySpan<byte> collection, Span<byte> uuid)
    {
        Span<byte> hash = stackalloc byte[32];
        System.Security.Cryptography.SHA256.HashData(collection, hash);
        hash[..16].CopyTo(uuid);
        uuid[6] = (byte)((uuid[6] & 0x0F) | 0x40);
        uuid[8] = (byte)((uuid[8] & 0x3F) | 0x80);
    }

    // Seconds in the high half; within one second the low half counts from 1.
    private static ulong Next(ulong timestamp, int advance) =>
        advance < 1000 && (uint)timestamp != 0 ? timestamp + 1 : ((timestamp >> 32) + (ulong)Math.Max(1, advance / 1000) << 32) + 1;
}
