using System.Text;
using Millrace.Connectors.MongoDb.Bson;
using Millrace.Connectors.MongoDb.Live.Snapshots;
using Millrace.Connectors.MongoDb.Native;
using Millrace.Connectors.MongoDb.Oplog;
using Millrace.Core.Batches;
using Millrace.Core.Contracts;
using Millrace.Core.Errors;

namespace Millrace.Connectors.MongoDb.Live.Following;

/// <summary>
/// Writes the changes of a live log into a window, and reads what a rename brings.
/// </summary>
internal sealed class ChangeEmitter(MongoClient client, LiveServer server, LogCollections collections, ChangeWindow window, SourceSettings settings, Action<string> note) : IDisposable
{
    private readonly ChangeRows _rows = new(window, new DocumentSelection(settings, byTime: false), settings.OnDrop, note);
    private readonly Queue<WholeCopy> _copies = new();
    private readonly ByteBuffer _name = new();

    /// <summary>Turns to a place in the log, as <see cref="ChangeRows.Begin"/>.</summary>
    public void Begin(ulong timestamp, long millis) => _rows.Begin(timestamp, millis);

    /// <summary>The collection of a name.</summary>
    public LogCollection Find(ReadOnlySpan<byte> database, ReadOnlySpan<byte> collection)
    {
        _name.Clear();
        _name.Write(database);
        _name.Write((byte)'.');
        _name.Write(collection);
        return collections.Find(_name.WrittenSpan);
    }

    /// <summary>True where changes of the collection, at the place that was begun, are rows of the task.</summary>
    public bool IsRow(LogCollection collection) => collection.IsTakenAt(_rows.Timestamp);

    /// <summary>Writes a document as it is after a change.</summary>
    public void Upsert(LogCollection collection, BsonValue id, ReadOnlySpan<byte> document, ChangeKind kind)
    {
        ReadOnlySpan<byte> position = _rows.NextPosition();
        try
        {
            _rows.Upsert(collection, id, document, kind, position);
        }
        catch (MillraceException exception) when (exception.Code.Kind == ErrorKind.Run)
        {
            window.Reject(collection, document, position, exception);
        }
    }

    /// <summary>Writes a delete.</summary>
    public void Delete(LogCollection collection, BsonValue id) => _rows.Delete(collection, id);

    /// <summary>Puts an entry that cannot be applied into quarantine.</summary>
    public void Reject(LogCollection collection, ReadOnlySpan<byte> raw, MillraceException why) => _rows.Reject(collection, raw, why);

    /// <summary>A collection is gone.</summary>
    /// <exception cref="MillraceException">MR1308: the task says to stop then.</exception>
    public void Drop(LogCollection collection)
    {
        if (IsRow(collection))
        {
            _rows.Drop(collection);
        }
    }

    /// <summary>Every document of a collection is gone, whatever <c>on_drop</c> says.</summary>
    public void Empty(LogCollection collection)
    {
        if (IsRow(collection))
        {
            window.AddDeleteAll(collection);
        }
    }

    /// <summary>
    /// A collection got another's name. What had the name is replaced; the documents that have it now never were in the log under it, so they are
    /// read: <see cref="Copy"/> gives them.
    /// </summary>
    public void Rename(LogCollection from, LogCollection to)
    {
        if (IsRow(to))
        {
            window.AddDeleteAll(to);
            _copies.Enqueue(new(client, server, to));
        }

        Drop(from);
    }

    /// <summary>Writes the next document of a collection that was renamed.</summary>
    /// <returns>False where none is left, and the next change may be written.</returns>
    public bool Copy()
    {
        if (!_copies.TryPeek(out WholeCopy? copy))
        {
            return false;
        }

        if (copy.Next(out ReadOnlySpan<byte> document))
        {
            var id = new BsonReader(document);
            if (id.Find("_id"u8))
            {
                window.AddBytes(document.Length);
                Upsert(copy.Collection, id.Current, document, ChangeKind.Insert);
            }
        }
        else
        {
            _copies.Dequeue().Dispose();
        }

        return true;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        while (_copies.TryDequeue(out WholeCopy? copy))
        {
            copy.Dispose();
        }

        _rows.Dispose();
        _name.Dispose();
    }
}
