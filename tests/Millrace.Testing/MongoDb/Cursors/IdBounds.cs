namespace Millrace.Testing.MongoDb.Cursors;

/// <summary>A range of keys.</summary>
internal sealed class IdBounds
{
    public byte[] Low { get; private set; } = [0];

    public bool WithLow { get; private set; } = true;

    public byte[] High { get; private set; } = [0xFF];

    public bool WithHigh { get; private set; } = true;

    public bool AboveLow(ReadOnlySpan<byte> key) => key.SequenceCompareTo(Low) >= (WithLow ? 0 : 1);

    public bool BelowHigh(ReadOnlySpan<byte> key) => key.SequenceCompareTo(High) <= (WithHigh ? 0 : -1);

    public void From(byte[] key, bool inclusive)
    {
        int order = key.AsSpan().SequenceCompareTo(Low);
        if (order > 0 || (order == 0 && !inclusive))
        {
            (Low, WithLow) = (key, inclusive);
        }
    }

    public void To(byte[] key, bool inclusive)
    {
        int order = key.AsSpan().SequenceCompareTo(High);
        if (order < 0 || (order == 0 && !inclusive))
        {
            (High, WithHigh) = (key, inclusive);
        }
    }
}
