using Millrace.Connectors.MongoDb.Bson;
using Millrace.Connectors.MongoDb.Native;
using Millrace.Core.Contracts;
using Millrace.Core.Errors;

namespace Millrace.Connectors.MongoDb.Live.Snapshots;

/// <summary>
/// Divides a collection into ranges of ids of about one size, from a random sample of ids that the server draws and sorts: so the bounds are in
/// the order of its own index, whatever types the ids have and whatever the collection's collation is.
/// </summary>
internal static class RangePlanner
{
    private const long RowsOfRange = 100_000;
    private const long BytesOfRange = 64L << 20;
    private const long LeastRowsToDivide = 20_000;
    private const int LeastRanges = 4;
    private const int MostRanges = 256;
    private const int SamplesOfRange = 20;

    /// <summary>How many ranges a collection of this size is divided into.</summary>
    public static int CountOf(Estimate size)
    {
        if (size.RowsKnown == Certainty.Unknown || size.Rows < LeastRowsToDivide)
        {
            return 1;
        }

        long wanted = Math.Max(size.Rows / RowsOfRange, size.Bytes / BytesOfRange);
        return (int)Math.Clamp(wanted, LeastRanges, MostRanges);
    }

    /// <summary>Divides a collection. One that the server draws no sample of stays whole.</summary>
    public static List<RangePosition> Divide(MongoClient client, LiveCollection collection, Estimate size)
    {
        int count = CountOf(size);
        if (count == 1)
        {
            return [RangePosition.Whole];
        }

        try
        {
            return Between(Bounds(client, collection.Name, count));
        }
        catch (MillraceException exception) when (LiveCatalog.IsDeclined(exception))
        {
            return [RangePosition.Whole];
        }
    }

    private static List<byte[]> Bounds(MongoClient client, MongoNamespace name, int count)
    {
        byte[] pipeline = ExtendedJsonReader.ReadDocument(
            $$$"""{"pipeline":[{"$sample":{"size":{{{count * SamplesOfRange}}} }},{"$project":{"_id":1}},{"$sort":{"_id":1}}]}""");
        var sample = new List<byte[]>();
        using MongoCursor cursor = client.Aggregate(name, pipeline, $"to sample the ids of {name}");
        while (cursor.Next(out ReadOnlySpan<byte> document))
        {
            sample.Add(document.ToArray());
        }

        var bounds = new List<byte[]>();
        for (int i = 1; i < count; i++)
        {
            int at = (int)((long)i * sample.Count / count);
            if (at < sample.Count && (bounds.Count == 0 || !bounds[^1].AsSpan().SequenceEqual(sample[at])))
            {
                bounds.Add(sample[at]);
            }
        }

        return bounds;
    }

    private static List<RangePosition> Between(List<byte[]> bounds)
    {
        var ranges = new List<RangePosition>();
        for (int i = 0; i <= bounds.Count; i++)
        {
            ranges.Add(new(i == 0 ? null : bounds[i - 1], i == bounds.Count ? null : bounds[i], null, false));
        }

        return ranges;
    }
}
