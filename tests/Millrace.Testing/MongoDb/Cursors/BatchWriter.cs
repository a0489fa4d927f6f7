using Millrace.Connectors.MongoDb.Bson;

namespace Millrace.Testing.MongoDb.Cursors;

/// <summary>One batch of a cursor: an open array of the answer, bounded in documents and bytes.</summary>
/// <param name="writer">Writes the answer.</param>
/// <param name="maxCount">Documents at most; 0 for none.</param>
/// <param name="maxBytes">Bytes at most; the first document may be larger.</param>
internal sealed class BatchWriter(BsonWriter writer, long maxCount, long maxBytes)
{
    public long Count { get; private set; }

    public long Bytes { get; private set; }

    public bool IsFull => Count >= maxCount || Bytes >= maxBytes;

    /// <summary>Adds a document.</summary>
    /// <returns>False where it has no room: it is then the next batch's first.</returns>
    public bool TryAdd(ReadOnlySpan<byte> document)
    {
        if (Count >= maxCount || (Count > 0 && Bytes + document.Length > maxBytes))
        {
            return false;
        }

        writer.WriteDocument(""u8, document);
        Count++;
        Bytes += document.Length + 8;
        return true;
    }
}
