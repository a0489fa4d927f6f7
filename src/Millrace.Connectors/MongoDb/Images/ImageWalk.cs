using Millrace.Connectors.MongoDb.Bson;

namespace Millrace.Connectors.MongoDb.Images;

/// <summary>
/// Goes through the documents of a collection in the order of their keys, whatever part of them is stored already: the order decides the
/// positions of rows, which must not depend on where commits fall. Holds keys only, and of the stored ones a few at a time; documents may
/// become stored meanwhile, but none may change.
/// </summary>
internal sealed class ImageWalk(ImageStore store, PendingImages pending, int collection)
{
    private const int KeysAtOnce = 256;

    private readonly List<byte[]> _pendingKeys = pending.SortedKeys(collection);
    private List<byte[]> _storedKeys = [];
    private byte[] _lastStored = [0];   // before every key, as keys begin with a type
    private bool _isStoreDone;
    private int _nextPending;
    private int _nextStored;

    /// <summary>Goes to the next document.</summary>
    /// <param name="document">Replaced by it.</param>
    /// <returns>False after the last.</returns>
    public bool Next(ByteBuffer document)
    {
        while (NextKey() is { } key)
        {
            if (pending.TryGet(collection, key, document) ?? store.TryGet(collection, key, document))
            {
                return true;
            }
        }

        return false;
    }

    private byte[]? NextKey()
    {
        if (_nextStored == _storedKeys.Count && !_isStoreDone)
        {
            ReadKeys();
        }

        byte[]? stored = _nextStored < _storedKeys.Count ? _storedKeys[_nextStored] : null;
        byte[]? waiting = _nextPending < _pendingKeys.Count ? _pendingKeys[_nextPending] : null;
        int order = stored is null ? 1 : waiting is null ? -1 : stored.AsSpan().SequenceCompareTo(waiting);
        _nextStored += order <= 0 && stored is not null ? 1 : 0;
        _nextPending += order >= 0 && waiting is not null ? 1 : 0;
        return order <= 0 ? stored : waiting;
    }

    private void ReadKeys()
    {
        _storedKeys = store.Index.KeysAfter(collection, _lastStored, KeysAtOnce);
        _nextStored = 0;
        _isStoreDone = _storedKeys.Count < KeysAtOnce;
        _lastStored = _storedKeys.Count > 0 ? _storedKeys[^1] : _lastStored;
    }
}
