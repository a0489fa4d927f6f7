using Millrace.Connectors.MongoDb.Bson;
using Millrace.Connectors.MongoDb.Decoding;
using Millrace.Core.Batches;
using Millrace.Core.Contracts;
using Millrace.Core.Errors;
using Millrace.Core.Schemas;

namespace Millrace.Connectors.MongoDb.Oplog;

/// <summary>
/// The changes between two places where a commit may happen, grouped by collection: the order within a collection is kept, and the order
/// between collections does not matter within one commit. So a log that jumps from collection to collection still gives large batches.
/// </summary>
internal sealed class ChangeWindow(string partition, bool hidesRaw, int maxRows, int maxBytes) : IDisposable
{
    private const long MostBatches = 4;

    private readonly List<LogCollection> _touched = [];
    private readonly Queue<RecordBatch> _ready = new();
    private long _otherBytes;
    private long _bytes;

    /// <summary>Rows since the window began.</summary>
    public int Rows { get; private set; }

    /// <summary>Bytes of documents that no ready batch holds yet.</summary>
    public long Held { get; private set; }

    /// <summary>Payload bytes since the window began.</summary>
    public long Bytes => _bytes;

    /// <summary>True where batches are ready to be handed on.</summary>
    public bool HasReady => Ready > 0;

    /// <summary>Batches that are ready.</summary>
    public int Ready => _ready.Count;

    /// <summary>Takes a ready batch.</summary>
    public RecordBatch Take() => _ready.Dequeue();

    /// <summary>Accounts for payload that gave no rows of its own yet.</summary>
    public void AddBytes(long bytes)
    {
        _otherBytes += bytes;
        _bytes += bytes;
    }

    /// <summary>Adds a change with the document after it.</summary>
    public void AddChange(LogCollection collection, ReadOnlySpan<byte> document, ChangeKind kind, ReadOnlySpan<byte> position, long time)
    {
        BuilderOf(collection).AddChange(document, kind, position, time);
        collection.Held += document.Length;
        Held += document.Length;
        Count(collection);
    }

    /// <summary>Adds a delete.</summary>
    public void AddDelete(LogCollection collection, BsonValue key, ReadOnlySpan<byte> position, long time)
    {
        BuilderOf(collection).AddDelete(key, position, time);
        Count(collection);
    }

    /// <summary>Adds an entry for quarantine.</summary>
    public void Reject(LogCollection collection, ReadOnlySpan<byte> document, ReadOnlySpan<byte> position, MillraceException why)
    {
        BuilderOf(collection).Reject(document, position, why);
        Count(collection);
    }

    /// <summary>Says that every row of the collection up to here is gone.</summary>
    public void AddDeleteAll(LogCollection collection)
    {
        Flush(collection);
        _ready.Enqueue(new RecordBatch(new TableSchema(collection.Table, [], []), [], 0) { Partition = partition, Control = TableControl.DeleteAll });
    }

    /// <summary>Ends the window: what is left becomes batches, and the last one carries the position.</summary>
    public void Close(Position position, TableId nowhere)
    {
        for (int i = 0; i < _touched.Count; i++)
        {
            bool isLast = i == _touched.Count - 1;
            Enqueue(_touched[i], isLast ? position : null);
        }

        if (_touched.Count == 0)
        {
            _ready.Enqueue(new RecordBatch(new TableSchema(nowhere, [], []), [], 0)
            {
                Partition = partition,
                Position = position,
                SourceBytes = TakeOtherBytes(),
            });
        }

        _touched.Clear();
        Rows = 0;
        _bytes = 0;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (LogCollection collection in _touched)
        {
            collection.Builder?.Dispose();
            collection.Builder = null;
        }

        while (_ready.TryDequeue(out RecordBatch? batch))
        {
            batch.Dispose();
        }
    }

    private DocumentBatchBuilder BuilderOf(LogCollection collection)
    {
        if (!collection.IsTouched)
        {
            collection.IsTouched = true;
            _touched.Add(collection);
        }

        return collection.Builder ??= new(collection.Table, partition, hidesRaw, isLog: true);
    }

    private void Count(LogCollection collection)
    {
        Rows++;
        if (collection.Builder!.Rows >= maxRows || collection.Builder.IsFull || collection.Held >= maxBytes)
        {
            Flush(collection);
        }
        else if (Held >= MostBatches * maxBytes)
        {
            // Small batches of many collections come to much, too.
            while (_touched.Count > 0)
            {
                Flush(_touched[^1]);
            }
        }
    }

    private void Flush(LogCollection collection)
    {
        if (collection.IsTouched)
        {
            _touched.Remove(collection);
            Enqueue(collection, null);
        }
    }

    private void Enqueue(LogCollection collection, Position? position)
    {
        collection.IsTouched = false;
        Held -= collection.Held;
        collection.Held = 0;
        _ready.Enqueue(collection.Builder!.Build(position, TakeOtherBytes()));
    }

    private long TakeOtherBytes()
    {
        long bytes = _otherBytes;
        _otherBytes = 0;
        return bytes;
    }
}
