using System.Buffers.Binary;
using Millrace.Connectors.MongoDb.Bson;

namespace Millrace.Connectors.MongoDb.Images;

/// <summary>
/// Brings records of the pending images into the store. They go in by key, not as they came: each page of the store's tree is then read and
/// written once a load, however the changes jump about, and a document that changed twice is written once.
/// </summary>
internal sealed class ImageApplier(ImageStore store, PendingImages pending) : IDisposable
{
    private readonly ByteBuffer _records = new();
    private Entry[] _entries = new Entry[4096];
    private int _count;

    /// <summary>Applies the records between two addresses, within a transaction of the store.</summary>
    public void Apply(long from, long end)
    {
        for (long at = from; at < end;)
        {
            long address = pending.CopyRecords(at, end, _records, out long next);
            ReadOnlySpan<byte> records = _records.WrittenSpan;
            while (!records.IsEmpty)
            {
                int before = records.Length;
                ImageRecord record = PendingImages.Take(ref records);
                if (record.Kind is ImageRecordKind.Put or ImageRecordKind.Delete)
                {
                    Add(record, address);
                }
                else
                {
                    // It changes what collection numbers mean, so what came before it goes in before it.
                    Flush();
                    store.Write(record);
                }

                address += before - records.Length;
            }

            at = next;
        }

        Flush();
    }

    /// <inheritdoc/>
    public void Dispose() => _records.Dispose();

    private void Add(ImageRecord record, long address)
    {
        if (_count == _entries.Length)
        {
            Array.Resize(ref _entries, _count * 2);
        }

        Span<byte> prefix = stackalloc byte[16];
        prefix.Clear();
        record.Key[..Math.Min(record.Key.Length, prefix.Length)].CopyTo(prefix);
        _entries[_count++] = new(
            record.Collection, record.Key.Length, BinaryPrimitives.ReadUInt64BigEndian(prefix), BinaryPrimitives.ReadUInt64BigEndian(prefix[8..]), address);
    }

    private void Flush()
    {
        Span<Entry> entries = _entries.AsSpan(0, _count);
        entries.Sort();
        using var buffer = new ByteBuffer();
        for (int i = 0; i < entries.Length; i++)
        {
            if (i + 1 == entries.Length || !entries[i].IsSupersededBy(entries[i + 1]))
            {
                pending.CopyRecord(entries[i].Address, buffer);
                ReadOnlySpan<byte> bytes = buffer.WrittenSpan;
                store.Write(PendingImages.Take(ref bytes));
            }
        }

        _count = 0;
    }

    /// <summary>A record's place in the order: by collection, by the beginning of its key, as it came.</summary>
    private readonly record struct Entry(int Collection, int KeyLength, ulong High, ulong Low, long Address) : IComparable<Entry>
    {
        public int CompareTo(Entry other)
        {
            int byCollection = Collection.CompareTo(other.Collection);
            int byHigh = byCollection != 0 ? byCollection : High.CompareTo(other.High);
            int byLow = byHigh != 0 ? byHigh : Low.CompareTo(other.Low);
            return byLow != 0 ? byLow : Address.CompareTo(other.Address);
        }

        /// <summary>True where the next entry surely has the same key.</summary>
        public bool IsSupersededBy(Entry next) =>
            KeyLength <= 16 && KeyLength == next.KeyLength && Collection == next.Collection && High == next.High && Low == next.Low;
    }
}
