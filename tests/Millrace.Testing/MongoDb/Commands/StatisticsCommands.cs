using Millrace.Testing.MongoDb.Storage;
using Millrace.Testing.MongoDb.Values;

namespace Millrace.Testing.MongoDb.Commands;

/// <summary>Sizes: collStats, dbStats and <c>$collStats</c>; and splitVector, which cuts a collection by size.</summary>
internal static class StatisticsCommands
{
    private const int IndexBytes = 4096;

    public static ValueTask CollectionStatistics(CommandContext context)
    {
        string ns = context.Namespace("collStats");
        long scale = context.Number("scale") ?? 1;
        using (context.Server.Gate.Read())
        {
            var reply = new Doc { { "ns", ns } };
            if (ns == Server.ServerState.OplogNamespace && context.Server.HasOplog)
            {
                var oplog = context.Server.Oplog;
                AddStorage(reply, oplog.Bytes, oplog.Records.Count, scale);
                reply.Add("capped", true);
                reply.Add("maxSize", context.Server.Options.OplogMaxBytes > 0 ? context.Server.Options.OplogMaxBytes / scale : (1L << 30) / scale);
            }
            else
            {
                Collection? collection = context.Server.Catalog[ns];
                if (collection is { Options.IsView: true })
                {
                    throw new CommandException(ErrorCode.CommandNotSupportedOnView, $"Namespace {ns} is a view, not a collection");
                }

                AddStorage(reply, collection?.Bytes ?? 0, collection?.Count ?? 0, scale);
                reply.Add("capped", collection?.Options.Capped ?? false);
                reply.Add("nindexes", collection is null ? 0 : 1 + collection.Indexes.Count);
            }

            reply.Add("scaleFactor", (int)scale);
            reply.WriteInto(context.Reply);
        }

        return ValueTask.CompletedTask;
    }

    public static ValueTask DatabaseStatistics(CommandContext context)
    {
        double scale = context.Number("scale") ?? 1;
        using (context.Server.Gate.Read())
        {
            Collection[] all = [.. context.Server.Catalog.In(context.Database)];
            Collection[] collections = [.. all.Where(c => !c.Options.IsView)];
            long objects = collections.Sum(c => c.Count), bytes = collections.Sum(c => c.Bytes);
            new Doc
            {
                { "db", context.Database }, { "collections", (long)collections.Length }, { "views", (long)(all.Length - collections.Length) }, { "objects", objects },
                { "avgObjSize", objects == 0 ? 0.0 : (double)bytes / objects }, { "dataSize", bytes / scale }, { "storageSize", bytes / scale },
                { "indexes", (long)collections.Sum(c => 1 + c.Indexes.Count) }, { "indexSize", collections.Length * IndexBytes / scale }, { "scaleFactor", scale },
            }.WriteInto(context.Reply);
        }

        return ValueTask.CompletedTask;
    }

    public static IEnumerable<byte[]> CollectionStage(CommandContext context, Collection collection, Doc request)
    {
        var result = new Doc { { "ns", collection.Namespace }, { "host", context.Server.Address }, { "localTime", Leaf.Date(context.Server.Options.Time.GetUtcNow()) } };
        foreach (Field field in request)
        {
            switch (field.Name)
            {
                case "storageStats":
                    var storage = new Doc();
                    AddStorage(storage, collection.Bytes, collection.Count, (field.Value as Doc)?["scale"].AsLong() ?? 1);
                    storage.Add("capped", collection.Options.Capped);
                    result.Add("storageStats", storage);
                    break;
                case "count":
                    result.Add("count", collection.Count);
                    break;
                default:
                    throw new CommandException(40168, $"unrecognized option to $collStats: {field.Name}");
            }
        }

        return [result.ToBytes()];
    }

    public static ValueTask SplitVector(CommandContext context)
    {
        string ns = context["splitVector"].AsString() ?? "";
        long chunk = context.Number("maxChunkSizeBytes") ?? (context.Number("maxChunkSize") << 20)
            ?? throw new CommandException(ErrorCode.InvalidOptions, "need to specify the desired max chunk size (maxChunkSize or maxChunkSizeBytes)");
        if (context.Document("keyPattern") is not { Count: 1 } pattern || pattern.Fields[0].Name != "_id")
        {
            throw new CommandException(ErrorCode.IndexNotFound, "couldn't find index over splitting key");
        }

        var keys = new Arr();
        using (context.Server.Gate.Read())
        {
            Collection collection = context.Existing(ns);
            var plan = new Query.FindPlan(collection, [], pattern, null, context.Document("min"), context.Document("max"));
            long bytes = 0, most = context.Number("maxSplitPoints") ?? long.MaxValue;
            foreach (byte[] document in plan.Documents())
            {
                // A chunk is full at half of its greatest size, as servers cut them.
                if (bytes > chunk / 2 && keys.Items.Count < most)
                {
                    keys.Add(Oplog.OplogWriter.IdOf(document));
                    bytes = 0;
                }

                bytes += document.Length;
            }
        }

        keys.Write(context.Reply, "splitKeys"u8);
        return ValueTask.CompletedTask;
    }

    private static void AddStorage(Doc reply, long bytes, long count, long scale)
    {
        reply.Add("size", bytes / scale);
        reply.Add("count", count);
        if (count > 0)
        {
            reply.Add("avgObjSize", bytes / count);
        }

        reply.Add("storageSize", bytes / scale);
        reply.Add("freeStorageSize", 0L);
        reply.Add("totalIndexSize", IndexBytes / scale);
        reply.Add("totalSize", (bytes + IndexBytes) / scale);
    }
}
