using System.Text;
using Millrace.Connectors.MongoDb.Bson;
using Millrace.Connectors.MongoDb.Files;
using Millrace.Connectors.MongoDb.Native;
using Millrace.Core.Contracts;
using Millrace.Core.Errors;

namespace Millrace.Connectors.MongoDb.Live;

/// <summary>What collections there are, and how large they are.</summary>
internal static class LiveCatalog
{
    private static readonly byte[] NamesOnly = ExtendedJsonReader.ReadDocument("""{"nameOnly":true,"authorizedCollections":true}""");

    /// <summary>Every collection of the connection's database, or of all databases where it names none; by name.</summary>
    public static List<LiveCollection> List(MongoClient client, string? database)
    {
        var found = new List<LiveCollection>();
        foreach (string name in database is null ? Databases(client) : [database])
        {
            found.AddRange(ListOne(client, name));
        }

        found.Sort((a, b) => string.CompareOrdinal(a.Name.ToString(), b.Name.ToString()));
        return found;
    }

    /// <summary>Documents and bytes of a collection, from its statistics; unknown where they may not be read.</summary>
    public static Estimate SizeOf(MongoClient client, LiveCollection collection)
    {
        if (collection.Kind != CollectionKind.Collection)
        {
            return Estimate.Unknown;
        }

        try
        {
            byte[] stats = client.Read(
                collection.Name.Database, Documents.Command("collStats", collection.Name.Collection), $"to ask for the size of {collection.Name}");
            long? rows = Documents.Integer(stats, "count"u8);
            long? bytes = Documents.Integer(stats, "size"u8);
            return new(
                rows ?? 0, rows is null ? Certainty.Unknown : Certainty.Estimated,
                bytes ?? 0, bytes is null ? Certainty.Unknown : Certainty.Estimated);
        }
        catch (MillraceException exception) when (IsDeclined(exception))
        {
            return Estimate.Unknown;
        }
    }

    /// <summary>True where the server is there and declines: what was asked for can be done without.</summary>
    public static bool IsDeclined(MillraceException exception) =>
        exception.Code == ErrorCodes.MongoNotAuthorized || (exception.Code == ErrorCodes.MongoCommandFailed && !exception.IsTransient);

    private static IEnumerable<string> Databases(MongoClient client)
    {
        byte[] reply = client.Run("admin", """{"listDatabases":1,"nameOnly":true,"authorizedDatabases":true}""", "to list the databases");
        var names = new List<string>();
        ReadOnlySpan<byte> list = Documents.Inner(reply, "databases"u8);
        if (!list.IsEmpty)
        {
            var databases = new BsonReader(list);
            while (databases.Next())
            {
                if (databases.Type == BsonType.Document && Documents.Text(databases.Value, "name"u8) is { } name)
                {
                    names.Add(name);
                }
            }
        }

        return names;
    }

    // Options of a collection (capped, clustered) need a privilege that its documents do not.
    private static List<LiveCollection> ListOne(MongoClient client, string database)
    {
        try
        {
            return ListOne(client, database, Documents.Empty);
        }
        catch (MillraceException exception) when (exception.Code == ErrorCodes.MongoNotAuthorized)
        {
            return ListOne(client, database, NamesOnly);
        }
    }

    private static List<LiveCollection> ListOne(MongoClient client, string database, byte[] options)
    {
        var found = new List<LiveCollection>();
        using MongoCursor cursor = client.ListCollections(database, options);
        while (cursor.Next(out ReadOnlySpan<byte> document))
        {
            if (Documents.Text(document, "name"u8) is { } name)
            {
                ReadOnlySpan<byte> settings = Documents.Inner(document, "options"u8);
                found.Add(new(
                    new(database, name),
                    KindOf(Documents.Text(document, "type"u8)),
                    !settings.IsEmpty && Documents.IsTrue(settings, "capped"u8),
                    !settings.IsEmpty && !Documents.Inner(settings, "clusteredIndex"u8).IsEmpty));
            }
        }

        return found;
    }

    private static CollectionKind KindOf(string? type) => type switch
    {
        "view" => CollectionKind.View,
        "timeseries" => CollectionKind.TimeSeries,
        _ => CollectionKind.Collection,
    };
}
