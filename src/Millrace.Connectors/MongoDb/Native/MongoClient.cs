using Millrace.Connectors.MongoDb.Bson;

namespace Millrace.Connectors.MongoDb.Native;

/// <summary>
/// One client of a pool. It belongs to one thread at a time, and every call may block until the driver's own timeouts. Dispose gives it back.
/// </summary>
internal sealed unsafe class MongoClient(MongoPool pool, nint handle) : IDisposable
{
    private nint _handle = handle;

    /// <summary>Makes coded errors of the driver's.</summary>
    public MongoErrors Errors => pool.Errors;

    /// <summary>The <c>mongoc_client_t*</c>.</summary>
    public nint Handle => _handle;

    /// <summary>Runs a command on the primary, or on the one server that the connection string names.</summary>
    /// <param name="database">The database.</param>
    /// <param name="command">The command.</param>
    /// <param name="doing">What it is for, for messages: <c>to count shop.orders</c>.</param>
    /// <returns>The reply.</returns>
    /// <exception cref="Core.Errors.MillraceException">It failed.</exception>
    public byte[] Run(string database, ReadOnlySpan<byte> command, string doing) => Run(database, command, doing, byUriPreference: false);

    /// <summary>As <see cref="Run(string, ReadOnlySpan{byte}, string)"/>, the command as extended JSON.</summary>
    public byte[] Run(string database, string command, string doing) => Run(database, ExtendedJsonReader.ReadDocument(command), doing);

    /// <summary>Runs a command that reads, where the connection string's read preference says.</summary>
    /// <inheritdoc cref="Run(string, ReadOnlySpan{byte}, string)"/>
    public byte[] Read(string database, ReadOnlySpan<byte> command, string doing) => Run(database, command, doing, byUriPreference: true);

    /// <summary>Opens a cursor on a collection's documents, by the connection string's read preference.</summary>
    /// <param name="name">The collection.</param>
    /// <param name="filter">The filter.</param>
    /// <param name="options">Options of the find command.</param>
    /// <param name="session">The session to read in, or null.</param>
    public MongoCursor Find(MongoNamespace name, ReadOnlySpan<byte> filter, ReadOnlySpan<byte> options, MongoSession? session = null)
    {
        nint collection = MongocNative.mongoc_client_get_collection(_handle, name.Database, name.Collection);
        using var query = NativeBson.Of(filter);
        using var opts = NativeBson.Of(options);
        session?.Append(opts.Handle);
        return new(this, MongocNative.mongoc_collection_find_with_opts(collection, query.Handle, opts.Handle, 0), collection, $"to read {name}");
    }

    /// <summary>Opens a cursor on the result of an aggregation.</summary>
    /// <param name="name">The collection.</param>
    /// <param name="pipeline">A document with the field <c>pipeline</c>.</param>
    /// <param name="doing">What it is for.</param>
    public MongoCursor Aggregate(MongoNamespace name, ReadOnlySpan<byte> pipeline, string doing)
    {
        nint collection = MongocNative.mongoc_client_get_collection(_handle, name.Database, name.Collection);
        using var stages = NativeBson.Of(pipeline);
        return new(this, MongocNative.mongoc_collection_aggregate(collection, 0, stages.Handle, 0, 0), collection, doing);
    }

    /// <summary>Opens a cursor on the descriptions of a database's collections.</summary>
    /// <param name="database">The database.</param>
    /// <param name="options">Options of the listCollections command.</param>
    public MongoCursor ListCollections(string database, ReadOnlySpan<byte> options)
    {
        nint handle = MongocNative.mongoc_client_get_database(_handle, database);
        using var opts = NativeBson.Of(options);
        nint cursor = MongocNative.mongoc_database_find_collections_with_opts(handle, opts.Handle);
        MongocNative.mongoc_database_destroy(handle);
        return new(this, cursor, 0, $"to list the collections of {database}");
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        nint mine = Interlocked.Exchange(ref _handle, 0);
        if (mine != 0)
        {
            pool.GiveBack(mine);
        }
    }

    private byte[] Run(string database, ReadOnlySpan<byte> command, string doing, bool byUriPreference)
    {
        using var given = NativeBson.Of(command);
        using NativeReply reply = NativeReply.Create();
        MongocError error = default;
        byte went = byUriPreference
            ? MongocNative.mongoc_client_read_command_with_opts(_handle, database, given.Handle, 0, 0, reply.Handle, &error)
            : MongocNative.mongoc_client_command_simple(_handle, database, given.Handle, 0, reply.Handle, &error);
        return went != 0 ? reply.ToArray() : throw Errors.Make(error, doing);
    }
}
