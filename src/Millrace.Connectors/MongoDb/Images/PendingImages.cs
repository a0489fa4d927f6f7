using System.Buffers.Binary;
using Millrace.Connectors.Hashing;
using Millrace.Connectors.MongoDb.Bson;

namespace Millrace.Connectors.MongoDb.Images;

/// <summary>
/// After-images that the destination has not acknowledged yet: a log of records in order, and for each key where its last record is. The
/// log stands in memory up to a bound, what is older in a temporary file. One thread appends and looks up; another may read and drop what is
/// acknowledged.
/// </summary>
internal sealed class PendingImages : IDisposable
{
    private const int ChunkBytes = 4 << 20;
    private const int UsualRecordBytes = 1024;
    private const int HeaderBytes = 1 + (3 * sizeof(int));

    private readonly Lock _gate = new();
    private readonly string _spillPath;
    private readonly int _maxChunks;
    private readonly List<Chunk> _chunks = [];
    private readonly Stack<byte[]> _free = new();
    private readonly ByteBuffer _lookup = new();
    private readonly AddressTable _keys = new();
    private long _firstChunk;          // number of _chunks[0]
    private int _spilled;              // leading chunks that stand in the file
    private FileStream? _spill;

    /// <summary>Creates an empty log.</summary>
    /// <param name="spillPath">The temporary file; removed when it is closed.</param>
    /// <param name="maxMemory">Bytes kept in memory.</param>
    public PendingImages(string spillPath, long maxMemory)
    {
        _spillPath = spillPath;
        _maxChunks = (int)Math.Max(2, maxMemory / ChunkBytes);
    }

    /// <summary>The address after the last record.</summary>
    public long End
    {
        get
        {
            lock (_gate)
            {
                return _chunks.Count == 0 ? Address(_firstChunk, 0) : Address(_firstChunk + _chunks.Count - 1, _chunks[^1].Length);
            }
        }
    }

    /// <summary>Appends a record.</summary>
    public void Append(ImageRecord record)
    {
        int size = HeaderBytes + record.Key.Length + record.Document.Length;
        lock (_gate)
        {
            Chunk chunk = ChunkFor(size);
            long address = Address(_firstChunk + _chunks.Count - 1, chunk.Length);
            Span<byte> target = chunk.Bytes.AsSpan(chunk.Length, size);
            target[0] = (byte)record.Kind;
            BinaryPrimitives.WriteInt32LittleEndian(target[1..], record.Collection);
            BinaryPrimitives.WriteInt32LittleEndian(target[5..], record.Key.Length);
            BinaryPrimitives.WriteInt32LittleEndian(target[9..], record.Document.Length);
            record.Key.CopyTo(target[HeaderBytes..]);
            record.Document.CopyTo(target[(HeaderBytes + record.Key.Length)..]);
            chunk.Length += size;
            if (record.Kind is ImageRecordKind.Put or ImageRecordKind.Delete)
            {
                ulong hash = Hash(record.Collection, record.Key);
                _keys.Set(Find(hash, record.Collection, record.Key), hash, address);
            }
        }
    }

    /// <summary>Looks a key up.</summary>
    /// <param name="collection">The collection's number.</param>
    /// <param name="key">The key.</param>
    /// <param name="document">Replaced by the document.</param>
    /// <returns>Null where nothing is pending for the key; else whether there is a document.</returns>
    public bool? TryGet(int collection, ReadOnlySpan<byte> key, ByteBuffer document)
    {
        document.Clear();
        lock (_gate)
        {
            long address = _keys.AddressAt(Find(Hash(collection, key), collection, key));
            if (address == AddressTable.Free)
            {
                return null;
            }

            ImageRecord record = ReadAt(address);
            document.Write(record.Document);
            return record.Kind == ImageRecordKind.Put;
        }
    }

    /// <summary>The keys of a collection that have a record, in their order.</summary>
    public List<byte[]> SortedKeys(int collection)
    {
        var keys = new List<byte[]>();
        lock (_gate)
        {
            for (int slot = 0; slot < _keys.Slots; slot++)
            {
                long address = _keys.AddressAt(slot);
                if (address != AddressTable.Free && ReadAt(address) is { } record && record.Collection == collection)
                {
                    keys.Add(record.Key.ToArray());
                }
            }
        }

        keys.Sort((one, other) => one.AsSpan().SequenceCompareTo(other));
        return keys;
    }

    /// <summary>Copies records from an address on, as many as stand in one chunk.</summary>
    /// <param name="from">Where to start.</param>
    /// <param name="end">Where to stop.</param>
    /// <param name="records">Replaced by the records.</param>
    /// <param name="next">The address after them.</param>
    /// <returns>The address of the first of them.</returns>
    public long CopyRecords(long from, long end, ByteBuffer records, out long next)
    {
        records.Clear();
        lock (_gate)
        {
            long number = Math.Max(from >> 32, _firstChunk);
            int start = number == from >> 32 ? (int)from : 0;
            int index = (int)(number - _firstChunk);
            if (index >= _chunks.Count)
            {
                return next = end;
            }

            Chunk chunk = _chunks[index];
            int stop = number == end >> 32 ? (int)end : chunk.Length;
            ReadChunk(chunk, start, stop - start, records);
            next = number == end >> 32 ? end : Address(number + 1, 0);
            return Address(number, start);
        }
    }

    /// <summary>Copies one record.</summary>
    /// <param name="address">Its address.</param>
    /// <param name="record">Replaced by bytes that begin with the record.</param>
    public void CopyRecord(long address, ByteBuffer record)
    {
        lock (_gate)
        {
            Chunk chunk = _chunks[(int)((address >> 32) - _firstChunk)];
            int offset = (int)address;
            if (chunk.IsSpilled)
            {
                ReadSpilled(chunk, offset, record);
            }
            else
            {
                record.Clear();
                record.Write(chunk.Bytes.AsSpan(offset, SizeOf(chunk.Bytes.AsSpan(offset))));
            }
        }
    }

    /// <summary>Reads a record from bytes of <see cref="CopyRecords"/> and moves past it.</summary>
    public static ImageRecord Take(scoped ref ReadOnlySpan<byte> records)
    {
        int key = BinaryPrimitives.ReadInt32LittleEndian(records[5..]);
        int document = BinaryPrimitives.ReadInt32LittleEndian(records[9..]);
        var record = new ImageRecord(
            (ImageRecordKind)records[0],
            BinaryPrimitives.ReadInt32LittleEndian(records[1..]),
            records.Slice(HeaderBytes, key),
            records.Slice(HeaderBytes + key, document));
        records = records[(HeaderBytes + key + document)..];
        return record;
    }

    /// <summary>Forgets everything before an address.</summary>
    public void DropBefore(long end)
    {
        lock (_gate)
        {
            _keys.DropBefore(end);
            while (_chunks.Count > 0 && (_firstChunk < end >> 32 || (_firstChunk == end >> 32 && _chunks[0].Length == (int)end && _chunks.Count > 1)))
            {
                Release(_chunks[0]);
                _chunks.RemoveAt(0);
                _firstChunk++;
                _spilled = Math.Max(0, _spilled - 1);
            }

            if (_spilled == 0)
            {
                _spill?.SetLength(0);
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _spill?.Dispose();
        _spill = null;
        _lookup.Dispose();
    }

    private static long Address(long chunk, int offset) => (chunk << 32) | (uint)offset;

    private static ulong Hash(int collection, ReadOnlySpan<byte> key) => ByteHash.Of(key, ByteHash.RandomSeed ^ (uint)collection);

    /// <summary>The slot of a key, or the free one where it would go.</summary>
    private int Find(ulong hash, int collection, ReadOnlySpan<byte> key)
    {
        int slot = _keys.First(hash);
        while (_keys.AddressAt(slot) is not AddressTable.Free and var address)
        {
            ImageRecord record = ReadAt(address);
            if (record.Collection == collection && record.Key.SequenceEqual(key))
            {
                break;
            }

            slot = _keys.After(slot, hash);
        }

        return slot;
    }

    private ImageRecord ReadAt(long address)
    {
        Chunk chunk = _chunks[(int)((address >> 32) - _firstChunk)];
        int offset = (int)address;
        ReadOnlySpan<byte> bytes;
        if (chunk.IsSpilled)
        {
            ReadSpilled(chunk, offset, _lookup);
            bytes = _lookup.WrittenSpan;
        }
        else
        {
            bytes = chunk.Bytes.AsSpan(offset, chunk.Length - offset);
        }

        return Take(ref bytes);
    }

    private static int SizeOf(ReadOnlySpan<byte> header) =>
        HeaderBytes + BinaryPrimitives.ReadInt32LittleEndian(header[5..]) + BinaryPrimitives.ReadInt32LittleEndian(header[9..]);

    // Most records are short: one read gets the header and all of it.
    private void ReadSpilled(Chunk chunk, int offset, ByteBuffer record)
    {
        ReadChunk(chunk, offset, Math.Min(UsualRecordBytes, chunk.Length - offset), record);
        int size = SizeOf(record.WrittenSpan);
        if (size > record.WrittenSpan.Length)
        {
            ReadChunk(chunk, offset, size, record);
        }
    }

    private void ReadChunk(Chunk chunk, int start, int count, ByteBuffer target)
    {
        target.Clear();
        if (!chunk.IsSpilled)
        {
            target.Write(chunk.Bytes.AsSpan(start, count));
            return;
        }

        Span<byte> bytes = target.GetSpan(count)[..count];
        _spill!.Position = chunk.FileOffset + start;
        _spill.ReadExactly(bytes);
        target.Advance(count);
    }

    private Chunk ChunkFor(int size)
    {
        if (_chunks.Count > 0 && _chunks[^1].Bytes.Length - _chunks[^1].Length >= size)
        {
            return _chunks[^1];
        }

        while (_chunks.Count - _spilled >= _maxChunks)
        {
            Spill(_chunks[_spilled++]);
        }

        byte[] bytes = size <= ChunkBytes && _free.TryPop(out byte[]? free) ? free : GC.AllocateUninitializedArray<byte>(Math.Max(size, ChunkBytes));
        _chunks.Add(new Chunk(bytes));
        return _chunks[^1];
    }

    private void Spill(Chunk chunk)
    {
        _spill ??= new FileStream(
            _spillPath, FileMode.Create, FileAccess.ReadWrite, FileShare.None, bufferSize: 0, FileOptions.DeleteOnClose);
        chunk.FileOffset = _spill.Length;
        _spill.Position = chunk.FileOffset;
        _spill.Write(chunk.Bytes, 0, chunk.Length);
        Recycle(chunk.Bytes);
        chunk.Bytes = [];
        chunk.IsSpilled = true;
    }

    private void Release(Chunk chunk)
    {
        if (!chunk.IsSpilled)
        {
            Recycle(chunk.Bytes);
        }
    }

    private void Recycle(byte[] bytes)
    {
        if (bytes.Length == ChunkBytes && _free.Count < _maxChunks)
        {
            _free.Push(bytes);
        }
    }

    private sealed class Chunk(byte[] bytes)
    {
        public byte[] Bytes { get; set; } = bytes;

        public int Length { get; set; }

        public bool IsSpilled { get; set; }

        public long FileOffset { get; set; }
    }
}
