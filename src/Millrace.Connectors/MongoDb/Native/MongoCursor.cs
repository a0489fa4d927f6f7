using System.Diagnostics.CodeAnalysis;

namespace Millrace.Connectors.MongoDb.Native;

/// <summary>A cursor. Belongs to its client's thread, and is disposed before the client is given back.</summary>
internal sealed unsafe class MongoCursor(MongoClient client, nint handle, nint collection, string doing) : IDisposable
{
    private nint _handle = handle;
    private nint _collection = collection;

    /// <summary>Goes to the next document; blocks while the server is asked for more of them.</summary>
    /// <param name="document">The document, in the driver's memory: valid until the next call of any member.</param>
    /// <returns>False after the last.</returns>
    /// <exception cref="Core.Errors.MillraceException">The server or the way to it failed.</exception>
    public bool Next(out ReadOnlySpan<byte> document)
    {
        nint found = 0;
        if (MongocNative.mongoc_cursor_next(_handle, &found) != 0)
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

        MongocNative.mongoc_cursor_destroy(mine);
        if (_collection != 0)
        {
            MongocNative.mongoc_collection_destroy(_collection);
            _collection = 0;
        }
    }

    private void ThrowIfFailed()
    {
        MongocError error = default;
        nint reply = 0;
        if (MongocNative.mongoc_cursor_error_document(_handle, &error, &reply) != 0)
        {
            Throw(error);
        }
    }

    [DoesNotReturn]
    private void Throw(in MongocError error) => throw client.Errors.Make(error, doing);
}
