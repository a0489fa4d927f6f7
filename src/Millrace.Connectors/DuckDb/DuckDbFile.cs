using Millrace.Connectors.DuckDb.Native;
using Millrace.Core.Errors;

namespace Millrace.Connectors.DuckDb;

/// <summary>An open database file, shared by all who use it in this process: DuckDB locks a file per process and damages it
/// when one process opens it twice. The first to open it sets memory, threads and spill folder; the last to dispose closes
/// it. Another process's lock is waited for. Paths are full ones (<see cref="DuckDbOptions.From"/>).</summary>
internal sealed class DuckDbFile : IAsyncDisposable
{
    /// <summary>The catalog that the file is in every connection.</summary>
    internal const string Catalog = "_millrace_file";

    /// <summary>The path of an empty database in memory.</summary>
    internal const string Nowhere = ":memory:";

    private static readonly TimeSpan RetryInterval = TimeSpan.FromMilliseconds(100);
    private static readonly SemaphoreSlim Gate = new(1, 1);
    private static readonly Dictionary<string, Shared> Open = new(StringComparer.Ordinal);

    private readonly Shared _shared;
    private int _disposed;

    private DuckDbFile(Shared shared) => _shared = shared;

    /// <summary>Held by whoever changes tables or commits: one writer at a time, so that the file's transactions never meet
    /// in a conflict that a retry could not solve.</summary>
    internal SemaphoreSlim Writer => _shared.Writer;

    /// <summary>Opens the file, or joins those of this process who have it open.</summary>
    /// <param name="options">Path, lock timeout, memory, threads, spill folder.</param>
    /// <param name="time">The clock.</param>
    /// <param name="ct">Ends the wait for the lock.</param>
    /// <exception cref="MillraceException"><see cref="ErrorCodes.DuckDbLocked"/> after the lock timeout, naming the holder as
    /// far as the system tells it; <see cref="ErrorCodes.DuckDbCannotOpen"/>; <see cref="ErrorCodes.NativeLibraryMissing"/>.</exception>
    internal static async ValueTask<DuckDbFile> OpenAsync(DuckDbOptions options, TimeProvider time, CancellationToken ct)
    {
        string key = RealPath(options.Path);
        long start = time.GetTimestamp();
        while (true)
        {
            ct.ThrowIfCancellationRequested();
            (DuckDbFile? file, string lockedBy) = await TryOpenAsync(key, options, ct).ConfigureAwait(false);
            if (file is not null)
                return file;
            TimeSpan waited = time.GetElapsedTime(start);
            if (waited >= options.LockTimeout)
                throw DuckDbErrors.Locked(options.Path, lockedBy, waited);
            await Task.Delay(RetryInterval, time, ct).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// Up to so many keys, the inner side of a join is handed to the table's scan as a filter: a merge then decodes only the parts of a large
    /// table in which its few rows stand. Measured on 10M rows: 100 rows fetched in 52 ms instead of 909; beyond some thousands the filter
    /// costs more than it spares.
    /// </summary>
    private const int MaxFilterKeys = 5000;

    /// <summary>
    /// A file of fewer bytes is worked on by one thread until so many rows were written: DuckDB hands each statement's few rows from thread to
    /// thread and spins while it waits, which took a third more processor time in small commits. Its threads share work by row groups of 122,880.
    /// </summary>
    private const long SmallFile = 32L << 20;

    /// <inheritdoc cref="SmallFile"/>
    private const long FewRows = 100_000;

    /// <summary>Tells that rows were written; with many, DuckDB takes all its threads from here on.</summary>
    /// <param name="connection">A connection to the file; a stream may be open on it.</param>
    /// <param name="rows">How many.</param>
    internal void CountWritten(DuckDbConnection connection, long rows)
    {
        if (_shared.IsManyNow(rows))
            connection.Execute($"SET threads = {_shared.Threads}", CancellationToken.None);
    }

    /// <summary>Opens a connection whose unqualified names are the file's and whose clock is UTC; the caller disposes it
    /// before this.</summary>
    internal DuckDbConnection Connect()
    {
        DuckDbConnection connection = _shared.Database.Connect();
        try
        {
            connection.Execute(
                $"USE {Catalog}; SET TimeZone = 'UTC'; SET dynamic_or_filter_threshold = {MaxFilterKeys}", CancellationToken.None);
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
            return;
        await Gate.WaitAsync(CancellationToken.None).ConfigureAwait(false);
        try
        {
            if (--_shared.Users > 0)
                return;
            Open.Remove(_shared.Key);
            _shared.Dispose();
        }
        finally
        {
            Gate.Release();
        }
    }

    // The gate is not held while waiting for another process: users of other files go on.
    private static async ValueTask<(DuckDbFile? File, string LockedBy)> TryOpenAsync(string key, DuckDbOptions options, CancellationToken ct)
    {
        await Gate.WaitAsync(ct).ConfigureAwait(false);
        try
        {
            if (!Open.TryGetValue(key, out Shared? shared))
            {
                bool isSmall = key == Nowhere || !File.Exists(key) || new FileInfo(key).Length < SmallFile;
                if (TryOpenNative(key, options, isSmall ? 1 : MostThreads(options), out string lockedBy) is not { } database)
                    return (null, lockedBy);
                Open.Add(key, shared = new Shared(key, database, isSmall, MostThreads(options)));
            }

            shared.Users++;
            return (new DuckDbFile(shared), "");
        }
        finally
        {
            Gate.Release();
        }
    }

    private static DuckDbDatabase? TryOpenNative(string path, DuckDbOptions options, int threads, out string lockedBy)
    {
        if (Path.GetDirectoryName(path) is { Length: > 0 } folder)
            Directory.CreateDirectory(folder);
        DuckDbDatabase database = DuckDbDatabase.TryOpen(Nowhere, Settings(path, options, threads), out string error)
            ?? throw DuckDbErrors.CannotOpen(path, error);
        lockedBy = Attach(database, path);
        if (lockedBy.Length == 0)
            return database;
        database.Dispose();
        return DuckDbErrors.IsLocked(lockedBy) ? null : throw DuckDbErrors.CannotOpen(path, lockedBy);
    }

    // Attached under a name of ours: opened directly, the file's name would be the catalog's, and a schema of that name
    // (shop.duckdb, shop.orders) would make every reference to it ambiguous.
    private static string Attach(DuckDbDatabase database, string path)
    {
        try
        {
            using DuckDbConnection connection = database.Connect();
            connection.Execute($"ATTACH {DuckDbDialect.Instance.Literal(path)} AS {Catalog}", CancellationToken.None);
            return "";
        }
        catch (MillraceException error)
        {
            return error.Message;
        }
    }

    private static IEnumerable<KeyValuePair<string, string>> Settings(string path, DuckDbOptions options, int threads)
    {
        yield return new("memory_limit", $"{options.MemoryLimit.Bytes}B");
        yield return new("threads", $"{threads}");
        yield return new("temp_directory", options.TempDirectory is { Length: > 0 } temp ? temp : path + ".tmp");

        // Extensions come from the network or a home directory: what is built in is all there is to be.
        yield return new("autoinstall_known_extensions", "false");
        yield return new("autoload_known_extensions", "false");
    }

    private static int MostThreads(DuckDbOptions options) => options.Threads > 0 ? options.Threads : Environment.ProcessorCount;

    // Two names of one file must meet in one instance.
    private static string RealPath(string path)
    {
        if (path == Nowhere)
            return path;
        string full = Path.GetFullPath(path);
        return File.Exists(full) && File.ResolveLinkTarget(full, returnFinalTarget: true) is { } target ? target.FullName : full;
    }

    private sealed class Shared(string key, DuckDbDatabase database, bool isSmall, int threads) : IDisposable
    {
        private long _rowsToMany = isSmall && threads > 1 ? FewRows : 0;

        public int Threads { get; } = threads;

        public string Key { get; } = key;

        public DuckDbDatabase Database { get; } = database;

        public SemaphoreSlim Writer { get; } = new(1, 1);

        public int Users { get; set; }

        // True once: for the rows with which they become many.
        public bool IsManyNow(long rows) => Volatile.Read(ref _rowsToMany) > 0 && Interlocked.Add(ref _rowsToMany, -rows) is var left && left <= 0 && left + rows > 0;

        public void Dispose()
        {
            Database.Dispose();
            Writer.Dispose();
        }
    }
}
