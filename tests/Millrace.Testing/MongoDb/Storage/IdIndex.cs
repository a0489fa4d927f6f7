namespace Millrace.Testing.MongoDb.Storage;

/// <summary>Documents of a collection in the order of their <c>_id</c>: sorted blocks, so that inserts anywhere stay cheap.</summary>
internal sealed class IdIndex
{
    private const int BlockSize = 512;

    private readonly List<Block> _blocks = [new Block()];

    /// <summary>The record id of a key, or -1.</summary>
    public long Find(ReadOnlySpan<byte> key)
    {
        Block block = _blocks[BlockOf(key)];
        int at = block.Search(key);
        return at >= 0 ? block.Records[at] : -1;
    }

    /// <summary>Adds a key.</summary>
    /// <returns>False where it is there already; nothing has then changed.</returns>
    public bool Add(byte[] key, long record)
    {
        int b = BlockOf(key);
        Block block = _blocks[b];
        int at = block.Search(key);
        if (at >= 0)
        {
            return false;
        }

        at = ~at;
        if (block.Count == BlockSize)
        {
            // Ascending keys leave full blocks behind; others leave two halves.
            int keep = b == _blocks.Count - 1 && at == BlockSize ? BlockSize : BlockSize / 2;
            Block right = block.Split(keep);
            _blocks.Insert(b + 1, right);
            if (at >= keep)
            {
                block = right;
                at -= keep;
            }
        }

        block.Insert(at, key, record);
        return true;
    }

    /// <summary>Takes a key away.</summary>
    public void Remove(ReadOnlySpan<byte> key)
    {
        int b = BlockOf(key);
        Block block = _blocks[b];
        int at = block.Search(key);
        if (at < 0)
        {
            return;
        }

        block.RemoveAt(at);
        if (block.Count == 0 && _blocks.Count > 1)
        {
            _blocks.RemoveAt(b);
        }
    }

    /// <summary>The first entry at or after a key, or after it where it is excluded.</summary>
    public IndexPosition Seek(ReadOnlySpan<byte> key, bool exclusive)
    {
        int b = BlockOf(key);
        int at = _blocks[b].Search(key);
        return Normal(b, at >= 0 ? at + (exclusive ? 1 : 0) : ~at);
    }

    /// <summary>The last entry at or before a key, or before it where it is excluded.</summary>
    public IndexPosition SeekBack(ReadOnlySpan<byte> key, bool exclusive)
    {
        int b = BlockOf(key);
        int at = _blocks[b].Search(key);
        return Back(b, at >= 0 ? at - (exclusive ? 1 : 0) : ~at - 1);
    }

    public IndexPosition Next(IndexPosition position) => Normal(position.Block, position.At + 1);

    public IndexPosition Previous(IndexPosition position) => Back(position.Block, position.At - 1);

    public byte[] Key(IndexPosition position) => _blocks[position.Block].Keys[position.At];

    public long Record(IndexPosition position) => _blocks[position.Block].Records[position.At];

    private IndexPosition Normal(int block, int at)
    {
        while (block < _blocks.Count && at >= _blocks[block].Count)
        {
            block++;
            at = 0;
        }

        return block < _blocks.Count ? new IndexPosition(block, at) : IndexPosition.End;
    }

    private IndexPosition Back(int block, int at)
    {
        while (at < 0 && --block >= 0)
        {
            at = _blocks[block].Count - 1;
        }

        return block >= 0 ? new IndexPosition(block, at) : IndexPosition.End;
    }

    // The last block whose first key is not above the key.
    private int BlockOf(ReadOnlySpan<byte> key)
    {
        int low = 0, high = _blocks.Count - 1;
        while (low < high)
        {
            int middle = (low + high + 1) / 2;
            if (_blocks[middle].Keys[0].AsSpan().SequenceCompareTo(key) <= 0)
            {
                low = middle;
            }
            else
            {
                high = middle - 1;
            }
        }

        return low;
    }

    private sealed class Block
    {
        public byte[][] Keys { get; } = new byte[BlockSize][];

        public long[] Records { get; } = new long[BlockSize];

        public int Count { get; private set; }

        public int Search(ReadOnlySpan<byte> key)
        {
            int low = 0, high = Count - 1;
            while (low <= high)
            {
                int middle = (low + high) / 2;
                int order = Keys[middle].AsSpan().SequenceCompareTo(key);
                if (order == 0)
                {
                    return middle;
                }

                (low, high) = order < 0 ? (middle + 1, high) : (low, middle - 1);
            }

            return ~low;
        }

        public void Insert(int at, byte[] key, long record)
        {
            Array.Copy(Keys, at, Keys, at + 1, Count - at);
            Array.Copy(Records, at, Records, at + 1, Count - at);
            Keys[at] = key;
            Records[at] = record;
            Count++;
        }

        public void RemoveAt(int at)
        {
            Count--;
            Array.Copy(Keys, at + 1, Keys, at, Count - at);
            Array.Copy(Records, at + 1, Records, at, Count - at);
            Keys[Count] = null!;
        }

        public Block Split(int keep)
        {
            var right = new Block { Count = Count - keep };
            Array.Copy(Keys, keep, right.Keys, 0, right.Count);
            Array.Copy(Records, keep, right.Records, 0, right.Count);
            Array.Clear(Keys, keep, right.Count);
            Count = keep;
            return right;
        }
    }
}
