namespace Millrace.Connectors.MongoDb.Native;

/// <summary>
/// A causally consistent session: what is read in it is no older than the time that it was advanced to, on whichever server it is read. Belongs to
/// its client's thread, and is disposed before the client is given back.
/// </summary>
internal sealed unsafe class MongoSession : IDisposable
{
    private readonly MongoClient _client;
    private nint _handle;

    private MongoSession(MongoClient client, nint handle)
    {
        _client = client;
        _handle = handle;
    }

    /// <summary>Starts a session; null where the deployment has none (a standalone server of old).</summary>
    public static MongoSession? TryStart(MongoClient client)
    {
        MongocError error = default;
        nint handle = MongocNative.mongoc_client_start_session(client.Handle, 0, &error);
        return handle == 0 ? null : new(client, handle);
    }

    /// <summary>Reads from here on show at least what was written up to a time.</summary>
    /// <param name="operationTime">The time.</param>
    /// <param name="clusterTime">The signed <c>$clusterTime</c> document that the server sent with it; empty where it sent none.</param>
    public void AdvanceTo(ulong operationTime, ReadOnlySpan<byte> clusterTime)
    {
        if (!clusterTime.IsEmpty)
        {
            using var time = NativeBson.Of(clusterTime);
            MongocNative.mongoc_client_session_advance_cluster_time(_handle, time.Handle);
        }

        MongocNative.mongoc_client_session_advance_operation_time(_handle, (uint)(operationTime >> 32), (uint)operationTime);
    }

    /// <summary>Adds the session to the options of a command.</summary>
    public void Append(nint options)
    {
        MongocError error = default;
        if (MongocNative.mongoc_client_session_append(_handle, options, &error) == 0)
        {
            throw _client.Errors.Make(error, "to read in a session");
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        nint mine = Interlocked.Exchange(ref _handle, 0);
        if (mine != 0)
        {
            MongocNative.mongoc_client_session_destroy(mine);
        }
    }
}
