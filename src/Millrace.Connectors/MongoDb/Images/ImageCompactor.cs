namespace Millrace.Connectors.MongoDb.Images;

/// <summary>
/// Gives up segments of which little is needed, so that the log takes about twice what its documents do. What it moves is in proportion to
/// what was written: of a segment that it empties, less than half is moved.
/// </summary>
internal sealed class ImageCompactor(ImageIndex index, ImageLog log, SegmentUse use, long slackBytes)
{
    /// <summary>Moves what is needed out of segments, within a transaction of the index.</summary>
    /// <param name="before">Only segments before this one's: what stands after may not be in the index yet.</param>
    /// <param name="leastBytes">How much to move at least, where there is so much to move.</param>
    /// <returns>The segments that are not needed once the transaction is committed.</returns>
    public List<int> Run(long before, long leastBytes)
    {
        var emptied = new List<int>();
        var lengths = new Dictionary<int, long>();
        foreach (int segment in log.Segments)
        {
            if (use[segment] == 0 && segment < ImageLog.SegmentOf(before))
            {
                use.Remove(segment);
                emptied.Add(segment);
            }
            else
            {
                lengths[segment] = log.LengthOf(segment);
            }
        }

        if (lengths.Values.Sum() <= (2 * use.Total) + slackBytes)
        {
            return emptied;
        }

        long moved = 0;
        int[] sparse = [.. lengths.Keys.Where(s => s < ImageLog.SegmentOf(before) && use[s] * 2 < lengths[s]).OrderBy(s => (double)use[s] / lengths[s])];
        foreach (int segment in sparse)
        {
            if (moved > leastBytes)
            {
                break;
            }

            moved += use[segment];
            Move(segment, lengths[segment]);
            use.Remove(segment);
            emptied.Add(segment);
        }

        return emptied;
    }

    private void Move(int segment, long length)
    {
        using ImageScan records = log.Scan(ImageLog.StartOf(segment), ImageLog.StartOf(segment) + length);
        while (records.Next(out ImageRecord record))
        {
            if (record.Kind is ImageRecordKind.Put or ImageRecordKind.Copy
                && index.TryGetWritten(record.Collection, record.Key, out ImagePlace place) && place.Address == records.Address)
            {
                long address = log.Append(new(ImageRecordKind.Copy, record.Collection, record.Key, record.Document));
                index.Put(record.Collection, record.Key, place with { Address = address });
                use.Add(ImageLog.SegmentOf(address), place.Size);
                use.Add(segment, -place.Size);
            }
        }
    }
}
