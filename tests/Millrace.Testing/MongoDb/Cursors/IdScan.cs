using Millrace.Testing.MongoDb.Storage;

namespace Millrace.Testing.MongoDb.Cursors;

/// <summary>Documents in the order of their <c>_id</c>, within bounds.</summary>
internal sealed class IdScan : DocumentScan
{
    private readonly Collection _collection;
    private readonly IdBounds _bounds;
    private readonly bool _backward;
    private byte[]? _key;
    private IndexPosition _position;
    private long _version = -1;

    public IdScan(Collection collection, IdBounds bounds, bool backward)
    {
        _collection = collection;
        _bounds = bounds;
        _backward = backward;
    }

    public override byte[]? Current => _position.IsEnd ? null : _collection.Records[_collection.Ids.Record(_position)];

    public override void Restore()
    {
        if (_version == _collection.Version)
        {
            return;
        }

        bool begins = _version < 0;
        _version = _collection.Version;
        if (_position.IsEnd && !begins)
        {
            return;
        }

        IdIndex ids = _collection.Ids;
        _position = begins
            ? (_backward ? ids.SeekBack(_bounds.High, !_bounds.WithHigh) : ids.Seek(_bounds.Low, !_bounds.WithLow))
            : (_backward ? ids.SeekBack(_key, false) : ids.Seek(_key, false));
        CheckEnd();
    }

    public override void Advance()
    {
        _position = _backward ? _collection.Ids.Previous(_position) : _collection.Ids.Next(_position);
        CheckEnd();
    }

    private void CheckEnd()
    {
        if (_position.IsEnd)
        {
            return;
        }

        _key = _collection.Ids.Key(_position);
        if (_backward ? !_bounds.AboveLow(_key) : !_bounds.BelowHigh(_key))
        {
            _position = IndexPosition.End;
        }
    }
}
