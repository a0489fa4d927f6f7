using System.Runtime.InteropServices;
using Millrace.Core.Errors;

namespace Millrace.Connectors.MongoDb.Native;

/// <summary>
/// The clients of one connection string, with the driver's own threads that watch the servers. Safe for concurrent use. Clients may be given back
/// after <see cref="Dispose"/>: a call that blocks cannot be broken off, so the thread that is in it outlives whoever was waiting for it.
/// </summary>
internal sealed unsafe class MongoPool : IDisposable
{
    // The driver waits half a minute for a server by default, which is long for a person at a terminal.
    private const int ServerSelectionMillis = 10_000;
    private const int LongestWait = 250;
    private const int ErrorApi = 2;

    private readonly Lock _gate = new();
    private readonly nint _handle;
    private int _leased;
    private bool _isClosed;

    private MongoPool(nint handle, string connection, MongoSecrets secrets)
    {
        _handle = handle;
        Errors = new(connection, secrets);
    }

    /// <summary>Makes coded errors of the driver's.</summary>
    public MongoErrors Errors { get; }

    /// <summary>Opens a pool; connects to nothing yet.</summary>
    /// <param name="connection">The connection's name in the project, for messages.</param>
    /// <param name="uri">The connection string.</param>
    /// <exception cref="MillraceException">MR1001: the driver is missing. MR1126: the connection string is invalid.</exception>
    public static MongoPool Open(string connection, string uri)
    {
        MongocLibrary.EnsureLoaded();
        MongocError error = default;
        nint parsed = MongocNative.mongoc_uri_new_with_error(uri, &error);
        if (parsed == 0)
        {
            throw Invalid(connection, new MongoSecrets(uri, null).Scrub(error.Message));
        }

        try
        {
            var secrets = new MongoSecrets(uri, Marshal.PtrToStringUTF8((nint)MongocNative.mongoc_uri_get_password(parsed)));
            SetDefaults(parsed);
            nint pool = MongocNative.mongoc_client_pool_new_with_error(parsed, &error);
            if (pool == 0)
            {
                throw Invalid(connection, secrets.Scrub(error.Message));
            }

            MongocNative.mongoc_client_pool_set_error_api(pool, ErrorApi);
            return new(pool, connection, secrets);
        }
        finally
        {
            MongocNative.mongoc_uri_destroy(parsed);
        }
    }

    /// <summary>Takes a client; waits where the connection string's <c>maxPoolSize</c> are taken.</summary>
    public MongoClient Take(CancellationToken cancellationToken)
    {
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            lock (_gate)
            {
                ObjectDisposedException.ThrowIf(_isClosed, this);
                nint client = MongocNative.mongoc_client_pool_try_pop(_handle);
                if (client != 0)
                {
                    _leased++;
                    return new(this, client);
                }
            }

            cancellationToken.WaitHandle.WaitOne(LongestWait);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_gate)
        {
            if (_isClosed)
            {
                return;
            }

            _isClosed = true;
            if (_leased > 0)
            {
                return;
            }
        }

        Destroy();
    }

    internal void GiveBack(nint client)
    {
        MongocNative.mongoc_client_pool_push(_handle, client);
        lock (_gate)
        {
            _leased--;
            if (!_isClosed || _leased > 0)
            {
                return;
            }
        }

        Destroy();
    }

    // It waits for the driver's threads, one of which may be in the middle of a connection that nobody answers.
    private void Destroy() =>
        new Thread(() => MongocNative.mongoc_client_pool_destroy(_handle)) { IsBackground = true, Name = "millrace-mongodb-close" }.Start();

    private static void SetDefaults(nint uri)
    {
        if (MongocNative.mongoc_uri_get_option_as_int32(uri, "serverselectiontimeoutms", 0) == 0)
        {
            _ = MongocNative.mongoc_uri_set_option_as_int32(uri, "serverselectiontimeoutms", ServerSelectionMillis);
        }

        if (MongocNative.mongoc_uri_get_appname(uri) is null)
        {
            _ = MongocNative.mongoc_uri_set_appname(uri, "millrace");
        }
    }

    private static MillraceException Invalid(string connection, string why) => new(
        ErrorCodes.MongoUriInvalid,
        $"The connection string of '{connection}' is not one that MongoDB's driver takes: {why}",
        "Write it as mongodb://user:password@host:27017/?replicaSet=rs0 or mongodb+srv://…, with %-escapes for :/?#[]@ in user and password.",
        $"connections.{connection}.uri");
}
