namespace Millrace.Connectors.MongoDb.Native;

/// <summary>
/// A change stream. The driver goes on by itself after a break of the connection. Belongs to its client's thread, and is disposed before the client is
/// given back.
/// </summary>
internal sealed unsafe class MongoChangeStream : IDisposable
{
    private readonly MongoClient _client;
    private readonly string _doing;
    private nint _handle;
    private nint _collection;

    private MongoChangeStream(MongoClient client, nint handle, nint collection, string doing)
    {
        _client = client;
        _handle = handle;
        _collection = collection;
        _doing = doing;
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
            nint token = MongocNative.mongoc_change_stream_get_resume_token(_handle);
            return token == 0 ? default : NativeBson.BytesOf(token);
        }
    }

    /// <summary>Goes to the next event; waits for one as long as the options allow.</summary>
    /// <param name="document">The event, in the driver's memory: valid until the next call of any member.</param>
    /// <returns>False where none came. The stream goes on.</returns>
    /// <exception cref="Core.Errors.MillraceException">The server or the way to it failed, and the driver could not go on by itself.</exception>
    public bool Next(out ReadOnlySpan<byte> document)
    {
        nint found = 0;
        if (MongocNative.mongoc_change_stream_next(_handle, &found) != 0)
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

        MongocNative.mongoc_change_stream_destroy(mine);
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
        if (MongocNative.mongoc_change_stream_error_document(_handle, &error, &reply) != 0)
        {
            throw _client.Errors.Make(error, _doing);
        }
    }
}
