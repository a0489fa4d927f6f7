using System.Globalization;
using Millrace.Connectors.MongoDb.Native;
using Millrace.Core.Contracts;

namespace Millrace.Connectors.MongoDb.Live.Snapshots;

/// <summary>The partitions of a collection's snapshot: planned once, and kept as they are by the checkpoints of their ranges.</summary>
internal static class SnapshotRanges
{
    private const char Separator = '/';

    /// <summary>The collection of a snapshot's partition.</summary>
    public static bool TryParse(string partition, out MongoNamespace collection)
    {
        int end = partition.LastIndexOf(Separator);
        bool isRange = end > 0 && partition.StartsWith(MongoDbDumpSource.SnapshotPrefix, StringComparison.Ordinal)
            && int.TryParse(partition.AsSpan(end + 1), NumberStyles.None, CultureInfo.InvariantCulture, out _);
        collection = isRange ? MongoNamespace.Parse(partition[MongoDbDumpSource.SnapshotPrefix.Length..end]) : default;
        return isRange;
    }

    /// <summary>True where a collection's snapshot was planned.</summary>
    public static bool IsPlanned(MongoNamespace collection, PlanRequest request) => request.Committed.Any(c => IsOf(c, collection));

    /// <summary>The collections whose snapshot was planned.</summary>
    public static IEnumerable<MongoNamespace> PlannedOf(PlanRequest request) =>
        request.Committed.Select(c => TryParse(c.Partition, out MongoNamespace of) ? of : default).Where(n => n.Collection is not null).Distinct();

    /// <summary>True where a collection's snapshot was planned and nothing of it was read yet.</summary>
    public static bool IsUnread(MongoNamespace collection, PlanRequest request) =>
        IsPlanned(collection, request)
        && request.Committed.Where(c => IsOf(c, collection)).All(c => RangePosition.Parse(c.Position) is { AtEnd: false, After: null });

    /// <summary>The ranges of a collection that are left to read; all of them where none was planned yet.</summary>
    public static List<PartitionPlan> Plan(MongoClient client, LiveCollection collection, string dataset, PlanRequest request, int stage)
    {
        Estimate size = LiveCatalog.SizeOf(client, collection);
        List<(string Name, RangePosition Range, long Rows)> ranges =
            [.. request.Committed.Where(c => IsOf(c, collection.Name)).Select(c => (c.Partition, RangePosition.Parse(c.Position), c.Rows))];
        if (ranges.Count == 0)
        {
            ranges = [.. RangePlanner.Divide(client, collection, size).Select((r, i) => (NameOf(collection.Name, i), r, 0L))];
        }

        return [.. ranges.Where(r => !r.Range.AtEnd).Select(r => new PartitionPlan(r.Name, stage, r.Range.Position, r.Range.End.Position)
        {
            IsSnapshot = true,
            Datasets = [dataset],
            Waiting = Share(size, ranges.Count, r.Rows),
        })];
    }

    private static bool IsOf(Checkpoint checkpoint, MongoNamespace collection) =>
        TryParse(checkpoint.Partition, out MongoNamespace of) && of == collection;

    private static string NameOf(MongoNamespace collection, int index) =>
        string.Create(CultureInfo.InvariantCulture, $"{MongoDbDumpSource.SnapshotPrefix}{collection}{Separator}{index:D4}");

    /// <summary>What is left of one of several ranges of about one size.</summary>
    private static Estimate Share(Estimate size, int count, long done)
    {
        long rows = Math.Max((size.Rows / count) - done, 0);
        long bytes = size.Rows == 0 ? 0 : (long)(size.Bytes * (rows / (double)size.Rows));
        return size with { Rows = rows, Bytes = bytes };
    }
}
