using Millrace.Connectors.MongoDb.Bson;
using Millrace.Connectors.MongoDb.Native;
using Millrace.Connectors.MongoDb.Oplog;
using Millrace.Core.Contracts;
using Millrace.Core.Errors;

namespace Millrace.Connectors.MongoDb.Live.Following;

/// <summary>The extent of a replica set's oplog.</summary>
/// <param name="First">The first entry.</param>
/// <param name="Last">The last entry.</param>
/// <param name="Size">Entries and bytes.</param>
internal sealed record OplogFacts(ulong First, ulong Last, Estimate Size)
{
    /// <summary>The collection that is the oplog.</summary>
    public static readonly MongoNamespace Name = new("local", "oplog.rs");

    private static readonly byte[] FirstEntry = ExtendedJsonReader.ReadDocument("""{"sort":{"$natural":1},"limit":{"$numberLong":"1"},"projection":{"ts":1}}""");
    private static readonly byte[] LastEntry = ExtendedJsonReader.ReadDocument("""{"sort":{"$natural":-1},"limit":{"$numberLong":"1"},"projection":{"ts":1}}""");

    /// <summary>Asks the server.</summary>
    /// <exception cref="MillraceException">MR1125: a sharded cluster. MR1122: the user may not read it.</exception>
    public static OplogFacts Of(MongoClient client, LiveServer server)
    {
        if (server.IsSharded)
        {
            throw new MillraceException(
                ErrorCodes.MongoOplogOfShards,
                "The server is a sharded cluster, whose shards have an oplog each; it cannot be followed as one.",
                "Set capture: change_streams on the connection.");
        }

        return new(Read(client, FirstEntry), Read(client, LastEntry), LiveCatalog.SizeOf(client, new(Name, Files.CollectionKind.Collection, true, false)));
    }

    /// <summary>What waits between two places, by what an entry takes of time and room on the average.</summary>
    public Estimate Between(ulong after, ulong until)
    {
        long seconds = (long)(Last >> 32) - (long)(First >> 32);
        if (seconds <= 0 || Size.RowsKnown == Certainty.Unknown)
        {
            return Estimate.Unknown;
        }

        double share = Math.Clamp(((long)(until >> 32) - (long)(after >> 32)) / (double)seconds, 0, 1);
        return Size with { Rows = (long)(Size.Rows * share), Bytes = (long)(Size.Bytes * share) };
    }

    private static ulong Read(MongoClient client, byte[] options)
    {
        using MongoCursor cursor = client.Find(Name, Documents.Empty, options);
        return cursor.Next(out ReadOnlySpan<byte> entry) && OplogEntry.TryReadTimestamp(entry, out ulong timestamp) ? timestamp : 0;
    }
}
