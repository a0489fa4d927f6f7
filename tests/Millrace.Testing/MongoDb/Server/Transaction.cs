using Millrace.Testing.MongoDb.Oplog;
using Millrace.Testing.MongoDb.Storage;
using Millrace.Testing.MongoDb.Values;

namespace Millrace.Testing.MongoDb.Server;

/// <summary>A transaction that is open: its changes, which nobody else sees until it commits.</summary>
/// <param name="number">Its number within the session.</param>
internal sealed class Transaction(long number)
{
    private readonly Dictionary<Collection, Dictionary<byte[], (byte[]? Original, byte[]? Now)>> _overlay = [];

    public long Number => number;

    public List<DocumentChange> Changes { get; } = [];

    public void Stage(DocumentChange change)
    {
        if (!_overlay.TryGetValue(change.Collection, out Dictionary<byte[], (byte[]? Original, byte[]? Now)>? documents))
        {
            _overlay.Add(change.Collection, documents = new(KeyComparer.Instance));
        }

        byte[]? original = documents.TryGetValue(change.Key, out (byte[]? Original, byte[]? Now) seen) ? seen.Original : change.Before;
        documents[change.Key] = (original, change.After);
        Changes.Add(change);
    }

    public byte[]? Find(Collection collection, byte[] key) =>
        _overlay.TryGetValue(collection, out var documents) && documents.TryGetValue(key, out var seen) ? seen.Now : collection.Find(key);

    /// <summary>The collection's documents as the transaction sees them, in natural order.</summary>
    public IEnumerable<byte[]> Scan(Collection collection)
    {
        var documents = _overlay.GetValueOrDefault(collection);
        for (long record = collection.Records.First; record < collection.Records.End; record++)
        {
            if (collection.Records[record] is { } document)
            {
                if (documents is not null && documents.TryGetValue(ValueKey.OfId(document), out var changed))
                {
                    if (changed.Now is not null && changed.Original is not null)
                    {
                        yield return changed.Now;
                    }
                }
                else
                {
                    yield return document;
                }
            }
        }

        foreach ((byte[]? original, byte[]? now) in documents?.Values.ToArray() ?? [])
        {
            if (original is null && now is not null)
            {
                yield return now;
            }
        }
    }

    public bool Touches(Collection collection) => _overlay.ContainsKey(collection);

    /// <summary>Whether somebody else has changed a document since this transaction did.</summary>
    public bool Conflicts() =>
        _overlay.Any(c => c.Value.Any(d => !ReferenceEquals(c.Key.Find(d.Key), d.Value.Original)));
}
