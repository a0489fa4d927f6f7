namespace Millrace.Connectors.MongoDb.Native;

/// <summary>
/// A change stream: where no event comes, for as long as the options let it wait, it goes on all the same. The driver goes on by itself after a break
/// of the connection, and an error is one that it could not go on from.
/// </summary>
internal sealed unsafe class MongoChangeStream : MongoDocuments
{
    private MongoChangeStream(MongoClient client, nint handle, nint collection, string doing)
        : base(client, handle, collection, doing)
    {
    }

    /// <summary>Opens a stream on a collection, a database (the collection's name empty) or all databases (both empty).</summary>
    /// <param name="client">The client.</param>
    /// <param name="scope">What to watch.</param>
    /// <param name="pipeline">A document with the field <c>pipeline</c>.</param>
    /// <param name="options">Options of the driver's watch functions.</param>
    /// <exception cref="Core.Errors.MillraceException">It cannot be opened.</exception>
    public static MongoChangeStream Open(MongoClient client, MongoNamespace scope, ReadOnlySpan<byte> pipeline, ReadOnlySpan<byte> options)
    {
        using var stages = NativeBson.Of(pipeline);
        using var opts = NativeBson.Of(options);
        nint collection = 0;
        nint handle;
        if (scope.Database.Length == 0)
        {
            handle = MongocNative.mongoc_client_watch(client.Handle, stages.Handle, opts.Handle);
        }
        else if (scope.Collection.Length == 0)
        {
            nint database = MongocNative.mongoc_client_get_database(client.Handle, scope.Database);
            handle = MongocNative.mongoc_database_watch(database, stages.Handle, opts.Handle);
            MongocNative.mongoc_database_destroy(database);
        }
        else
        {
            collection = MongocNative.mongoc_client_get_collection(client.Handle, scope.Database, scope.Collection);
            handle = MongocNative.mongoc_collection_watch(collection, stages.Handle, opts.Handle);
        }

        var stream = new MongoChangeStream(client, handle, collection, "to follow changes");
        try
        {
            stream.ThrowIfFailed();
            return stream;
        }
        catch
        {
            stream.Dispose();
            throw;
        }
    }

    /// <summary>The place that the stream has reached; empty where the server did not say. Valid until the next call of any member.</summary>
    public ReadOnlySpan<byte> Token
    {
        get
        {
            nint token = MongocNative.mongoc_change_stream_get_resume_token(Handle);
            return token == 0 ? default : NativeBson.BytesOf(token);
        }
    }

    /// <inheritdoc/>
    protected override bool Advance(nint* document) => MongocNative.mongoc_change_stream_next(Handle, document) != 0;

    /// <inheritdoc/>
    protected override bool HasFailed(MongocError* error)
    {
        nint reply = 0;
        return MongocNative.mongoc_change_stream_error_document(Handle, error, &reply) != 0;
    }

    /// <inheritdoc/>
    protected override void Destroy(nint handle) => MongocNative.mongoc_change_stream_destroy(handle);
}
