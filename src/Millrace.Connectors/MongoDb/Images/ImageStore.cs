using System.Text;
using Millrace.Connectors.MongoDb.Bson;
using Millrace.Connectors.MongoDb.Files;
using Millrace.Core.Errors;

namespace Millrace.Connectors.MongoDb.Images;

/// <summary>
/// The documents of a task's collections as they were at one position of the log: the documents in an <see cref="ImageLog"/>, and in an
/// <see cref="ImageIndex"/> which of them is a key's. It never runs ahead of the destination, though its log may hold records that are not in the
/// index yet. It can be rebuilt from the dump and the log. One thread writes and another may look documents up.
/// </summary>
internal sealed class ImageStore : IDisposable
{
    /// <summary>How far a file of documents grows, usually.</summary>
    public const int SegmentBytes = 64 << 20;

    private const string IndexName = "index.db";
    private const string EndState = "end";
    private const long ImportBytesACommit = 64L << 20;
    private const int DocumentsBetweenChecks = 4096;

    private readonly ImageIndex _index;
    private readonly ImageApplier _applier;
    private readonly SegmentUse _use;
    private readonly ImageCompactor _compactor;
    private readonly ByteBuffer _record = new();
    private readonly Queue<(int Segment, int Version)> _emptied = new();
    private bool _isWriting;

    /// <summary>Opens the store, or makes it.</summary>
    /// <param name="folder">A folder of its own.</param>
    /// <param name="segmentBytes">How far a file of the log grows before the next one is begun.</param>
    /// <exception cref="MillraceException">It cannot be opened; where it is damaged, see <see cref="ImageFailures.IsDamage"/>.</exception>
    public ImageStore(string folder, int segmentBytes)
    {
        CreateFolder(folder);
        _index = new(Path.Combine(folder, IndexName));
        try
        {
            _use = new(_index);
            Log = new(folder, _use.Segments, (long)(_index.ReadState(EndState) ?? 0), segmentBytes);
            _applier = new(this, Log);
            _compactor = new(_index, Log, _use, slackBytes: 2L * segmentBytes);
        }
        catch
        {
            _index.Dispose();
            throw;
        }
    }

    /// <summary>The log of the documents.</summary>
    public ImageLog Log { get; }

    /// <summary>True once something was found that is not as it was written.</summary>
    public bool IsDamaged => _index.IsDamaged || Log.IsDamaged;

    /// <summary>True where a folder has a store.</summary>
    public static bool Exists(string folder) => File.Exists(Path.Combine(folder, IndexName));

    /// <summary>Removes a store that nobody has open.</summary>
    public static void Delete(string folder)
    {
        if (Directory.Exists(folder))
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>Looks a document up.</summary>
    public bool TryGet(int collection, ReadOnlySpan<byte> key, ByteBuffer document)
    {
        document.Clear();
        if (!_index.TryGet(collection, key, out ImagePlace place))
        {
            return false;
        }

        ImageRecord record = Log.Read(place.Address, place.Size, _record);
        if (record.Collection != collection || !record.Key.SequenceEqual(key))
        {
            // After a power cut the index may be older than the log, and an address have been used again since.
            throw Log.Damaged(place.Address);
        }

        document.Write(record.Document);
        return true;
    }

    /// <inheritdoc cref="ImageIndex.Check"/>
    public void Check() => _index.Check();

    /// <inheritdoc cref="ImageIndex.KeysAfter"/>
    public List<byte[]> KeysAfter(int collection, ReadOnlySpan<byte> key, int count) => _index.KeysAfter(collection, key, count);

    /// <inheritdoc cref="ImageIndex.ReleaseReader"/>
    public void ReleaseReader() => _index.ReleaseReader();

    /// <inheritdoc cref="ImageIndex.ReadCollections"/>
    public Dictionary<string, int> ReadCollections() => _index.ReadCollections();

    /// <inheritdoc cref="ImageIndex.ReadState"/>
    public ulong? ReadState(string name) => _index.ReadState(name);

    /// <inheritdoc cref="ImageIndex.ReadText"/>
    public string? ReadText(string name) => _index.ReadText(name);

    /// <inheritdoc cref="ImageIndex.WriteState"/>
    public void WriteState(string name, ulong value) => _index.WriteState(name, value);

    /// <inheritdoc cref="ImageIndex.WriteText"/>
    public void WriteText(string name, string value) => _index.WriteText(name, value);

    /// <inheritdoc cref="ImageIndex.ImportedFrom"/>
    public string? ImportedFrom(string name) => _index.ImportedFrom(name);

    /// <summary>Brings the records between two addresses of the log in, and with them a position of the MongoDB log.</summary>
    public void Apply(long from, long end, ulong position, ulong openSince)
    {
        RemoveEmptied();
        Log.Flush();
        Begin();
        try
        {
            long bytes = _applier.Apply(from, end);
            _index.WriteState("position", position);
            _index.WriteState("open_since", openSince);
            List<int> emptied = _compactor.Run(end, leastBytes: bytes);
            Commit();
            emptied.ForEach(s => _emptied.Enqueue((s, _index.Version)));
        }
        finally
        {
            RollBackOpen();
        }
    }

    /// <summary>Points a key to a record, within a transaction.</summary>
    public void Put(int collection, ReadOnlySpan<byte> key, ImagePlace place)
    {
        Leave(collection, key);
        _index.Put(collection, key, place);
        _use.Add(ImageLog.SegmentOf(place.Address), place.Size);
    }

    /// <summary>Forgets a key, within a transaction.</summary>
    public void Delete(int collection, ReadOnlySpan<byte> key)
    {
        if (Leave(collection, key))
        {
            _index.Delete(collection, key);
        }
    }

    /// <summary>Writes a record that is about a collection, within a transaction.</summary>
    public void Write(ImageRecord record)
    {
        if (record.Kind == ImageRecordKind.Name)
        {
            _index.NameCollection(Encoding.UTF8.GetString(record.Key), record.Collection);
            return;
        }

        foreach ((int segment, long bytes) in _index.DropCollection(record.Collection))
        {
            _use.Add(segment, -bytes);
        }
    }

    /// <summary>Imports a dumped collection: every whole document, by <c>_id</c>. Repeating it after a crash is harmless.</summary>
    public void Import(string name, int collection, IDocumentFile file, CancellationToken cancellationToken)
    {
        using var reader = new DocumentReader(file, 0);
        using var key = new ByteBuffer();
        Begin();
        try
        {
            _index.NameCollection(name, collection);
            long committed = 0;
            int untilCheck = DocumentsBetweenChecks;
            while (reader.Read(out ReadOnlySpan<byte> document) == ReadStatus.Document)
            {
                if (--untilCheck == 0)
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    untilCheck = DocumentsBetweenChecks;
                }

                ImportDocument(collection, document, key);
                if (reader.Offset - committed > ImportBytesACommit)
                {
                    _applier.Flush();
                    Commit();
                    Begin();
                    committed = reader.Offset;
                }
            }

            _applier.Flush();
            _index.WriteImported(name, file.Fingerprint);
            Commit();
        }
        finally
        {
            RollBackOpen();
        }
    }

    /// <summary>Forgets everything but a new state.</summary>
    public void Clear(ulong generation)
    {
        Begin();
        try
        {
            // An index that points to what is gone is damage, and the store is built anew: that is what happens here.
            Log.Clear();
            _emptied.Clear();
            _index.Clear();
            _use.Forget();
            _index.WriteState("generation", generation);
            Commit();
        }
        finally
        {
            RollBackOpen();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _index.Dispose();
        while (_emptied.TryDequeue(out (int Segment, int Version) emptied))
        {
            Log.Remove(emptied.Segment);
        }

        Log.Dispose();
        _applier.Dispose();
        _record.Dispose();
    }

    private static void CreateFolder(string folder)
    {
        try
        {
            StateFolder.Create(folder);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw ImageFailures.CannotUse(folder, exception);
        }
    }

    private void Begin()
    {
        _index.Begin();
        _isWriting = true;
    }

    private void Commit()
    {
        _index.WriteState(EndState, (ulong)Log.Flush());
        _use.Write();
        _index.Commit();
        _isWriting = false;
    }

    private void RollBackOpen()
    {
        if (_isWriting)
        {
            _isWriting = false;
            _applier.Clear();
            _use.Forget();
            _index.Rollback();
        }
    }

    /// <summary>Counts the record that a key points to as not needed; false where there is none.</summary>
    private bool Leave(int collection, ReadOnlySpan<byte> key)
    {
        if (!_index.TryGetWritten(collection, key, out ImagePlace place))
        {
            return false;
        }

        _use.Add(ImageLog.SegmentOf(place.Address), -place.Size);
        return true;
    }

    private void ImportDocument(int collection, ReadOnlySpan<byte> document, ByteBuffer key)
    {
        // A document that is not valid went to quarantine when the snapshot was read; it can have no after-image.
        if (!BsonValidator.TryValidate(document, out _))
        {
            return;
        }

        var fields = new BsonReader(document);
        if (fields.Find("_id"u8))
        {
            ImageKey.Write(fields.Current, key);
            var record = new ImageRecord(ImageRecordKind.Copy, collection, key.WrittenSpan, document);
            _applier.Add(record, Log.Append(record));
        }
    }

    private void RemoveEmptied()
    {
        while (_emptied.TryPeek(out (int Segment, int Version) emptied) && _index.IsPast(emptied.Version))
        {
            Log.Remove(emptied.Segment);
            _emptied.Dequeue();
        }
    }
}
