namespace Millrace.Testing.MongoDb.Oplog;

/// <summary>The session and transaction number that an entry belongs to.</summary>
/// <param name="lsid">The <c>lsid</c> document as servers log it: id and uid.</param>
/// <param name="number">The <c>txnNumber</c>.</param>
internal sealed class OplogSession(byte[] lsid, long number)
{
    public byte[] Lsid => lsid;

    public long Number => number;

    /// <summary>The optime of the entry before within this transaction number, or null for none.</summary>
    public byte[]? Previous { get; set; }
}
