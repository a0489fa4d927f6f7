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
        Index = new(Path.Combine(folder, IndexName));
        try
        {
            _use = new(Index);
            Log = new(folder, _use.Segments, (long)(Index.ReadState(EndState) ?? 0), segmentBytes);
            _applier = new(this, Log);
            _compactor = new(Index, Log, _use, slackBytes: 2L * segmentBytes);
        }
        catch
        {
            Index.Dispose();
            throw;
        }
    }

    /// <summary>Which document of the log is a key's, and the states of the store.</summary>
    public ImageIndex Index { get; }

    /// <summary>The log of the documents.</summary>
    public ImageLog Log { get; }

    /// <summary>True once something was found that is not as it was written.</summary>
    public bool IsDamaged => Index.IsDamaged || Log.IsDamaged;

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
        if (!Index.TryGet(collection, key, out ImagePlace place))
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

    /// <summary>Brings the records between two addresses of the log in, and with them a position of the MongoDB log.</summary>
    public void Apply(long from, long end, ulong position, ulong openSince)
    {
        RemoveEmptied();
        Log.Flush();
        Begin();
        try
        {
            long bytes = _applier.Apply(from, end);
            Index.WriteState("position", position);
            Index.WriteState("open_since", openSince);
            List<int> emptied = _compactor.Run(end, leastBytes: bytes);
            Commit();
            emptied.ForEach(s => _emptied.Enqueue((s, Index.Version)));
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
        Index.Put(collection, key, place);
        _use.Add(ImageLog.SegmentOf(place.Address), place.Size);
    }

    /// <summary>Forgets a key, within a transaction.</summary>
    public void Delete(int collection, ReadOnlySpan<byte> key)
    {
        if (Leave(collection, key))
        {
            Index.Delete(collection, key);
        }
    }

    /// <summary>Writes a record that is about a collection, within a transaction.</summary>
    public void Write(ImageRecord record)
    {
        if (record.Kind == ImageRecordKind.Name)
        {
            Index.NameCollection(Encoding.UTF8.GetString(record.Key), record.Collection);
            return;
        }

        foreach ((int segment, long bytes) in Index.DropCollection(record.Collection))
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
            Index.NameCollection(name, collection);
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
            Index.WriteImported(name, file.Fingerprint);
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
            Index.Clear();
            _use.Forget();
            Index.WriteState("generation", generation);
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
        Index.Dispose();
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
        Index.Begin();
        _isWriting = true;
    }

    private void Commit()
    {
        Index.WriteState(EndState, (ulong)Log.Flush());
        _use.Write();
        Index.Commit();
        _isWriting = false;
    }

    private void RollBackOpen()
    {
        if (_isWriting)
        {
            _isWriting = false;
            _applier.Clear();
            _use.Forget();
            Index.Rollback();
        }
    }

    /// <summary>Counts the record that a key points to as not needed; false where there is none.</summary>
    private bool Leave(int collection, ReadOnlySpan<byte> key)
    {
        if (!Index.TryGetWritten(collection, key, out ImagePlace place))
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
        while (_emptied.TryPeek(out (int Segment, int Version) emptied) && Index.IsPast(emptied.Version))
        {
            Log.Remove(emptied.Segment);
            _emptied.Dequeue();
        }
    }
}
