using Millrace.Connectors.Hashing;
using Millrace.Connectors.MongoDb.Bson;

namespace Millrace.Connectors.MongoDb.Images;

/// <summary>
/// After-images that the destination has not acknowledged yet: for each key where its last record stands in the log. One thread appends and
/// looks up; another may drop what is acknowledged.
/// </summary>
internal sealed class PendingImages(ImageLog log) : IDisposable
{
    private readonly Lock _gate = new();
    private readonly ByteBuffer _record = new();
    private readonly AddressTable _keys = new();

    /// <summary>Appends a record.</summary>
    public void Append(ImageRecord record)
    {
        lock (_gate)
        {
            long address = log.Append(record);
            if (record.Kind is ImageRecordKind.Put or ImageRecordKind.Delete)
            {
                ulong hash = Hash(record.Collection, record.Key);
                _keys.Set(Find(hash, record.Collection, record.Key, out _), hash, address);
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
            int slot = Find(Hash(collection, key), collection, key, out ImageRecord record);
            if (_keys.AddressAt(slot) == AddressTable.Free)
            {
                return null;
            }

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
                if (address != AddressTable.Free && log.Read(address, 0, _record) is { } record && record.Collection == collection)
                {
                    keys.Add(record.Key.ToArray());
                }
            }
        }

        keys.Sort((one, other) => one.AsSpan().SequenceCompareTo(other));
        return keys;
    }

    /// <summary>Forgets everything before an address.</summary>
    public void DropBefore(long end)
    {
        lock (_gate)
        {
            _keys.DropBefore(end);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _record.Dispose();

    private static ulong Hash(int collection, ReadOnlySpan<byte> key) => ByteHash.Of(key, ByteHash.RandomSeed ^ (uint)collection);

    /// <summary>The slot of a key and its record, or the free slot where it would go.</summary>
    private int Find(ulong hash, int collection, ReadOnlySpan<byte> key, out ImageRecord record)
    {
        record = default;
        int slot = _keys.First(hash);
        while (_keys.AddressAt(slot) is not AddressTable.Free and var address)
        {
            record = log.Read(address, 0, _record);
            if (record.Collection == collection && record.Key.SequenceEqual(key))
            {
                break;
            }

            slot = _keys.After(slot, hash);
        }

        return slot;
    }
}
