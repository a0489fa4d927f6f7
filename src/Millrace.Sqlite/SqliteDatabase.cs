using Microsoft.Data.Sqlite;
using Millrace.Core.Errors;
using SQLitePCL;

namespace Millrace.Sqlite;

/// <summary>Opens SQLite files the way all of Millrace uses them: write-ahead log, foreign keys on, a busy
/// timeout instead of instant "database is locked".</summary>
public static class SqliteDatabase
{
    /// <summary>Opens a database file, creating it and its folder when they are missing.</summary>
    /// <param name="path">The file.</param>
    /// <param name="synchronous">What a commit survives; see <see cref="SqliteSynchronous"/>.</param>
    /// <param name="busyTimeout">How long a statement waits for another connection's lock; 10 s when null.</param>
    /// <param name="readOnly">Opens an existing file for reading only.</param>
    /// <returns>An open connection that the caller disposes. It is not pooled: closing it closes the file.</returns>
    /// <exception cref="MillraceException">MR1001: no SQLite library. MR1004: the file cannot be opened. MR1005: the disk is full.</exception>
    public static SqliteConnection Open(
        string path,
        SqliteSynchronous synchronous = SqliteSynchronous.Full,
        TimeSpan? busyTimeout = null,
        bool readOnly = false)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        SqliteLibrary.EnsureLoaded();
        SqliteConnection? connection = null;
        try
        {
            if (!readOnly && Path.GetDirectoryName(Path.GetFullPath(path)) is { } folder)
                Directory.CreateDirectory(folder);
            connection = new SqliteConnection(ConnectionString(path, readOnly));
            connection.Open();
            Configure(connection, synchronous, busyTimeout ?? TimeSpan.FromSeconds(10), readOnly);
            return connection;
        }
        catch (Exception exception) when (exception is SqliteException or IOException or UnauthorizedAccessException)
        {
            connection?.Dispose();
            throw CannotOpen(path, exception);
        }
    }

    /// <summary>Runs statements that return nothing.</summary>
    /// <exception cref="MillraceException">MR1005: the disk is full.</exception>
    /// <exception cref="SqliteException">Any other failure.</exception>
    public static void Execute(SqliteConnection connection, string sql)
    {
        ArgumentNullException.ThrowIfNull(connection);
        using SqliteCommand command = connection.CreateCommand();
#pragma warning disable CA2100 // Callers pass constant statements; values are always bound.
        command.CommandText = sql;
#pragma warning restore CA2100
        try
        {
            command.ExecuteNonQuery();
        }
        catch (SqliteException exception) when (IsDiskFull(exception))
        {
            throw DiskFull("the SQLite file", connection.DataSource, exception);
        }
    }

    /// <summary>Undoes the open transaction, if there is one: SQLite ends some itself, such as one that the disk has no room for.</summary>
    public static void RollBack(SqliteConnection connection)
    {
        ArgumentNullException.ThrowIfNull(connection);
        if (connection.Handle is { } handle && raw.sqlite3_get_autocommit(handle) == 0)
        {
            // Its own failure would hide the one that it is called for; the next BEGIN tells where a transaction is still open.
            _ = raw.sqlite3_exec(handle, "ROLLBACK");
        }
    }

    /// <summary>True where SQLite failed for want of disk space, or could not extend or write one of its files.</summary>
    public static bool IsDiskFull(SqliteException exception)
    {
        ArgumentNullException.ThrowIfNull(exception);
        return IsDiskFull(exception.SqliteErrorCode, exception.SqliteExtendedErrorCode);
    }

    /// <summary>True where SQLite failed for want of disk space, or could not extend or write one of its files.</summary>
    /// <param name="code">SQLite's result code.</param>
    /// <param name="extended">Its extended result code (https://www.sqlite.org/rescode.html).</param>
    public static bool IsDiskFull(int code, int extended) =>
        (code & 0xff) == raw.SQLITE_FULL
        || extended is raw.SQLITE_IOERR_WRITE or raw.SQLITE_IOERR_FSYNC or raw.SQLITE_IOERR_DIR_FSYNC or raw.SQLITE_IOERR_TRUNCATE
            or raw.SQLITE_IOERR_SHMOPEN or raw.SQLITE_IOERR_SHMSIZE or raw.SQLITE_IOERR_SHMMAP;

    /// <summary>MR1005 for a SQLite file.</summary>
    /// <param name="what">What the file is, for the message: <c>the catalog</c>.</param>
    /// <param name="path">The file.</param>
    /// <param name="cause">What SQLite said.</param>
    public static MillraceException DiskFull(string what, string path, Exception? cause = null) => new(
        ErrorCodes.DiskFull,
        $"No space is left for {what} {path}{(cause is null ? "" : $": {cause.Message}")}".TrimEnd('.') + ".",
        "Free some space on its disk and run again; rows that were committed stay, and the run goes on from there.",
        inner: cause);

    private static string ConnectionString(string path, bool readOnly) => new SqliteConnectionStringBuilder
    {
        DataSource = path,
        Mode = readOnly ? SqliteOpenMode.ReadOnly : SqliteOpenMode.ReadWriteCreate,
        Pooling = false,
    }.ToString();

    private static void Configure(
        SqliteConnection connection, SqliteSynchronous synchronous, TimeSpan busyTimeout, bool readOnly)
    {
        // The timeout comes first: switching to WAL takes a lock that another process may hold.
        Execute(connection, $"PRAGMA busy_timeout = {(long)busyTimeout.TotalMilliseconds}");
        connection.DefaultTimeout = Math.Max(1, (int)busyTimeout.TotalSeconds);
        if (!readOnly)
            Execute(connection, "PRAGMA journal_mode = WAL");
        Execute(connection, $"PRAGMA synchronous = {(int)synchronous}");
        Execute(connection, "PRAGMA foreign_keys = ON");
    }

    private static MillraceException CannotOpen(string path, Exception cause)
    {
        if (cause is SqliteException failure ? IsDiskFull(failure) : Starvation.IsDiskFull(cause))
            return DiskFull("the SQLite file", path, cause);
        bool transient = cause is SqliteException { SqliteErrorCode: 5 or 6 };
        string fix = transient
            ? "Wait until the other process has finished, or end it."
            : "Check that the path is a SQLite file and that this user may write to it and its folder.";
        return new MillraceException(
            ErrorCodes.FileUnavailable,
            $"Cannot open the SQLite file {path}: {cause.Message}",
            fix, isTransient: transient, inner: cause);
    }
}
