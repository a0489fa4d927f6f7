namespace Millrace.Testing.MongoDb.Oplog;

/// <summary>An entry of the oplog.</summary>
/// <param name="timestamp">Its <c>ts</c>.</param>
/// <param name="bytes">The document.</param>
internal sealed class OplogRecord(ulong timestamp, byte[] bytes)
{
    public ulong Timestamp => timestamp;

    public byte[] Bytes => bytes;

    /// <summary>Images of the documents that the entry changes, one an operation, where their collections keep images.</summary>
    public ChangeImages?[]? Images { get; set; }
}
