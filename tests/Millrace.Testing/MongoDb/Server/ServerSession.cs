using Millrace.Testing.MongoDb.Oplog;
using Millrace.Testing.MongoDb.Values;

namespace Millrace.Testing.MongoDb.Server;

/// <summary>A logical session: its transaction, and what its last retryable write answered.</summary>
internal sealed class ServerSession(Guid id)
{
    // What servers log for whoever has not logged in: the SHA-256 of nothing.
    private static readonly byte[] Nobody = System.Security.Cryptography.SHA256.HashData([]);

    public Guid Id => id;

    /// <summary>The highest transaction number seen.</summary>
    public long Number { get; set; } = -1;

    public Transaction? Transaction { get; set; }

    /// <summary>The number of the last transaction that committed, so that a repeated commit is answered alike.</summary>
    public long Committed { get; set; } = -1;

    /// <summary>The last retryable write's answer: it is given again where the write is sent again.</summary>
    public byte[]? LastReply { get; set; }

    public byte[] LogId { get; } = new Doc { { "id", Leaf.Uuid(id) }, { "uid", Leaf.Binary(0, Nobody) } }.ToBytes();

    public OplogSession LogAs(long number) => new(LogId, number);
}
