using Millrace.Connectors.MongoDb.Native;
using Millrace.Connectors.MongoDb.Oplog;

namespace Millrace.Connectors.MongoDb.Live.Snapshots;

/// <summary>The documents of a collection as they are now, or later than some change of it. Opened when the first is asked for.</summary>
internal sealed class WholeCopy(MongoClient client, LiveServer server, LogCollection collection) : IDisposable
{
    private MongoSession? _session;
    private MongoCursor? _cursor;

    /// <summary>The collection.</summary>
    public LogCollection Collection => collection;

    /// <summary>Goes to the next document, valid until the next call.</summary>
    public bool Next(out ReadOnlySpan<byte> document)
    {
        if (_cursor is null)
        {
            LiveHead head = LiveServer.HeadOf(client);
            _session = MongoSession.TryStart(client);
            _session?.AdvanceTo(head.Time, head.ClusterTime);
            byte[] options = Documents.Make(w =>
            {
                w.WriteInt64("batchSize"u8, FindQuery.MaxBatch);
                FindQuery.WriteReadConcern(w, server);
            });
            _cursor = client.Find(collection.Name, Documents.Empty, options, _session);
        }

        return _cursor.Next(out document);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _cursor?.Dispose();
        _session?.Dispose();
    }
}
