using System.Text;
using Millrace.Connectors.MongoDb.Bson;
using Millrace.Connectors.MongoDb.Images;
using Millrace.Core.Batches;
using Millrace.Core.Contracts;
using Millrace.Core.Errors;

namespace Millrace.Connectors.MongoDb.Oplog;

/// <summary>
/// Applies operations of the log to the after-images and writes the changes they make. Applying an entry over a state that has it already
/// gives the same state: a dump may hold the effect of the first entries of its log.
/// </summary>
internal sealed class OplogApplier : IOplogSink, IDisposable
{
    private const string WholeAnew = "Load the task anew: set on_history_lost: resnapshot, or run with --full-refresh.";

    private readonly LogCollections _collections;
    private readonly AfterImages _images;
    private readonly ChangeWindow _window;
    private readonly ChangeRows _rows;
    private readonly UpdateApplier _updates = new();
    private readonly ByteBuffer _before = new();
    private readonly Queue<(LogCollection Target, ImageWalk Documents)> _renamed = new();

    public OplogApplier(LogCollections collections, AfterImages images, ChangeWindow window, DocumentSelection selection, OnDrop onDrop, Action<string> note)
    {
        _collections = collections;
        _images = images;
        _window = window;
        _rows = new(window, selection, onDrop, note);
    }

    /// <summary>False while entries are applied that the destination has already: then no rows are written.</summary>
    public bool IsEmitting { get; set; }

    /// <summary>While entries up to here were written, collections were being dumped.</summary>
    public ulong DumpedUntil { get; init; }

    /// <summary>Source time that rows get, ticks since 1970.</summary>
    public long Time => _rows.Time;

    /// <summary>Turns to an entry, as <see cref="ChangeRows.Begin"/>.</summary>
    public void Begin(ulong timestamp, long millis) => _rows.Begin(timestamp, millis);

    /// <inheritdoc/>
    public void Apply(in OplogEntry entry, ReadOnlySpan<byte> raw)
    {
        switch (entry.Operation)
        {
            case OplogOperation.Insert or OplogOperation.Update or OplogOperation.Delete:
                LogCollection collection = _collections.Find(entry.Namespace);
                if (collection.IsKept)
                {
                    ApplyToDocument(collection, entry, raw);
                }

                break;
            case OplogOperation.Command:
                ApplyCommand(entry, raw);
                break;
            case OplogOperation.Noop:
                break;
            default:
                RejectUnknown(entry, raw);
                break;
        }
    }

    /// <summary>Writes the next row of a collection that was renamed by the entry.</summary>
    /// <returns>False where none is left, and the next entry may be applied.</returns>
    public bool EmitRenamed()
    {
        if (!_renamed.TryPeek(out (LogCollection Target, ImageWalk Documents) next))
        {
            return false;
        }

        if (!next.Documents.Next(_before))
        {
            _renamed.Dequeue();
            return true;
        }

        var id = new BsonReader(_before.WrittenSpan);
        if (id.Find("_id"u8))
        {
            Emit(next.Target, id.Current, _before.WrittenSpan, ChangeKind.Insert);
        }

        return true;
    }

    /// <inheritdoc/>
    public void Reject(LogCollection collection, ReadOnlySpan<byte> raw, MillraceException why)
    {
        if (IsRow(collection))
        {
            _rows.Reject(collection, raw, why);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _updates.Dispose();
        _before.Dispose();
        _rows.Dispose();
    }

    private void ApplyToDocument(LogCollection collection, in OplogEntry entry, ReadOnlySpan<byte> raw)
    {
        try
        {
            BsonValidator.Validate(raw);
            var id = new BsonReader(entry.Operation == OplogOperation.Update && !entry.Target.IsEmpty ? entry.Target : entry.Object);
            if (!id.Find("_id"u8))
            {
                UpdateThrow.Rejected("it does not say which document it is about (no _id)");
            }

            switch (entry.Operation)
            {
                case OplogOperation.Insert:
                    Upsert(collection, id.Current, entry.Object, ChangeKind.Insert);
                    break;
                case OplogOperation.Update:
                    Update(collection, id.Current, entry.Object);
                    break;
                default:
                    Delete(collection, id.Current);
                    break;
            }
        }
        catch (MillraceException exception) when (exception.Code.Kind == ErrorKind.Run && exception.Code != ErrorCodes.HistoryLost)
        {
            Reject(collection, raw, exception);
        }
    }

    private void Update(LogCollection collection, BsonValue id, ReadOnlySpan<byte> update)
    {
        if (UpdateApplier.IsReplacement(update))
        {
            Upsert(collection, id, update, ChangeKind.Update);
            return;
        }

        if (!_images.TryGet(_images.CollectionOf(collection.Text), id, _before))
        {
            if (_rows.Timestamp <= DumpedUntil)
            {
                // The document was gone when its collection was dumped: its delete follows in the log.
                return;
            }

            _images.CheckMissing();
            UpdateThrow.Rejected("it changes a document that neither the dump nor the log before it holds");
        }

        Upsert(collection, id, _updates.Apply(_before.WrittenSpan, update), ChangeKind.Update);
    }

    private void Upsert(LogCollection collection, BsonValue id, ReadOnlySpan<byte> document, ChangeKind kind)
    {
        _images.Put(_images.CollectionOf(collection.Text), id, document);
        Emit(collection, id, document, kind);
    }

    private void Emit(LogCollection collection, BsonValue id, ReadOnlySpan<byte> document, ChangeKind kind)
    {
        if (IsRow(collection))
        {
            _rows.Upsert(collection, id, document, kind, _rows.NextPosition());
        }
    }

    private void Delete(LogCollection collection, BsonValue id)
    {
        _images.Delete(_images.CollectionOf(collection.Text), id);
        if (IsRow(collection))
        {
            _rows.Delete(collection, id);
        }
    }

    private bool IsRow(LogCollection collection) => IsEmitting && collection.IsTakenAt(_rows.Timestamp);

    private void ApplyCommand(in OplogEntry entry, ReadOnlySpan<byte> raw)
    {
        var command = new BsonReader(entry.Object);
        if (!command.Next())
        {
            return;
        }

        string database = MongoNamespace.Parse(entry.Namespace).Database;
        string name = Encoding.UTF8.GetString(command.Name);
        switch (name)
        {
            case "drop" when command.Type == BsonType.String:
                Drop(_collections[new(database, TextOf(command))]);
                break;
            case "dropDatabase":
                DropDatabase(database);
                break;
            case "renameCollection" when command.Type == BsonType.String:
                Rename(MongoNamespace.Parse(command.GetString()), entry.Object);
                break;
            case "emptycapped" when command.Type == BsonType.String:
                Empty(_collections[new(database, TextOf(command))]);
                break;
            case "truncateRange" when command.Type == BsonType.String:
                Reject(_collections.Find(command.GetString()), raw, UpdateThrow.Make("it removes documents without naming them (truncateRange)"));
                break;
            default:
                // create, collMod, index builds and whatever else: no document changes by it.
                break;
        }
    }

    private static string TextOf(BsonReader reader) => Encoding.UTF8.GetString(reader.GetString());

    /// <summary>Takes a collection away that is gone from the source, and its rows as on_drop says.</summary>
    public void Drop(LogCollection collection)
    {
        _images.Drop(collection.Text);
        if (IsRow(collection))
        {
            _rows.Drop(collection);
        }
    }

    private void DropDatabase(string database)
    {
        foreach (string name in _images.CollectionsOf(database))
        {
            Drop(_collections[MongoNamespace.Parse(name)]);
        }
    }

    private void Empty(LogCollection collection)
    {
        _images.Drop(collection.Text);
        if (IsRow(collection))
        {
            _window.AddDeleteAll(collection);
        }
    }

    private void Rename(MongoNamespace from, ReadOnlySpan<byte> command)
    {
        var reader = new BsonReader(command);
        if (!reader.Find("to"u8) || reader.Type != BsonType.String)
        {
            return;
        }

        LogCollection source = _collections[from];
        LogCollection target = _collections[MongoNamespace.Parse(reader.GetString())];
        if (!source.IsKept)
        {
            if (target.IsKept)
            {
                throw Unknown(source, target);
            }

            return;
        }

        ReplaceTarget(target);
        if (target.IsKept)
        {
            _images.Rename(source.Text, target.Text);
            EmitAll(target);
        }

        Drop(source);
    }

    /// <summary>Takes away what had the new name: it was replaced, not dropped, so its rows go whatever on_drop says.</summary>
    private void ReplaceTarget(LogCollection target)
    {
        if (_images.Find(target.Text) is null)
        {
            return;
        }

        _images.Drop(target.Text);
        if (IsRow(target))
        {
            _window.AddDeleteAll(target);
        }
    }

    /// <summary>Lets the documents of the collection be rows once the entry is applied: <see cref="EmitRenamed"/> gives them, one by one.</summary>
    private void EmitAll(LogCollection target)
    {
        if (IsRow(target) && _images.Find(target.Text) is { } collection)
        {
            _renamed.Enqueue((target, _images.Walk(collection)));
        }
    }

    private void RejectUnknown(in OplogEntry entry, ReadOnlySpan<byte> raw)
    {
        LogCollection collection = _collections.Find(entry.Namespace);
        Reject(collection, raw, UpdateThrow.Make("its kind of operation is not known"));
    }

    private static MillraceException Unknown(LogCollection source, LogCollection target) => new(
        ErrorCodes.HistoryLost,
        $"{source.Text} was renamed to {target.Text}, which this task loads, and the task does not follow {source.Text}: its documents are not known.",
        WholeAnew);
}
