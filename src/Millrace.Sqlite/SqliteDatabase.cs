using Microsoft.Data.Sqlite;
using Millrace.Core.Errors;

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
    /// <exception cref="MillraceException">MR1001: no SQLite library. MR1004: the file cannot be opened.</exception>
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
    public static void Execute(SqliteConnection connection, string sql)
    {
        ArgumentNullException.ThrowIfNull(connection);
        using SqliteCommand command = connection.CreateCommand();
#pragma warning disable CA2100 // Callers pass constant statements; values are always bound.
        command.CommandText = sql;
#pragma warning restore CA2100
        command.ExecuteNonQuery();
    }

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
