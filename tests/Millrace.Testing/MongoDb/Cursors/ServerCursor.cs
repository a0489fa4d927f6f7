using Millrace.Testing.MongoDb.Values;

namespace Millrace.Testing.MongoDb.Cursors;

/// <summary>A cursor: what a command left open.</summary>
internal abstract class ServerCursor
{
    private int _inUse;

    /// <summary>The id that clients know it by.</summary>
    public long Id { get; set; }

    public required string Namespace { get; init; }

    public virtual bool IsTailable => false;

    /// <summary>Whether getMore waits for new documents where there are none.</summary>
    public virtual bool AwaitsData => false;

    /// <summary>The token that the next batch goes on from; null for all but change streams.</summary>
    public virtual Node? PostBatchResumeToken => null;

    /// <summary>Appends what there is. The caller holds the read lock.</summary>
    /// <returns>False where nothing will ever follow.</returns>
    public abstract bool Fill(BatchWriter batch);

    public bool TryUse() => Interlocked.Exchange(ref _inUse, 1) == 0;

    public void Release() => Volatile.Write(ref _inUse, 0);
}
