using Millrace.Testing.MongoDb.Storage;

namespace Millrace.Testing.MongoDb.Oplog;

/// <summary>The oplog: entries in order of their timestamps, the oldest of which go when it grows over its bound.</summary>
/// <param name="options">Bounds and clock.</param>
internal sealed class OplogStore(MongoSimulatorOptions options)
{
    private ulong _last;

    public RecordStore<OplogRecord> Records { get; } = new();

    public long Bytes { get; private set; }

    /// <summary>The timestamp that was given out last.</summary>
    public ulong LastTimestamp => _last;

    /// <summary>The election term that new entries carry.</summary>
    public long Term { get; set; } = 1;

    /// <summary>The oldest entry's timestamp, or 0.</summary>
    public ulong FirstTimestamp => Records[Records.First]?.Timestamp ?? 0;

    /// <summary>Entries that have gone.</summary>
    public long Dropped => Records.First;

    /// <summary>The next timestamp: the clock's second, and a count within it that never turns back.</summary>
    public ulong NextTimestamp()
    {
        ulong now = (ulong)options.Time.GetUtcNow().ToUnixTimeSeconds() << 32;
        _last = Math.Max(_last, now) + 1;
        return _last;
    }

    public void Append(OplogRecord record)
    {
        _last = Math.Max(_last, record.Timestamp);
        Records.Add(record);
        Bytes += record.Bytes.Length;
        while (Records.Count > 1
            && ((options.OplogMaxBytes > 0 && Bytes > options.OplogMaxBytes) || (options.OplogMaxEntries > 0 && Records.Count > options.OplogMaxEntries)))
        {
            DropFirst();
        }
    }

    public void DropFirst()
    {
        Bytes -= Records[Records.First]!.Bytes.Length;
        Records.Remove(Records.First);
    }

    /// <summary>The record id of the first entry at or after a timestamp; the end where there is none.</summary>
    public long Seek(ulong timestamp)
    {
        long low = Records.First, high = Records.End;
        while (low < high)
        {
            long middle = low + ((high - low) / 2);
            if (Records[middle]!.Timestamp < timestamp)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low;
    }
}
