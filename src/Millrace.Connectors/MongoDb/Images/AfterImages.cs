using System.Text;
using Millrace.Connectors.MongoDb.Bson;
using Millrace.Connectors.MongoDb.Files;
using Millrace.Core.Errors;

namespace Millrace.Connectors.MongoDb.Images;

/// <summary>
/// What every document of a task's collections looks like now, so that an update that says only what changed can be made whole. What the
/// destination has committed, <see cref="ImageStore"/> knows; what it has not, <see cref="PendingImages"/> does, and forgets with the process: the
/// next run reads those entries of the log again.
/// </summary>
internal sealed class AfterImages : IDisposable
{
    private const string FolderName = "mongodb-images";

    private readonly string _folder;
    private readonly ImageStore _store;
    private readonly PendingImages _pending;
    private readonly Dictionary<string, int> _collections;
    private readonly Queue<(ulong Timestamp, ulong OpenSince, long End)> _marks = new();
    private readonly Lock _storeGate = new();
    private readonly ByteBuffer _key = new();
    private Task _applying = Task.CompletedTask;
    private int _nextCollection;
    private long _applied;

    private AfterImages(string directory, int segmentBytes)
    {
        StateFolder.Create(directory);
        _folder = FolderOf(directory);
        _store = new(_folder, segmentBytes);
        _pending = new(_store.Log);
        _applied = _store.Log.End;
        try
        {
            _collections = _store.Index.ReadCollections();
            _nextCollection = _collections.Values.DefaultIfEmpty(0).Max() + 1;
            ReadState();
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>The position that the store has reached, or null where no entry of the log was ever applied.</summary>
    public ulong? Position { get; private set; }

    /// <summary>The first entry of the oldest transaction that was not finished at <see cref="Position"/>; 0 where there is none.</summary>
    public ulong OpenSince { get; private set; }

    /// <summary>The last entry applied, stored or not, and the first of the oldest transaction open then; null where none was.</summary>
    public (ulong Position, ulong OpenSince)? Reached { get; private set; }

    /// <summary>The generation that the documents belong to.</summary>
    public ulong Generation { get; private set; }

    /// <summary>Which collections the documents are of, in words of the caller's; null where it was never said.</summary>
    public string? Scope
    {
        get
        {
            lock (_storeGate)
            {
                return _store.Index.ReadText("scope");
            }
        }

        set
        {
            lock (_storeGate)
            {
                _store.Index.WriteText("scope", value!);
            }
        }
    }

    /// <summary>Opens the store of a task, or makes it. One that cannot be opened is replaced: it can be rebuilt.</summary>
    /// <param name="directory">The task's state folder.</param>
    /// <param name="segmentBytes">How far a file of documents grows before the next one is begun.</param>
    public static AfterImages Open(string directory, int segmentBytes = ImageStore.SegmentBytes)
    {
        try
        {
            return new AfterImages(directory, segmentBytes);
        }
        catch (Exception exception) when (ImageFailures.IsDamage(exception))
        {
            ImageStore.Delete(FolderOf(directory));
            return new AfterImages(directory, segmentBytes);
        }
    }

    /// <summary>True where a task has a store.</summary>
    public static bool Exists(string directory) => directory.Length > 0 && ImageStore.Exists(FolderOf(directory));

    /// <summary>Forgets everything and starts a generation.</summary>
    public void Reset(int generation)
    {
        lock (_storeGate)
        {
            // Nothing that is pending may be looked up once the log is empty.
            _pending.DropBefore(_store.Log.End);
            _store.Clear((ulong)generation);
        }

        _collections.Clear();
        _applied = _store.Log.End;
        _marks.Clear();
        ReadState();
    }

    /// <summary>Imports a dumped collection, unless that was done. Only before any entry of the log is applied.</summary>
    public void Import(MongoNamespace name, IDocumentFile file, CancellationToken cancellationToken)
    {
        lock (_storeGate)
        {
            string text = name.ToString();
            if (_store.Index.ImportedFrom(text) == file.Fingerprint)
            {
                return;
            }

            if (!_collections.TryGetValue(text, out int collection))
            {
                collection = _nextCollection++;
                _collections[text] = collection;
            }

            _store.Import(text, collection, file, cancellationToken);
        }
    }

    /// <summary>The number of a collection; a new one where it has none.</summary>
    public int CollectionOf(string name)
    {
        if (!_collections.TryGetValue(name, out int collection))
        {
            collection = _nextCollection++;
            SetName(name, collection);
        }

        return collection;
    }

    /// <summary>The number of a collection that has documents or had them, or null.</summary>
    public int? Find(string name) => _collections.TryGetValue(name, out int collection) ? collection : null;

    /// <summary>The collections of a database.</summary>
    public List<string> CollectionsOf(string database) =>
        [.. _collections.Keys.Where(n => n.StartsWith(database + ".", StringComparison.Ordinal)).Order(StringComparer.Ordinal)];

    /// <summary>Forgets a collection and its documents.</summary>
    public void Drop(string name)
    {
        if (_collections.Remove(name, out int collection))
        {
            _pending.Append(new(ImageRecordKind.Drop, collection, default, default));
        }
    }

    /// <summary>Gives a collection another name; one that had the name is gone.</summary>
    public void Rename(string from, string to)
    {
        if (!_collections.Remove(from, out int collection))
        {
            return;
        }

        Drop(to);
        SetName(to, collection);
    }

    /// <summary>Looks a document up.</summary>
    /// <param name="collection">The collection's number.</param>
    /// <param name="id">Its <c>_id</c>.</param>
    /// <param name="document">Replaced by the document.</param>
    public bool TryGet(int collection, BsonValue id, ByteBuffer document)
    {
        ImageKey.Write(id, _key);
        return _pending.TryGet(collection, _key.WrittenSpan, document) ?? _store.TryGet(collection, _key.WrittenSpan, document);
    }

    /// <summary>Makes sure that a document that was not found is not there, rather than hidden by damage.</summary>
    /// <exception cref="MillraceException">MR1116: the store is damaged.</exception>
    public void CheckMissing() => _store.Index.Check();

    /// <summary>Keeps a document.</summary>
    public void Put(int collection, BsonValue id, ReadOnlySpan<byte> document)
    {
        ImageKey.Write(id, _key);
        _pending.Append(new(ImageRecordKind.Put, collection, _key.WrittenSpan, document));
    }

    /// <summary>Forgets a document.</summary>
    public void Delete(int collection, BsonValue id)
    {
        ImageKey.Write(id, _key);
        _pending.Append(new(ImageRecordKind.Delete, collection, _key.WrittenSpan, default));
    }

    /// <summary>Goes through the documents of a collection.</summary>
    public ImageWalk Walk(int collection) => new(_store, _pending, collection);

    /// <summary>Marks a place where the destination may commit.</summary>
    /// <param name="timestamp">The position.</param>
    /// <param name="openSince">The first entry of the oldest unfinished transaction, or 0.</param>
    public void Mark(ulong timestamp, ulong openSince)
    {
        lock (_marks)
        {
            _marks.Enqueue((timestamp, openSince, _store.Log.End));
        }

        _store.Index.ReleaseReader();

        Reached = (timestamp, openSince);
    }

    /// <summary>
    /// Brings the store up to what the destination has committed, and no further, while others read on: waits for the load before, not for this one.
    /// </summary>
    /// <exception cref="MillraceException">The load before could not be stored.</exception>
    public async ValueTask AcknowledgeAsync(ulong timestamp)
    {
        await SettleAsync().ConfigureAwait(false);
        _applying = Task.Run(() => Acknowledge(timestamp));
    }

    /// <summary>Waits until what was acknowledged is stored.</summary>
    /// <exception cref="MillraceException">It could not be stored.</exception>
    public async ValueTask SettleAsync()
    {
        await _applying.ConfigureAwait(false);
        _applying = Task.CompletedTask;
    }

    /// <summary>Brings the store up to a position before it returns.</summary>
    public void Acknowledge(ulong timestamp)
    {
        (ulong Timestamp, ulong OpenSince, long End)? reached = null;
        lock (_marks)
        {
            while (_marks.TryPeek(out (ulong Timestamp, ulong OpenSince, long End) mark) && mark.Timestamp <= timestamp)
            {
                reached = _marks.Dequeue();
            }
        }

        if (reached is { } target)
        {
            lock (_storeGate)
            {
                Apply(target.Timestamp, target.OpenSince, target.End);
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        // A failure was told where it was waited for; where the run ended before, the next run applies those entries again.
        _applying.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing).GetAwaiter().GetResult();
        _pending.Dispose();
        _store.Dispose();
        _key.Dispose();
        if (_store.IsDamaged)
        {
            // The next run makes it anew.
            ImageStore.Delete(_folder);
        }
    }

    private static string FolderOf(string directory) => Path.Combine(directory, FolderName);

    private void Apply(ulong timestamp, ulong openSince, long end)
    {
        _store.Apply(_applied, end, timestamp, openSince);
        _applied = end;
        Position = timestamp;
        OpenSince = openSince;

        // Only now: until the commit was visible, lookups had to find the records here.
        _pending.DropBefore(end);
    }

    private void SetName(string name, int collection)
    {
        _collections[name] = collection;
        _pending.Append(new(ImageRecordKind.Name, collection, Encoding.UTF8.GetBytes(name), default));
    }

    private void ReadState()
    {
        lock (_storeGate)
        {
            Generation = _store.Index.ReadState("generation") ?? 0;
            Position = _store.Index.ReadState("position");
            OpenSince = _store.Index.ReadState("open_since") ?? 0;
        }

        Reached = Position is { } position ? (position, OpenSince) : null;
    }
}
