using Millrace.Connectors.MongoDb.Bson;
using Millrace.Core.Errors;

namespace Millrace.Connectors.MongoDb.Images;

/// <summary>Goes through the records of a log from one address to another, both where records begin or segments end.</summary>
internal sealed class ImageScan(ImageLog log, long from, long end) : IDisposable
{
    private const int BytesAtOnce = 1 << 20;

    private readonly ByteBuffer _bytes = new(BytesAtOnce);
    private long _at = from;    // address of the first byte of _bytes
    private int _taken;         // bytes of _bytes that were handed out

    /// <summary>The address of the last record.</summary>
    public long Address { get; private set; }

    /// <summary>Goes to the next record.</summary>
    /// <param name="record">The record, until the next call.</param>
    /// <returns>False after the last.</returns>
    /// <exception cref="MillraceException">It is not as it was written.</exception>
    public bool Next(out ImageRecord record)
    {
        record = default;
        while (_at + _taken < end)
        {
            if (TakeFromBuffer(out record))
            {
                return true;
            }

            if (!Fill() && !NextSegment())
            {
                return false;
            }
        }

        return false;
    }

    /// <inheritdoc/>
    public void Dispose() => _bytes.Dispose();

    private bool TakeFromBuffer(out ImageRecord record)
    {
        ReadOnlySpan<byte> left = _bytes.WrittenSpan[_taken..];
        record = default;
        if (left.Length < ImageRecord.HeaderBytes || ImageRecord.SizeOf(left) > left.Length)
        {
            return false;
        }

        Address = _at + _taken;
        if (!ImageRecord.TryRead(left, out record))
        {
            throw log.Damaged(Address);
        }

        _taken += record.Size;
        return true;
    }

    /// <summary>Reads on from the record that the buffer does not hold whole; false at the segment's end.</summary>
    private bool Fill()
    {
        ReadOnlySpan<byte> left = _bytes.WrittenSpan[_taken..];
        long size = left.Length < ImageRecord.HeaderBytes ? 0 : ImageRecord.SizeOf(left);
        long there = log.BytesFrom(_at + _taken);
        if (there == 0)
        {
            return false;
        }

        if (size > there || there < ImageRecord.HeaderBytes)
        {
            throw log.Damaged(_at + _taken);
        }

        _at += _taken;
        _taken = 0;
        _bytes.Clear();
        int count = (int)Math.Min(there, Math.Max(size, BytesAtOnce));
        Span<byte> target = _bytes.GetSpan(count)[..count];
        _bytes.Advance(log.ReadBytes(_at, target));
        return true;
    }

    private bool NextSegment()
    {
        if (log.After(ImageLog.SegmentOf(_at)) is not { } next)
        {
            return false;
        }

        _at = ImageLog.StartOf(next);
        _taken = 0;
        _bytes.Clear();
        return true;
    }
}
