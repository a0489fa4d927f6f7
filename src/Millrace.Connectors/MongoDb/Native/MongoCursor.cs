namespace Millrace.Connectors.MongoDb.Native;

/// <summary>A cursor: no document comes after it said once that none did.</summary>
internal sealed unsafe class MongoCursor(MongoClient client, nint handle, nint collection, string doing) : MongoDocuments(client, handle, collection, doing)
{
    /// <inheritdoc/>
    protected override bool Advance(nint* document) => MongocNative.mongoc_cursor_next(Handle, document) != 0;

    /// <inheritdoc/>
    protected override bool HasFailed(MongocError* error)
    {
        nint reply = 0;
        return MongocNative.mongoc_cursor_error_document(Handle, error, &reply) != 0;
    }

    /// <inheritdoc/>
    protected override void Destroy(nint handle) => MongocNative.mongoc_cursor_destroy(handle);
}
