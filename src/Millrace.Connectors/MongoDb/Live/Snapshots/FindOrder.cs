using Millrace.Connectors.MongoDb.Bson;
using Millrace.Core.Contracts;

namespace Millrace.Connectors.MongoDb.Live.Snapshots;

/// <summary>In which order documents are read, and where reading goes on after any of them. Holds buffers; serves one reader.</summary>
internal abstract class FindOrder : IDisposable
{
    /// <summary>True where reading can go on after any document; false where all of them are one unit.</summary>
    public abstract bool CanGoOn { get; }

    /// <summary>The filter that begins after what was taken, on top of the task's own; null for none.</summary>
    public abstract byte[]? Filter();

    /// <summary>Writes sort, hint and bounds of a find command that begins after what was taken.</summary>
    public abstract void WriteOptions(BsonWriter options);

    /// <summary>False where a cursor's first document stands before the bounds that the cursor was asked for.</summary>
    public virtual bool BeginsWithin(ReadOnlySpan<byte> document) => true;

    /// <summary>False where what was taken last stands behind the bounds that the cursor was asked for.</summary>
    public virtual bool EndsWithin() => true;

    /// <summary>False for a document that was taken before.</summary>
    public abstract bool IsNew(ReadOnlySpan<byte> document);

    /// <summary>Takes the document that <see cref="IsNew"/> was asked of last.</summary>
    public abstract void Take(ReadOnlySpan<byte> document);

    /// <summary>Where reading goes on after what was taken; null where it cannot.</summary>
    /// <param name="atEnd">True where nothing is left.</param>
    public abstract Position? At(bool atEnd);

    /// <inheritdoc/>
    public abstract void Dispose();
}
