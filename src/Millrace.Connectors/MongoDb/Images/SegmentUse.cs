namespace Millrace.Connectors.MongoDb.Images;

/// <summary>How many bytes of each segment a key points to, as of the transaction that is open.</summary>
internal sealed class SegmentUse(ImageIndex index)
{
    private readonly HashSet<int> _changed = [];
    private Dictionary<int, long>? _live;

    private Dictionary<int, long> Live => _live ??= index.ReadSegments();

    /// <summary>The segments that have something, or had.</summary>
    public IReadOnlyCollection<int> Segments => Live.Keys;

    /// <summary>Bytes of all segments that a key points to.</summary>
    public long Total => Live.Values.Sum();

    /// <summary>Bytes of one.</summary>
    public long this[int segment] => Live.GetValueOrDefault(segment);

    /// <summary>Counts bytes that a key points to now, or no longer does.</summary>
    public void Add(int segment, long bytes)
    {
        Live[segment] = Live.GetValueOrDefault(segment) + bytes;
        _changed.Add(segment);
    }

    /// <summary>Forgets a segment.</summary>
    public void Remove(int segment)
    {
        Live.Remove(segment);
        _changed.Remove(segment);
        index.DeleteSegment(segment);
    }

    /// <summary>Writes what changed into the open transaction.</summary>
    public void Write()
    {
        foreach (int segment in _changed)
        {
            index.WriteSegment(segment, Live[segment]);
        }

        _changed.Clear();
    }

    /// <summary>Forgets what is not written; the index is asked anew.</summary>
    public void Forget()
    {
        _changed.Clear();
        _live = null;
    }
}
