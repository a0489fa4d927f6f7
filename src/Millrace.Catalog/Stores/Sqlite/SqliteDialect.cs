using System.Collections.Immutable;
using System.Data.Common;
using System.Globalization;
using Microsoft.Data.Sqlite;
using Millrace.Catalog.Stores.Relational;
using Millrace.Core.Errors;
using Millrace.Sqlite;

namespace Millrace.Catalog.Stores.Sqlite;

/// <summary>
/// The catalog in a SQLite file: the embedded default. Several processes on one machine may work on it. SQLite answers from the caller's thread;
/// what waits is other processes' writing, for as long as the busy timeout.
/// </summary>
/// <param name="path">The file, or <c>:memory:</c> for a catalog that ends with its connection.</param>
internal sealed class SqliteDialect(string path) : CatalogDialect
{
    private const string TimeFormat = "yyyy-MM-ddTHH:mm:ss.fffZ";
    private const string InMemory = ":memory:";
    private static readonly ImmutableArray<Migration> Files = MigrationsOf("Sqlite");

    /// <summary>An empty catalog: what one that nobody has made yet would say.</summary>
    public static SqliteDialect Empty => new(InMemory);

    public override string Engine => "sqlite";

    public override string Location => path;

    public override string Prefix => "";

    public override ImmutableArray<Migration> Migrations => Files;

    public override string? ClockQuery => null;

    public override bool IsServer => false;

    public override bool IsAbsent => path != InMemory && !File.Exists(path);

    public override string MigrationsTableCount => "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = 'schema_migrations'";

    public override string CreateMigrationsTable =>
        """
        CREATE TABLE IF NOT EXISTS schema_migrations (
            version    INTEGER PRIMARY KEY,
            name       TEXT NOT NULL,
            checksum   TEXT NOT NULL,
            applied_at TEXT NOT NULL
        ) STRICT
        """;

    public override string SizeQuery => "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size";

    // A transaction that may write has the write lock from its beginning, so that what it reads stays true until it writes.
    public override string? LockStatement => null;

    public override ValueTask<DbConnection> ConnectAsync(CancellationToken cancellationToken) => new(SqliteDatabase.Open(path));

    public override string Begin(bool writes) => writes ? "BEGIN IMMEDIATE" : "BEGIN";

    // Not a ROLLBACK alone: SQLite itself ends a transaction that the disk has no room for, and that would then be refused.
    public override ValueTask RollBackAsync(DbConnection connection)
    {
        SqliteDatabase.RollBack((SqliteConnection)connection);
        return ValueTask.CompletedTask;
    }

    public override string InsertReturning(string table, string key, IReadOnlyList<string> columns) =>
        $"""
        INSERT INTO {table} ({string.Join(", ", columns.Select(c => $"\"{c}\""))})
        VALUES ({string.Join(", ", columns.Select(c => $"@{c}"))})
        RETURNING {key}
        """;

    public override void Bind(DbParameter parameter, object? value) => parameter.Value = value switch
    {
        null => DBNull.Value,
        DateTimeOffset at => at.UtcDateTime.ToString(TimeFormat, CultureInfo.InvariantCulture),
        _ => value,
    };

    public override DateTimeOffset ReadTime(DbDataReader reader, int column) => DateTimeOffset.ParseExact(
        reader.GetString(column), TimeFormat, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal);

    public override CatalogFailure? Read(Exception exception, bool isConnecting) =>
        exception is SqliteException failure ? new(CatalogFailureKind.Refused, Error(failure)) : null;

    private MillraceException Error(SqliteException exception) => exception.SqliteErrorCode switch
    {
        _ when SqliteDatabase.IsDiskFull(exception) => SqliteDatabase.DiskFull("the catalog", path, exception),
        5 or 6 => new(ErrorCodes.CatalogFailed, $"Another process keeps the catalog {path} locked.",
            "Wait until it has finished, or end it.", isTransient: true, inner: exception),
        _ => new(ErrorCodes.CatalogFailed, $"The catalog {path} failed: {exception.Message}",
            "Check that the file is whole and that this user may write to it and its folder.", inner: exception),
    };
}
