using System.Globalization;
using Microsoft.Data.Sqlite;
using Millrace.Core.Errors;
using Millrace.Sqlite;

namespace Millrace.Catalog.Stores.Sqlite;

/// <summary>
/// The catalog's one connection in this process, one user at a time. SQLite answers from the caller's thread; what waits is other processes'
/// writing, for as long as the busy timeout.
/// </summary>
internal sealed class SqliteSession(SqliteConnection connection, TimeProvider time) : IDisposable
{
    private const string TimeFormat = "yyyy-MM-ddTHH:mm:ss.fffZ";
    private readonly SemaphoreSlim _gate = new(1, 1);

    /// <summary>The time now, to the millisecond that the catalog keeps.</summary>
    public DateTimeOffset Now => Parse(Text(time.GetUtcNow()));

    /// <summary>The clock, for leases.</summary>
    public TimeProvider Time => time;

    public static string Text(DateTimeOffset at) => at.UtcDateTime.ToString(TimeFormat, CultureInfo.InvariantCulture);

    public static DateTimeOffset Parse(string text) =>
        DateTimeOffset.ParseExact(text, TimeFormat, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal);

    public ValueTask<T> ReadAsync<T>(Func<SqliteSession, T> work, CancellationToken cancellationToken) => RunAsync(work, false, cancellationToken);

    /// <summary>Runs in a transaction that has the write lock from its beginning, so that what it reads stays true until it writes.</summary>
    public ValueTask<T> WriteAsync<T>(Func<SqliteSession, T> work, CancellationToken cancellationToken) => RunAsync(work, true, cancellationToken);

    public async ValueTask WriteAsync(Action<SqliteSession> work, CancellationToken cancellationToken) =>
        await RunAsync(
            session =>
            {
                work(session);
                return true;
            },
            true,
            cancellationToken).ConfigureAwait(false);

    public int Execute(string sql, params ReadOnlySpan<(string Name, object? Value)> values)
    {
        using SqliteCommand command = Command(sql, values);
        return command.ExecuteNonQuery();
    }

    public List<T> Query<T>(string sql, Func<SqliteDataReader, T> map, params ReadOnlySpan<(string Name, object? Value)> values)
    {
        using SqliteCommand command = Command(sql, values);
        using SqliteDataReader reader = command.ExecuteReader();
        var rows = new List<T>();
        while (reader.Read())
        {
            rows.Add(map(reader));
        }

        return rows;
    }

    public long Number(string sql, params ReadOnlySpan<(string Name, object? Value)> values)
    {
        using SqliteCommand command = Command(sql, values);
        return command.ExecuteScalar() is long number ? number : 0;
    }

    public static string? TextOrNull(SqliteDataReader reader, int column) => reader.IsDBNull(column) ? null : reader.GetString(column);

    public static DateTimeOffset? TimeOrNull(SqliteDataReader reader, int column) =>
        reader.IsDBNull(column) ? null : Parse(reader.GetString(column));

    public void Dispose()
    {
        connection.Dispose();
        _gate.Dispose();
    }

    private SqliteCommand Command(string sql, ReadOnlySpan<(string Name, object? Value)> values)
    {
        SqliteCommand command = connection.CreateCommand();
#pragma warning disable CA2100 // Statements are constants of the stores; values are always bound.
        command.CommandText = sql;
#pragma warning restore CA2100
        foreach ((string name, object? value) in values)
        {
            command.Parameters.AddWithValue(name, value ?? DBNull.Value);
        }

        return command;
    }

    private async ValueTask<T> RunAsync<T>(Func<SqliteSession, T> work, bool writes, CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            return InTransaction(work, writes);
        }
        catch (SqliteException exception)
        {
            throw Failed(exception);
        }
        finally
        {
            _gate.Release();
        }
    }

    // Not SqliteConnection.BeginTransaction: SQLite itself ends a transaction that the disk has no room for, and its rollback would then be refused.
    private T InTransaction<T>(Func<SqliteSession, T> work, bool writes)
    {
        SqliteDatabase.Execute(connection, writes ? "BEGIN IMMEDIATE" : "BEGIN");
        try
        {
            T result = work(this);
            SqliteDatabase.Execute(connection, "COMMIT");
            return result;
        }
        finally
        {
            SqliteDatabase.RollBack(connection);
        }
    }

    private MillraceException Failed(SqliteException exception) => exception.SqliteErrorCode switch
    {
        _ when SqliteDatabase.IsDiskFull(exception) => SqliteDatabase.DiskFull("the catalog", connection.DataSource, exception),
        5 or 6 => new(ErrorCodes.CatalogFailed, $"Another process keeps the catalog {connection.DataSource} locked.",
            "Wait until it has finished, or end it.", isTransient: true, inner: exception),
        _ => new(ErrorCodes.CatalogFailed, $"The catalog {connection.DataSource} failed: {exception.Message}",
            "Check that the file is whole and that this user may write to it and its folder.", inner: exception),
    };
}
