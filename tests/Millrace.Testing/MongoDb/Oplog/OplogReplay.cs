using Millrace.Testing.MongoDb.Server;
using Millrace.Testing.MongoDb.Storage;
using Millrace.Testing.MongoDb.Updates;
using Millrace.Testing.MongoDb.Values;

namespace Millrace.Testing.MongoDb.Oplog;

/// <summary>Applies entries of an oplog to the collections, as a secondary does. The caller holds the write lock.</summary>
internal static class OplogReplay
{
    public static void Apply(ServerState server, Doc entry)
    {
        string ns = entry["ns"].AsString() ?? "";
        Doc o = entry["o"] as Doc ?? [];
        switch (entry["op"].AsString())
        {
            case "n":
                break;
            case "i":
                Put(CollectionOf(server, ns, entry), o.ToBytes());
                break;
            case "d":
                Collection from = CollectionOf(server, ns, entry);
                byte[] gone = ValueKey.Of(o["_id"]!);
                if (from.Find(gone) is not null)
                {
                    from.Remove(gone);
                }

                break;
            case "u":
                ApplyUpdate(CollectionOf(server, ns, entry), o, entry["o2"] as Doc ?? o);
                break;
            case "c":
                ApplyCommand(server, ns[..ns.IndexOf('.', StringComparison.Ordinal)], o, entry);
                break;
            default:
                throw new InvalidDataException($"An entry of kind '{entry["op"].AsString()}' is not known.");
        }
    }

    private static Collection CollectionOf(ServerState server, string ns, Doc entry)
    {
        if (server.Catalog[ns] is { } known)
        {
            return known;
        }

        int dot = ns.IndexOf('.', StringComparison.Ordinal);
        Guid uuid = entry["ui"]?.AsUuid() ?? Guid.NewGuid();
        var collection = new Collection(ns[..dot], ns[(dot + 1)..], new CollectionOptions([])) { Uuid = uuid };
        server.Catalog.Add(collection);
        return collection;
    }

    private static void Put(Collection collection, byte[] document)
    {
        byte[] key = ValueKey.OfId(document);
        if (!collection.Insert(key, document))
        {
            collection.Replace(key, document);
        }
    }

    private static void ApplyUpdate(Collection collection, Doc o, Doc id)
    {
        byte[] key = ValueKey.Of(id["_id"]!);
        if (collection.Find(key) is not { } before)
        {
            return;
        }

        Doc document = Doc.Parse(before);
        if (o["$v"].AsLong() == 2 && o["diff"] is Doc diff)
        {
            DeltaReplay.Apply(document, diff);
        }
        else if (o.Any(f => f.Name is ['$', ..]))
        {
            foreach (Field field in (o["$unset"] as Doc ?? []).Concat(o["$set"] as Doc ?? []))
            {
                if ((o["$set"] as Doc)?[field.Name] is null)
                {
                    FieldPath.Unset(document, field.Name);
                }
                else
                {
                    FieldPath.Set(document, field.Name, field.Value);
                }
            }
        }
        else
        {
            document = o;
        }

        collection.Replace(key, document.ToBytes());
    }

    private static void ApplyCommand(ServerState server, string database, Doc o, Doc entry)
    {
        string ns = $"{database}.{o.Fields[0].Value.AsString()}";
        switch (o.Fields[0].Name)
        {
            case "applyOps":
                foreach (Doc operation in (o["applyOps"] as Arr ?? []).OfType<Doc>())
                {
                    Apply(server, operation);
                }

                break;
            case "create" when server.Catalog[ns] is null:
                Collection created = CollectionOf(server, ns, entry);
                var options = new Doc();
                foreach (Field field in o.Where(f => f.Name is not ("create" or "idIndex")))
                {
                    options.Add(field.Name, field.Value);
                }

                created.Options = new CollectionOptions(options);
                break;
            case "drop" when server.Catalog[ns] is { } dropped:
                server.Catalog.Remove(dropped);
                break;
            case "dropDatabase":
                foreach (Collection collection in server.Catalog.In(database).ToArray())
                {
                    server.Catalog.Remove(collection);
                }

                break;
            case "renameCollection" when server.Catalog[o.Fields[0].Value.AsString()!] is { } renamed:
                Rename(server, renamed, o);
                break;
            default:
                // Indexes, validators and the like change no document.
                break;
        }
    }

    private static void Rename(ServerState server, Collection collection, Doc o)
    {
        string to = o["to"].AsString()!;
        if (server.Catalog[to] is { } target)
        {
            server.Catalog.Remove(target);
        }

        server.Catalog.Remove(collection);
        collection.Name = to[(to.IndexOf('.', StringComparison.Ordinal) + 1)..];
        server.Catalog.Add(collection);
    }
}
