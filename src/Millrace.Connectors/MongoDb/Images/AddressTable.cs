using System.Buffers;

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

    private ulong[] _hashes = new ulong[FirstSize];

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
        _hashes[slot] = hash;
        _next[slot] = address + 1;
        if (Count * 2 > _next.Length)
        {
            Grow();
        }
    }

    /// <summary>Forgets the keys whose address is before <paramref name="end"/>.</summary>
    public void DropBefore(long end)
    {
        int left = 0;
        for (int i = 0; i < _next.Length; i++)
        {
            if (_next[i] > end)
            {
                (_hashes[left], _next[left]) = (_hashes[i], _next[i]);
                left++;
            }
        }

        // In the same arrays: made anew for each load they would be most of what a run leaves to collect.
        ulong[] hashes = ArrayPool<ulong>.Shared.Rent(left);
        long[] next = ArrayPool<long>.Shared.Rent(left);
        _hashes.AsSpan(0, left).CopyTo(hashes);
        _next.AsSpan(0, left).CopyTo(next);
        Array.Clear(_next);
        Refill(hashes.AsSpan(0, left), next.AsSpan(0, left));
        ArrayPool<ulong>.Shared.Return(hashes);
        ArrayPool<long>.Shared.Return(next);
    }

    private int Seek(ulong hash, int slot)
    {
        while (_next[slot] != 0 && _hashes[slot] != hash)
        {
            slot = (slot + 1) & (_next.Length - 1);
        }

        return slot;
    }

    private void Grow()
    {
        ulong[] hashes = _hashes;
        long[] next = _next;
        _hashes = new ulong[hashes.Length * 2];
        _next = new long[next.Length * 2];
        Refill(hashes, next);
    }

    private void Refill(ReadOnlySpan<ulong> hashes, ReadOnlySpan<long> next)
    {
        Count = 0;
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
            Count++;
        }
    }
}
