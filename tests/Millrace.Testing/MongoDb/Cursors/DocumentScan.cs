namespace Millrace.Testing.MongoDb.Cursors;

/// <summary>A way through documents that outlives writes: it stands on a document, or at the end.</summary>
internal abstract class DocumentScan
{
    /// <summary>The document that it stands on, or null at the end.</summary>
    public abstract byte[]? Current { get; }

    /// <summary>Whether the scan can go on once there is more.</summary>
    public virtual bool CanGrow => false;

    /// <summary>Finds its place again. Called at the start of each batch.</summary>
    public abstract void Restore();

    public abstract void Advance();
}
