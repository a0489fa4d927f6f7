using Millrace.Testing.MongoDb.Server;
using Millrace.Testing.MongoDb.Storage;
using Millrace.Testing.MongoDb.Values;

namespace Millrace.Testing.MongoDb.Commands;

/// <summary>create, drop, dropDatabase, renameCollection, collMod, and indexes.</summary>
internal static class CollectionCommands
{
    private static readonly HashSet<string> OptionNames =
    [
        "capped", "size", "max", "viewOn", "pipeline", "timeseries", "clusteredIndex", "expireAfterSeconds", "validator", "validationLevel", "validationAction",
        "changeStreamPreAndPostImages", "storageEngine", "indexOptionDefaults", "collation",
    ];

    public static string CreateFields => string.Join(' ', OptionNames) + " autoIndexId flags";

    public static ValueTask Create(CommandContext context)
    {
        string name = context.CollectionName("create");
        var options = new Doc();
        foreach (Field field in context.Command.Where(f => OptionNames.Contains(f.Name)))
        {
            options.Add(field.Name, field.Value.Clone());
        }

        using (context.Server.Gate.Write())
        {
            if (context.Server.Catalog[$"{context.Database}.{name}"] is { } existing)
            {
                if (!existing.Options.Document.Same(options))
                {
                    throw new CommandException(ErrorCode.NamespaceExists, $"Collection {existing.Namespace} already exists.");
                }

                return ValueTask.CompletedTask;
            }

            new DocumentWriter(context.Server, null, null).CheckName($"{context.Database}.{name}");
            CollectionChanges.Create(context.Server, context.Database, name, options);
        }

        context.Server.Changed.Pulse();
        return ValueTask.CompletedTask;
    }

    public static ValueTask Drop(CommandContext context)
    {
        string ns = context.Namespace("drop");
        using (context.Server.Gate.Write())
        {
            if (context.Server.Catalog[ns] is { } collection)
            {
                CollectionChanges.Drop(context.Server, collection);
                context.Reply.WriteInt32("nIndexesWas"u8, 1 + collection.Indexes.Count);
                Leaf.String(ns).Write(context.Reply, "ns"u8);
            }
            else if (context.Server.Options.MaxWireVersion < 21)
            {
                throw new CommandException(ErrorCode.NamespaceNotFound, "ns not found");
            }
        }

        context.Server.Changed.Pulse();
        return ValueTask.CompletedTask;
    }

    public static ValueTask DropDatabase(CommandContext context)
    {
        using (context.Server.Gate.Write())
        {
            CollectionChanges.DropDatabase(context.Server, context.Database);
        }

        Leaf.String(context.Database).Write(context.Reply, "dropped"u8);
        context.Server.Changed.Pulse();
        return ValueTask.CompletedTask;
    }

    public static ValueTask Rename(CommandContext context)
    {
        string to = context["to"].AsString() ?? throw new CommandException(ErrorCode.MissingField, "BSON field 'renameCollection.to' is missing but a required field");
        int dot = to.IndexOf('.', StringComparison.Ordinal);
        using (context.Server.Gate.Write())
        {
            Collection source = context.Server.Catalog[context["renameCollection"].AsString() ?? ""]
                ?? throw new CommandException(ErrorCode.NamespaceNotFound, $"Source collection {context["renameCollection"].AsString()} does not exist");
            CollectionChanges.Rename(context.Server, source, to[..dot], to[(dot + 1)..], context.Flag("dropTarget"));
        }

        context.Server.Changed.Pulse();
        return ValueTask.CompletedTask;
    }

    public static ValueTask Modify(CommandContext context)
    {
        string ns = context.Namespace("collMod");
        using (context.Server.Gate.Write())
        {
            Collection collection = context.Existing(ns);
            Doc options = collection.Options.Document.Clone();
            var command = new Doc { { "collMod", collection.Name } };
            foreach (Field field in context.Command.Where(f => OptionNames.Contains(f.Name)))
            {
                options[field.Name] = field.Value.Clone();
                command.Add(field.Name, field.Value);
            }

            var before = new Doc { { "collectionOptions_old", collection.Options.Document } };
            collection.Options = new CollectionOptions(options);
            if (context.Server.HasOplog)
            {
                context.Server.Log.Command(collection.Database, collection.Uuid, command, before);
            }
        }

        context.Server.Changed.Pulse();
        return ValueTask.CompletedTask;
    }

    public static ValueTask CreateIndexes(CommandContext context)
    {
        string ns = context.Namespace("createIndexes");
        using (context.Server.Gate.Write())
        {
            bool isNew = context.Server.Catalog[ns] is null;
            Collection collection = new DocumentWriter(context.Server, null, null).Collection(ns);
            int before = 1 + collection.Indexes.Count;
            foreach (Doc index in (context["indexes"] as Arr ?? []).OfType<Doc>())
            {
                AddIndex(context.Server, collection, index);
            }

            context.Reply.WriteInt32("numIndexesBefore"u8, before);
            context.Reply.WriteInt32("numIndexesAfter"u8, 1 + collection.Indexes.Count);
            context.Reply.WriteBoolean("createdCollectionAutomatically"u8, isNew);
        }

        context.Server.Changed.Pulse();
        return ValueTask.CompletedTask;
    }

    public static ValueTask DropIndexes(CommandContext context)
    {
        using (context.Server.Gate.Write())
        {
            Collection collection = context.Existing(context.Namespace(context.Name));
            context.Reply.WriteInt32("nIndexesWas"u8, 1 + collection.Indexes.Count);
            string name = context["index"].AsString() ?? throw new CommandException(ErrorCode.BadValue, "the simulator drops indexes by name only");
            Doc[] gone = [.. collection.Indexes.Where(i => name == "*" || i["name"].AsString() == name)];
            if (gone.Length == 0 && name != "*")
            {
                throw new CommandException(ErrorCode.IndexNotFound, $"index not found with name [{name}]");
            }

            foreach (Doc index in gone)
            {
                collection.Indexes.Remove(index);
                if (context.Server.HasOplog)
                {
                    context.Server.Log.Command(collection.Database, collection.Uuid, new Doc { { "dropIndexes", collection.Name }, { "index", index["name"]! } }, index);
                }
            }
        }

        context.Server.Changed.Pulse();
        return ValueTask.CompletedTask;
    }

    private static void AddIndex(ServerState server, Collection collection, Doc index)
    {
        if (index["key"] is not Doc { Count: > 0 } key || index["name"].AsString() is not { } name)
        {
            throw new CommandException(ErrorCode.FailedToParse, "an index needs a key and a name");
        }

        if (collection.Indexes.Any(i => i["name"].AsString() == name && i["key"]!.Same(key)) || (key.Count == 1 && key.Fields[0].Name == "_id"))
        {
            return;
        }

        if (collection.Indexes.Any(i => i["name"].AsString() == name))
        {
            throw new CommandException(ErrorCode.IndexKeySpecsConflict, $"An existing index has the same name as the requested index: {name}");
        }

        if (index["unique"].IsTrue())
        {
            throw new CommandException(ErrorCode.InvalidOptions, "the simulator keeps no unique indexes beside the one on _id");
        }

        var entry = new Doc { { "v", 2 } };
        foreach (Field field in index.Where(f => f.Name != "v"))
        {
            entry.Add(field.Name, field.Value.Clone());
        }

        collection.Indexes.Add(entry);
        if (server.HasOplog)
        {
            var command = new Doc { { "createIndexes", collection.Name } };
            foreach (Field field in entry)
            {
                command.Add(field.Name, field.Value);
            }

            server.Log.Command(collection.Database, collection.Uuid, command);
        }
    }
}
