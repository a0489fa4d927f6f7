using Millrace.Testing.MongoDb.Values;

namespace Millrace.Testing.MongoDb.Storage;

/// <summary>A collection: documents as bytes, by record id and by <c>_id</c>.</summary>
/// <param name="database">Its database.</param>
/// <param name="name">Its name.</param>
/// <param name="options">What it was created with.</param>
internal sealed class Collection(string database, string name, CollectionOptions options)
{
    private readonly IdIndex _ids = new();

    public string Database { get; } = database;

    public string Name { get; set; } = name;

    public string Namespace => $"{Database}.{Name}";

    public Guid Uuid { get; init; } = Guid.NewGuid();

    public CollectionOptions Options { get; set; } = options;

    public RecordStore<byte[]> Records { get; } = new();

    public IdIndex Ids => _ids;

    public long Bytes { get; private set; }

    public long Count => Records.Count;

    /// <summary>Goes up with every write: positions in the index are good while it stays.</summary>
    public long Version { get; private set; }

    /// <summary>Whether it was dropped, which ends the cursors that read it.</summary>
    public bool IsDropped { get; set; }

    /// <summary>Indexes beside the one on <c>_id</c>, as listIndexes gives them. They are listed, not used.</summary>
    public List<Doc> Indexes { get; } = [];

    public byte[]? Find(ReadOnlySpan<byte> key) => _ids.Find(key) is >= 0 and var record ? Records[record] : null;

    /// <summary>Adds a document.</summary>
    /// <returns>False where its key is there already.</returns>
    public bool Insert(byte[] key, byte[] document)
    {
        if (!_ids.Add(key, Records.End))
        {
            return false;
        }

        Version++;
        Records.Add(document);
        Bytes += document.Length;
        if (Options.Capped)
        {
            EnforceCap();
        }

        return true;
    }

    public void Replace(ReadOnlySpan<byte> key, byte[] document)
    {
        Version++;
        long record = _ids.Find(key);
        Bytes += document.Length - Records[record]!.Length;
        Records.Replace(record, document);
    }

    public void Remove(ReadOnlySpan<byte> key)
    {
        Version++;
        long record = _ids.Find(key);
        Bytes -= Records[record]!.Length;
        Records.Remove(record);
        _ids.Remove(key);
    }

    private void EnforceCap()
    {
        while (Count > 1 && (Bytes > Options.CappedBytes || (Options.CappedDocuments > 0 && Count > Options.CappedDocuments)))
        {
            Remove(ValueKey.OfId(Records[Records.First]!));
        }
    }
}
