using System.Buffers.Binary;
using Millrace.Connectors.MongoDb.Bson;

namespace Millrace.Connectors.MongoDb.Images;

/// <summary>
/// Brings records of the image log into the store's index. They go in by key, not as they came: each page of the index is then read and
/// written once or twice a load, however the changes jump about, and a document that changed twice is written once.
/// </summary>
internal sealed class ImageApplier(ImageStore store, ImageLog log) : IDisposable
{
    private const int ShortKey = 2 * sizeof(ulong);
    private const int MostEntries = 1 << 17;

    private readonly ByteBuffer _longKeys = new();
    private Entry[] _entries = new Entry[4096];
    private int _count;

    /// <summary>Applies the records between two addresses, within a transaction of the store.</summary>
    /// <returns>Bytes of the records.</returns>
    public long Apply(long from, long end)
    {
        long bytes = 0;
        using ImageScan records = log.Scan(from, end);
        while (records.Next(out ImageRecord record))
        {
            bytes += record.Size;
            switch (record.Kind)
            {
                case ImageRecordKind.Put or ImageRecordKind.Delete:
                    Add(record, records.Address);
                    break;
                case ImageRecordKind.Name or ImageRecordKind.Drop:
                    // It changes what collection numbers mean, so what came before it goes in before it.
                    Flush();
                    store.Write(record);
                    break;
                default:
                    break;  // the index has it already
            }
        }

        Flush();
        return bytes;
    }

    /// <summary>Takes note of a record that <see cref="Flush"/> is to bring in.</summary>
    public void Add(ImageRecord record, long address)
    {
        if (_count == MostEntries)
        {
            Flush();
        }
        else if (_count == _entries.Length)
        {
            Array.Resize(ref _entries, _count * 2);
        }

        Span<byte> prefix = stackalloc byte[ShortKey];
        prefix.Clear();
        record.Key[..Math.Min(record.Key.Length, ShortKey)].CopyTo(prefix);
        ulong high = BinaryPrimitives.ReadUInt64BigEndian(prefix), low = BinaryPrimitives.ReadUInt64BigEndian(prefix[sizeof(ulong)..]);
        _entries[_count++] = new(
            record.Collection, record.Key.Length, _longKeys.Length, high, low, address, record.Kind == ImageRecordKind.Delete ? 0 : record.Size);
        if (record.Key.Length > ShortKey)
        {
            _longKeys.Write(record.Key);
        }
    }

    /// <summary>Brings in what was added.</summary>
    public void Flush()
    {
        Span<Entry> entries = _entries.AsSpan(0, _count);
        entries.Sort();
        Span<byte> key = stackalloc byte[ShortKey];
        for (int i = 0; i < entries.Length; i++)
        {
            ref readonly Entry entry = ref entries[i];
            if (i + 1 < entries.Length && entry.IsSupersededBy(entries[i + 1]))
            {
                continue;
            }

            if (entry.KeyLength > ShortKey)
            {
                Apply(entry, _longKeys.WrittenSpan.Slice(entry.KeyAt, entry.KeyLength));
                continue;
            }

            BinaryPrimitives.WriteUInt64BigEndian(key, entry.High);
            BinaryPrimitives.WriteUInt64BigEndian(key[sizeof(ulong)..], entry.Low);
            Apply(entry, key[..entry.KeyLength]);
        }

        Clear();
    }

    /// <summary>Forgets what was added.</summary>
    public void Clear()
    {
        _count = 0;
        _longKeys.Clear();
    }

    /// <inheritdoc/>
    public void Dispose() => _longKeys.Dispose();

    private void Apply(in Entry entry, ReadOnlySpan<byte> key)
    {
        if (entry.IsDelete)
        {
            store.Delete(entry.Collection, key);
        }
        else
        {
            store.Put(entry.Collection, key, new(entry.Address, entry.Size));
        }
    }

    /// <summary>A record's place in the order: by collection, by the beginning of its key, as it came. A long key stands whole beside the entries.</summary>
    private readonly record struct Entry(int Collection, int KeyLength, int KeyAt, ulong High, ulong Low, long Address, int Size) : IComparable<Entry>
    {
        public bool IsDelete => Size == 0;

        public int CompareTo(Entry other)
        {
            int byCollection = Collection.CompareTo(other.Collection);
            int byHigh = byCollection != 0 ? byCollection : High.CompareTo(other.High);
            int byLow = byHigh != 0 ? byHigh : Low.CompareTo(other.Low);
            return byLow != 0 ? byLow : Address.CompareTo(other.Address);
        }

        /// <summary>True where the next entry surely has the same key.</summary>
        public bool IsSupersededBy(Entry next) =>
            KeyLength <= ShortKey && KeyLength == next.KeyLength && Collection == next.Collection && High == next.High && Low == next.Low;
    }
}
