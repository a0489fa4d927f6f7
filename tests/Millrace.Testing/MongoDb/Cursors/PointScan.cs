using Millrace.Testing.MongoDb.Storage;

namespace Millrace.Testing.MongoDb.Cursors;

/// <summary>Documents of certain keys, looked up one by one.</summary>
/// <param name="collection">The collection.</param>
/// <param name="keys">The keys in order.</param>
/// <param name="backward">Whether the last key comes first.</param>
internal sealed class PointScan(Collection collection, byte[][] keys, bool backward) : DocumentScan
{
    private int _at = -1;

    public override byte[]? Current => _at < keys.Length ? Found : null;

    private byte[]? Found => collection.Find(keys[backward ? keys.Length - 1 - _at : _at]);

    public override void Restore()
    {
        if (_at < 0 || Current is null)
        {
            Advance();
        }
    }

    public override void Advance()
    {
        do
        {
            _at++;
        }
        while (_at < keys.Length && Found is null);
    }
}
