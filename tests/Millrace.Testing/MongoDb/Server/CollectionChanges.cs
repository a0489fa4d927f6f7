using Millrace.Testing.MongoDb.Storage;
using Millrace.Testing.MongoDb.Values;

namespace Millrace.Testing.MongoDb.Server;

/// <summary>Creates, drops and renames collections, and logs that. The caller holds the write lock.</summary>
internal static class CollectionChanges
{
    public static Collection Create(ServerState server, string database, string name, Doc options)
    {
        var collection = new Collection(database, name, new CollectionOptions(options));
        server.Catalog.Add(collection);
        if (server.HasOplog)
        {
            var command = new Doc { { "create", name } };
            foreach (Field option in options)
            {
                command.Add(option.Name, option.Value);
            }

            if (!collection.Options.IsView)
            {
                command.Add("idIndex", new Doc { { "v", 2 }, { "key", new Doc { { "_id", 1 } } }, { "name", "_id_" } });
            }

            // A view is a document of system.views and has no identity of its own.
            if (!collection.Options.IsView)
            {
                server.Log.Command(database, collection.Uuid, command);
            }
        }

        return collection;
    }

    public static void Drop(ServerState server, Collection collection)
    {
        server.Catalog.Remove(collection);
        collection.IsDropped = true;
        if (server.HasOplog && !collection.Options.IsView)
        {
            server.Log.Command(collection.Database, collection.Uuid, new Doc { { "drop", collection.Name } }, new Doc { { "numRecords", collection.Count } });
        }
    }

    public static void DropDatabase(ServerState server, string database)
    {
        Collection[] collections = [.. server.Catalog.In(database)];
        foreach (Collection collection in collections)
        {
            Drop(server, collection);
        }

        if (server.HasOplog && collections.Length > 0)
        {
            server.Log.Command(database, null, new Doc { { "dropDatabase", 1 } });
        }
    }

    public static void Rename(ServerState server, Collection source, string database, string name, bool dropTarget)
    {
        string ns = $"{database}.{name}";
        Collection? target = server.Catalog[ns];
        if (target is not null && !dropTarget)
        {
            throw new CommandException(ErrorCode.NamespaceExists, "target namespace exists");
        }

        if (database != source.Database)
        {
            throw new CommandException(ErrorCode.CommandNotSupported, "the simulator renames within a database only");
        }

        var command = new Doc { { "renameCollection", source.Namespace }, { "to", ns }, { "stayTemp", false } };
        Doc? more = null;
        if (target is not null)
        {
            command.Add("dropTarget", Leaf.Uuid(target.Uuid));
            more = new Doc { { "numRecords", target.Count } };
            server.Catalog.Remove(target);
            target.IsDropped = true;
        }

        server.Catalog.Remove(source);
        source.Name = name;
        server.Catalog.Add(source);
        if (server.HasOplog)
        {
            server.Log.Command(database, source.Uuid, command, more);
        }
    }
}
