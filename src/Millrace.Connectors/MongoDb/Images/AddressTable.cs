namespace Millrace.Connectors.MongoDb.Images;

/// <summary>
/// For each key the address of its last record, found by the key's hash. The keys themselves stand in the records: who asks compares them, going
/// from <see cref="First"/> by <see cref="After"/> until the key is met or <see cref="AddressAt"/> says that the slot is free. Not safe for
/// concurrent use.
/// </summary>
internal sealed class AddressTable
{
    /// <summary>What a free slot has for an address.</summary>
    public const long Free = -1;

    private const int FirstSize = 1024;

    // The lower half of each hash, which decides the slot too.
    private uint[] _hashes = new uint[FirstSize];

    // One higher than the address, so that a slot is free as it is made.
    private long[] _next = new long[FirstSize];

    /// <summary>How many keys have an address.</summary>
    public int Count { get; private set; }

    /// <summary>How many slots there are; each below has an address or is free.</summary>
    public int Slots => _next.Length;

    /// <summary>The first slot that has this hash, or the free one where a key of it would go.</summary>
    public int First(ulong hash) => Seek(hash, (int)hash & (_next.Length - 1));

    /// <summary>The next such slot.</summary>
    public int After(int slot, ulong hash) => Seek(hash, (slot + 1) & (_next.Length - 1));

    /// <summary>The address in a slot, or <see cref="Free"/>.</summary>
    public long AddressAt(int slot) => _next[slot] - 1;

    /// <summary>Puts an address into a slot that <see cref="First"/> or <see cref="After"/> gave for the hash. Slots may be others afterwards.</summary>
    public void Set(int slot, ulong hash, long address)
    {
        Count += _next[slot] == 0 ? 1 : 0;
        _hashes[slot] = (uint)hash;
        _next[slot] = address + 1;
        if (Count * 4L > _next.Length * 3L)
        {
            Grow();
        }
    }

    /// <summary>Forgets the keys whose address is before <paramref name="end"/>.</summary>
    public void DropBefore(long end)
    {
        for (int slot = 0; slot < _next.Length; slot++)
        {
            // What is removed may be followed into its slot by the next one of its hash.
            while (_next[slot] != 0 && _next[slot] <= end)
            {
                Remove(slot);
            }
        }
    }

    private int Seek(ulong hash, int slot)
    {
        while (_next[slot] != 0 && _hashes[slot] != (uint)hash)
        {
            slot = (slot + 1) & (_next.Length - 1);
        }

        return slot;
    }

    // No gap may stay between a key and the slot that its hash says: whoever seeks it would stop there.
    private void Remove(int gap)
    {
        int mask = _next.Length - 1;
        for (int slot = (gap + 1) & mask; _next[slot] != 0; slot = (slot + 1) & mask)
        {
            int home = (int)_hashes[slot] & mask;
            if (((slot - home) & mask) >= ((slot - gap) & mask))
            {
                (_hashes[gap], _next[gap]) = (_hashes[slot], _next[slot]);
                gap = slot;
            }
        }

        _next[gap] = 0;
        Count--;
    }

    private void Grow()
    {
        uint[] hashes = _hashes;
        long[] next = _next;
        _hashes = new uint[hashes.Length * 2];
        _next = new long[next.Length * 2];
        int mask = _next.Length - 1;
        for (int i = 0; i < next.Length; i++)
        {
            if (next[i] == 0)
            {
                continue;
            }

            int slot = (int)hashes[i] & mask;
            while (_next[slot] != 0)
            {
                slot = (slot + 1) & mask;
            }

            _hashes[slot] = hashes[i];
            _next[slot] = next[i];
        }
    }
}
