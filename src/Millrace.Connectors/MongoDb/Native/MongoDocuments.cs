using System.Diagnostics.CodeAnalysis;

namespace Millrace.Connectors.MongoDb.Native;

/// <summary>
/// What the driver gives documents from, one at a time. Belongs to its client's thread, and is disposed before the client is given back.
/// </summary>
internal abstract unsafe class MongoDocuments(MongoClient client, nint handle, nint collection, string doing) : IDisposable
{
    private nint _handle = handle;
    private nint _collection = collection;

    /// <summary>The driver's handle; 0 once it is disposed.</summary>
    protected nint Handle => _handle;

    /// <summary>Goes to the next document; blocks while the server is asked for more of them.</summary>
    /// <param name="document">The document, in the driver's memory: valid until the next call of any member.</param>
    /// <returns>False where none came.</returns>
    /// <exception cref="Core.Errors.MillraceException">The server or the way to it failed.</exception>
    public bool Next(out ReadOnlySpan<byte> document)
    {
        nint found = 0;
        if (Advance(&found))
        {
            document = NativeBson.BytesOf(found);
            return true;
        }

        document = default;
        ThrowIfFailed();
        return false;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        nint mine = Interlocked.Exchange(ref _handle, 0);
        if (mine == 0)
        {
            return;
        }

        Destroy(mine);
        if (_collection != 0)
        {
            MongocNative.mongoc_collection_destroy(_collection);
            _collection = 0;
        }
    }

    /// <summary>The driver's call for the next document.</summary>
    protected abstract bool Advance(nint* document);

    /// <summary>The driver's call that tells an error; false where there is none.</summary>
    protected abstract bool HasFailed(MongocError* error);

    /// <summary>The driver's call that frees the handle.</summary>
    protected abstract void Destroy(nint handle);

    /// <summary>Throws where the last call failed.</summary>
    protected void ThrowIfFailed()
    {
        MongocError error = default;
        if (HasFailed(&error))
        {
            Throw(error);
        }
    }

    [DoesNotReturn]
    private void Throw(in MongocError error) => throw client.Errors.Make(error, doing);
}
