using Millrace.Connectors.MongoDb.Bson;
using Millrace.Connectors.MongoDb.Live.Snapshots;
using Millrace.Connectors.MongoDb.Native;

namespace Millrace.Connectors.MongoDb.Live.Following;

/// <summary>Fetches documents by their ids as they are now, and surely no older than a place in the log. Belongs to its client's thread.</summary>
internal sealed class ImageLookup(MongoClient client, LiveServer server) : IDisposable
{
    private readonly ByteBuffer _found = new();
    private MongoSession? _session;

    /// <summary>Fetches one document.</summary>
    /// <param name="name">The collection.</param>
    /// <param name="id">Its id.</param>
    /// <param name="notBefore">The place in the log that it is no older than.</param>
    /// <param name="document">The document, valid until the next call.</param>
    /// <returns>False where there is none any more.</returns>
    public bool TryGet(MongoNamespace name, BsonValue id, ulong notBefore, out ReadOnlySpan<byte> document)
    {
        BsonType type = id.Type;
        byte[] value = id.Bytes.ToArray();
        byte[] filter = Documents.Make(w => w.WriteRaw("_id"u8, type, value));
        using MongoCursor cursor = Open(name, filter, notBefore);
        _found.Clear();
        bool isThere = cursor.Next(out ReadOnlySpan<byte> found);
        _found.Write(found);
        document = _found.WrittenSpan;
        return isThere;
    }

    /// <summary>Opens a cursor on the documents of a filter.</summary>
    public MongoCursor Open(MongoNamespace name, byte[] filter, ulong notBefore)
    {
        _session ??= MongoSession.TryStart(client);
        _session?.AdvanceTo(notBefore, default);
        byte[] options = Documents.Make(w =>
        {
            w.WriteInt64("batchSize"u8, FindQuery.MaxBatch);
            FindQuery.WriteReadConcern(w, server);
        });
        return client.Find(name, filter, options, _session);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _session?.Dispose();
        _found.Dispose();
    }
}
