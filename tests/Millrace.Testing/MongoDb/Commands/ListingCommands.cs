using Millrace.Testing.MongoDb.Cursors;
using Millrace.Testing.MongoDb.Query;
using Millrace.Testing.MongoDb.Server;
using Millrace.Testing.MongoDb.Storage;
using Millrace.Testing.MongoDb.Values;

namespace Millrace.Testing.MongoDb.Commands;

/// <summary>What databases, collections and indexes there are.</summary>
internal static class ListingCommands
{
    private const long IndexBytes = 4096;

    public static ValueTask ListDatabases(CommandContext context)
    {
        ServerState server = context.Server;
        var list = new Arr();
        long total = 0;
        using (server.Gate.Read())
        {
            Matcher matcher = context.Document("filter") is { } filter ? FilterParser.Parse(filter) : Matcher.All;
            string[] own = server.Options.Mode == MongoSimulatorMode.Sharded ? ["admin", "config"] : ["admin", "config", "local"];
            foreach (string name in server.Catalog.Databases.Union(own).Order(StringComparer.Ordinal))
            {
                long bytes = server.Catalog.In(name).Sum(c => c.Bytes + IndexBytes);
                bytes += name == "local" && server.HasOplog ? server.Oplog.Bytes : 0;
                var entry = new Doc { { "name", name } };
                if (!context.Flag("nameOnly"))
                {
                    entry.Add("sizeOnDisk", bytes);
                    entry.Add("empty", bytes == 0);
                }

                if (matcher.Matches(entry.ToBytes()))
                {
                    list.Add(entry);
                    total += bytes;
                }
            }
        }

        list.Write(context.Reply, "databases"u8);
        if (!context.Flag("nameOnly"))
        {
            context.Reply.WriteInt64("totalSize"u8, total);
            context.Reply.WriteInt64("totalSizeMb"u8, total >> 20);
        }

        return ValueTask.CompletedTask;
    }

    public static ValueTask ListCollections(CommandContext context)
    {
        var entries = new List<byte[]>();
        using (context.Server.Gate.Read())
        {
            Matcher matcher = context.Document("filter") is { } filter ? FilterParser.Parse(filter) : Matcher.All;
            foreach (Doc entry in Entries(context))
            {
                byte[] bytes = entry.ToBytes();
                if (matcher.Matches(bytes))
                {
                    entries.Add(context.Flag("nameOnly") ? new Doc { { "name", entry["name"]! }, { "type", entry["type"]! } }.ToBytes() : bytes);
                }
            }
        }

        FindCommands.Open(context, new FindCursor(new ListScan(entries), Matcher.All, null, 0, 0) { Namespace = $"{context.Database}.$cmd.listCollections" }, BatchSize(context));
        return ValueTask.CompletedTask;
    }

    public static ValueTask ListIndexes(CommandContext context)
    {
        var entries = new List<byte[]>();
        string ns = context.Namespace("listIndexes");
        using (context.Server.Gate.Read())
        {
            Collection collection = context.Existing(ns);
            if (collection.Options.IsView)
            {
                throw new CommandException(ErrorCode.CommandNotSupportedOnView, $"Namespace {ns} is a view, not a collection");
            }

            if (!collection.Options.IsClustered)
            {
                entries.Add(new Doc { { "v", 2 }, { "key", new Doc { { "_id", 1 } } }, { "name", "_id_" } }.ToBytes());
            }
            else if (collection.Options.Document["clusteredIndex"] is Doc clustered)
            {
                Doc entry = clustered.Clone();
                entry["clustered"] = true;
                entries.Add(entry.ToBytes());
            }

            entries.AddRange(collection.Indexes.Select(i => i.ToBytes()));
        }

        FindCommands.Open(context, new FindCursor(new ListScan(entries), Matcher.All, null, 0, 0) { Namespace = ns }, BatchSize(context));
        return ValueTask.CompletedTask;
    }

    private static long? BatchSize(CommandContext context) => context.Document("cursor")?["batchSize"].AsLong();

    private static IEnumerable<Doc> Entries(CommandContext context)
    {
        if (context.Database == "local" && context.Server.Options.Mode == MongoSimulatorMode.ReplicaSet)
        {
            var oplog = new CollectionOptions(new Doc { { "capped", true }, { "size", 1L << 30 }, { "autoIndexId", false } });
            yield return Entry(new Collection("local", "oplog.rs", oplog));
        }

        foreach (Collection collection in context.Server.Catalog.In(context.Database))
        {
            yield return Entry(collection);
        }
    }

    private static Doc Entry(Collection collection)
    {
        CollectionOptions options = collection.Options;
        var info = new Doc { { "readOnly", options.IsView } };
        if (!options.IsView)
        {
            info.Add("uuid", Leaf.Uuid(collection.Uuid));
        }

        var entry = new Doc { { "name", collection.Name }, { "type", options.Kind }, { "options", options.Document }, { "info", info } };
        if (!options.IsView && !options.IsClustered && !options.IsTimeSeries)
        {
            entry.Add("idIndex", new Doc { { "v", 2 }, { "key", new Doc { { "_id", 1 } } }, { "name", "_id_" } });
        }

        return entry;
    }
}
