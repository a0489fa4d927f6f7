namespace Millrace.Testing.MongoDb.Cursors;

/// <summary>Documents that were gathered beforehand.</summary>
internal sealed class ListScan(IReadOnlyList<byte[]> documents) : DocumentScan
{
    private int _at;

    public override byte[]? Current => _at < documents.Count ? documents[_at] : null;

    public override void Restore()
    {
    }

    public override void Advance() => _at++;
}
