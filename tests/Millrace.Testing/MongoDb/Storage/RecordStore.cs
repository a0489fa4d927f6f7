namespace Millrace.Testing.MongoDb.Storage;

/// <summary>Items by record id, in the order of their insert: what MongoDB calls natural order.</summary>
internal sealed class RecordStore<T>
    where T : class
{
    private const int ChunkBits = 10;
    private const int ChunkSize = 1 << ChunkBits;

    private readonly List<T?[]?> _chunks = [];

    /// <summary>The lowest record id that may be there.</summary>
    public long First { get; private set; }

    /// <summary>One above the highest record id that was given out.</summary>
    public long End { get; private set; }

    public long Count { get; private set; }

    public T? this[long record] => record >= First && record < End ? _chunks[(int)(record >> ChunkBits)]![record & (ChunkSize - 1)] : null;

    public long Add(T item)
    {
        if (End >> ChunkBits == _chunks.Count)
        {
            _chunks.Add(new T?[ChunkSize]);
        }

        _chunks[(int)(End >> ChunkBits)]![End & (ChunkSize - 1)] = item;
        Count++;
        return End++;
    }

    public void Replace(long record, T item) => _chunks[(int)(record >> ChunkBits)]![record & (ChunkSize - 1)] = item;

    public void Remove(long record)
    {
        _chunks[(int)(record >> ChunkBits)]![record & (ChunkSize - 1)] = null;
        Count--;
        while (First < End && this[First] is null)
        {
            if ((++First & (ChunkSize - 1)) == 0)
            {
                _chunks[(int)(First >> ChunkBits) - 1] = null;
            }
        }
    }
}
