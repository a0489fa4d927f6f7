using System.Text;
using Millrace.Connectors.MongoDb.Bson;
using Millrace.Connectors.MongoDb.Oplog;
using Millrace.Core.Batches;
using Millrace.Core.Contracts;
using Millrace.Core.Errors;

namespace Millrace.Connectors.MongoDb.Live.Following;

/// <summary>
/// Turns entries of a live oplog into changes. An update tells what changed and not the document, so changes wait, in order, until there are enough
/// for one look-up by <c>_id</c>. A document that is gone by then has a delete further on in the log.
/// </summary>
internal sealed class OplogChanges(ChangeEmitter emitter, ImageLookup lookup, LogCollections collections, ReadRequest request) : IOplogSink, IDisposable
{
    private const int MostWaiting = 4096;
    private const int MostRetries = 3;

    private readonly List<Waiting> _waiting = [];
    private readonly ByteBuffer _bytes = new();
    private readonly ImageSet _images = new();
    private ulong _timestamp;
    private long _millis;

    /// <summary>Rows since the last <see cref="Flush"/>, which wait or were written.</summary>
    public int Rows { get; private set; }

    /// <summary>Begins an entry. What waits of those before it is still to be written, so the emitter turns to it only then.</summary>
    public void Begin(ulong timestamp, long millis)
    {
        _timestamp = timestamp;
        _millis = millis;
    }

    /// <inheritdoc/>
    public void Apply(in OplogEntry entry, ReadOnlySpan<byte> raw)
    {
        switch (entry.Operation)
        {
            case OplogOperation.Insert or OplogOperation.Update or OplogOperation.Delete:
                LogCollection collection = collections.Find(entry.Namespace);
                if (collection.IsTakenAt(_timestamp))
                {
                    Add(collection, entry, raw);
                }

                break;
            case OplogOperation.Command:
                ApplyCommand(entry, raw);
                break;
            case OplogOperation.Noop:
                break;
            default:
                LogCollection unknown = collections.Find(entry.Namespace);
                if (unknown.IsTakenAt(_timestamp))
                {
                    Reject(unknown, raw, UpdateThrow.Make("its kind of operation is not known"));
                }

                break;
        }
    }

    /// <summary>Writes the next document of a collection that was renamed; false where none is left.</summary>
    public bool Copy() => emitter.Copy();

    /// <inheritdoc/>
    public void Reject(LogCollection collection, ReadOnlySpan<byte> raw, MillraceException why)
    {
        Settle();
        emitter.Reject(collection, raw, why);
    }

    /// <summary>Writes what waits and counts rows anew.</summary>
    public void Flush()
    {
        Settle();
        Rows = 0;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        emitter.Dispose();
        lookup.Dispose();
        _bytes.Dispose();
        _images.Dispose();
    }

    private void Add(LogCollection collection, in OplogEntry entry, ReadOnlySpan<byte> raw)
    {
        try
        {
            BsonValidator.Validate(raw);
            ReadOnlySpan<byte> keyed = entry.Operation == OplogOperation.Update && !entry.Target.IsEmpty ? entry.Target : entry.Object;
            var id = new BsonReader(keyed);
            if (!id.Find("_id"u8))
            {
                UpdateThrow.Rejected("it does not say which document it is about (no _id)");
            }

            bool isWhole = entry.Operation == OplogOperation.Insert || (entry.Operation == OplogOperation.Update && UpdateApplier.IsReplacement(entry.Object));
            ReadOnlySpan<byte> kept = isWhole ? entry.Object : keyed;
            _waiting.Add(new(collection, entry.Operation, isWhole, _bytes.Length, kept.Length, _timestamp, _millis));
            _bytes.Write(kept);
            Rows++;
        }
        catch (MillraceException exception) when (exception.Code.Kind == ErrorKind.Run)
        {
            Reject(collection, raw, exception);
        }

        if (_waiting.Count >= MostWaiting || _bytes.Length >= request.MaxBatchBytes)
        {
            Settle();
        }
    }

    /// <summary>Looks the documents of waiting updates up, writes all that waits, in order, and turns to the entry at hand.</summary>
    private void Settle()
    {
        if (_waiting.Count > 0)
        {
            LookUp();
            foreach (Waiting change in _waiting)
            {
                emitter.Begin(change.Timestamp, change.Millis);
                Write(change, _bytes.WrittenSpan.Slice(change.Offset, change.Length));
            }

            _waiting.Clear();
            _bytes.Clear();
            _images.Clear();
        }

        emitter.Begin(_timestamp, _millis);
    }

    private void Write(in Waiting change, ReadOnlySpan<byte> kept)
    {
        var id = new BsonReader(kept);
        id.Find("_id"u8);
        if (change.Operation == OplogOperation.Delete)
        {
            emitter.Delete(change.Collection, id.Current);
        }
        else if (change.IsWhole)
        {
            emitter.Upsert(change.Collection, id.Current, kept, change.Operation == OplogOperation.Insert ? ChangeKind.Insert : ChangeKind.Update);
        }
        else if (_images.TryGet(change.Collection, id.Current, out ReadOnlySpan<byte> document))
        {
            emitter.Upsert(change.Collection, id.Current, document, ChangeKind.Update);
        }
    }

    private void LookUp()
    {
        foreach (Waiting change in _waiting)
        {
            if (!change.IsWhole && change.Operation == OplogOperation.Update)
            {
                var id = new BsonReader(_bytes.WrittenSpan.Slice(change.Offset, change.Length));
                id.Find("_id"u8);
                _images.Want(change.Collection, id.Current);
            }
        }

        int tries = 0;
        while (!TryFetch(isLast: tries == MostRetries))
        {
            tries++;
        }
    }

    private bool TryFetch(bool isLast)
    {
        try
        {
            _images.Fetch(lookup, _waiting[^1].Timestamp);
            return true;
        }
        catch (MillraceException exception) when (exception.IsTransient && !isLast)
        {
            // The driver looks for the server again when it is asked the next time.
            return false;
        }
    }

    private void ApplyCommand(in OplogEntry entry, ReadOnlySpan<byte> raw)
    {
        var command = new BsonReader(entry.Object);
        if (!command.Next())
        {
            return;
        }

        string database = MongoNamespace.Parse(entry.Namespace).Database;
        string name = Encoding.UTF8.GetString(command.Name);
        if (name is "drop" or "renameCollection" or "emptycapped" or "truncateRange" && command.Type == BsonType.String)
        {
            // What came before stands before it.
            Settle();
            ApplyCommand(name, database, Encoding.UTF8.GetString(command.GetString()), entry.Object, raw);
        }
    }

    // dropDatabase needs nothing: each of its collections has a drop of its own before it.
    private void ApplyCommand(string name, string database, string operand, ReadOnlySpan<byte> command, ReadOnlySpan<byte> raw)
    {
        switch (name)
        {
            case "drop":
                emitter.Drop(collections[new(database, operand)]);
                break;
            case "emptycapped":
                emitter.Empty(collections[new(database, operand)]);
                break;
            case "renameCollection":
                if (Documents.Text(command, "to"u8) is { } to)
                {
                    emitter.Rename(collections[MongoNamespace.Parse(operand)], collections[MongoNamespace.Parse(to)]);
                }

                break;
            default:
                LogCollection truncated = collections[MongoNamespace.Parse(operand)];
                if (truncated.IsTakenAt(_timestamp))
                {
                    emitter.Reject(truncated, raw, UpdateThrow.Make("it removes documents without naming them (truncateRange)"));
                }

                break;
        }
    }

    private readonly record struct Waiting(
        LogCollection Collection, OplogOperation Operation, bool IsWhole, int Offset, int Length, ulong Timestamp, long Millis);
}
