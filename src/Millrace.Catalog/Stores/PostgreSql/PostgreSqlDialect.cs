using System.Collections.Immutable;
using System.Data.Common;
using System.Text;
using Millrace.Catalog.Stores.Relational;
using Millrace.Core.Errors;
using Millrace.PostgreSql;
using Npgsql;
using NpgsqlTypes;

namespace Millrace.Catalog.Stores.PostgreSql;

/// <summary>The catalog in a schema of a PostgreSQL database, version 12 or later. Workers on any number of hosts may share it.</summary>
internal sealed class PostgreSqlDialect : CatalogDialect
{
    // Long enough for a server under load, short enough for a lease to be renewed in spite of it.
    private const int CommandSeconds = 30;
    private const int LockSeconds = 10;
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(10);
    private static readonly ImmutableArray<Migration> Files = MigrationsOf("PostgreSql");

    private readonly NpgsqlConnectionStringBuilder _settings;
    private readonly PostgreSqlErrors _errors;
    private readonly string _schema;

    /// <summary>Reads the connection string.</summary>
    /// <param name="connectionString">Where the server is and who connects.</param>
    /// <param name="schema">The schema.</param>
    /// <exception cref="MillraceException">MR1002: it cannot be read.</exception>
    public PostgreSqlDialect(string connectionString, string schema)
    {
        _settings = PostgreSqlConnectionString.Read(connectionString, ConnectTimeout, "the catalog", "catalog.connection_string");
        _settings.CommandTimeout = CommandSeconds;
        _errors = new("The catalog", "catalog", _settings);
        _schema = schema;
    }

    public override string Engine => "postgresql";

    public override string Location => $"{_settings.Host}:{_settings.Port}, database {_settings.Database ?? _settings.Username}, schema {_schema}";

    public override string Prefix => $"\"{_schema.Replace("\"", "\"\"", StringComparison.Ordinal)}\".";

    public override ImmutableArray<Migration> Migrations => Files;

    public override string? ClockQuery => "SELECT clock_timestamp()";

    public override bool IsServer => true;

    public override string MigrationsTableCount =>
        $"SELECT count(*) FROM pg_catalog.pg_tables WHERE schemaname = {Literal(_schema)} AND tablename = 'schema_migrations'";

    // CREATE SCHEMA IF NOT EXISTS asks for the right to create one even where it exists.
    public override string CreateMigrationsTable =>
        $"""
        DO $$
        BEGIN
            IF NOT EXISTS (SELECT 1 FROM pg_catalog.pg_namespace WHERE nspname = {Literal(_schema)}) THEN
                CREATE SCHEMA {Prefix.TrimEnd('.')};
            END IF;
        END $$;
        CREATE TABLE IF NOT EXISTS metadata.schema_migrations (
            version    integer PRIMARY KEY,
            name       text NOT NULL,
            checksum   text NOT NULL,
            applied_at timestamptz NOT NULL
        )
        """;

    public override string SizeQuery =>
        $"""
        SELECT coalesce(sum(pg_catalog.pg_total_relation_size(c.oid)), 0)
        FROM pg_catalog.pg_class c
        JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
        WHERE n.nspname = {Literal(_schema)} AND c.relkind = 'r'
        """;

    public override string? LockStatement => "SELECT pg_advisory_xact_lock(hashtextextended('millrace catalog ' || @name, 0))";

    public override async ValueTask<DbConnection> ConnectAsync(CancellationToken cancellationToken)
    {
        var connection = new NpgsqlConnection(_settings.ConnectionString);
        try
        {
            await connection.OpenAsync(cancellationToken).ConfigureAwait(false);
            NpgsqlCommand command = connection.CreateCommand();
            await using (command.ConfigureAwait(false))
            {
                command.CommandText =
                    $"SET client_min_messages = warning; SET standard_conforming_strings = on; SET lock_timeout = '{LockSeconds}s'; SET idle_in_transaction_session_timeout = '5min'";
                await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
            }

            return connection;
        }
        catch
        {
            await connection.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    public override string Begin(bool writes) => writes ? "BEGIN ISOLATION LEVEL READ COMMITTED" : "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";

    public override string InsertReturning(string table, string key, IReadOnlyList<string> columns) =>
        $"""
        INSERT INTO {table} ({string.Join(", ", columns.Select(c => $"\"{c}\""))})
        VALUES ({string.Join(", ", columns.Select(c => $"@{c}"))})
        RETURNING {key}
        """;

    // Text goes without a type of its own, so that the server takes that of the column: json, for one.
    public override void Bind(DbParameter parameter, object? value)
    {
        switch (value)
        {
            case null:
                parameter.Value = DBNull.Value;
                break;
            case string text:
                parameter.Value = Storable(text);
                ((NpgsqlParameter)parameter).NpgsqlDbType = NpgsqlDbType.Unknown;
                break;
            case DateTimeOffset at:
                parameter.Value = at.ToUniversalTime().AddTicks(-(at.Ticks % TimeSpan.TicksPerMillisecond));
                break;
            default:
                parameter.Value = value;
                break;
        }
    }

    public override DateTimeOffset ReadTime(DbDataReader reader, int column) => reader.GetFieldValue<DateTimeOffset>(column);

    public override CatalogFailure? Read(Exception exception, bool isConnecting) => exception switch
    {
        PostgresException refused => Read(refused),
        NpgsqlException or TimeoutException or IOException =>
            new(CatalogFailureKind.Disconnected, isConnecting ? _errors.OnConnect(exception) : _errors.OnStatement(exception)),
        _ => null,
    };

    private CatalogFailure Read(PostgresException e) => e.SqlState switch
    {
        _ when PostgreSqlErrors.IsLost(e) => new(CatalogFailureKind.Disconnected, _errors.OnStatement(e)),
        PostgresErrorCodes.TooManyConnections or PostgresErrorCodes.CannotConnectNow => new(CatalogFailureKind.Disconnected, _errors.OnConnect(e)),
        PostgresErrorCodes.DeadlockDetected or PostgresErrorCodes.SerializationFailure =>
            new(CatalogFailureKind.Conflict, Failed(e, "Start again; if this repeats, see in the server's log what else writes the catalog's tables.", true)),
        PostgresErrorCodes.LockNotAvailable => Refused(e, "Another process keeps the catalog locked: wait until it has finished, or end it.", true),
        PostgresErrorCodes.InsufficientPrivilege => new(CatalogFailureKind.Refused, new MillraceException(
            ErrorCodes.PermissionDenied,
            $"The catalog: PostgreSQL at {_settings.Host}:{_settings.Port} says: {e.MessageText} (SQLSTATE {e.SqlState}).",
            $"Let the user own the schema: CREATE SCHEMA {Prefix.TrimEnd('.')} AUTHORIZATION {_settings.Username}. Where it exists, GRANT what the message names.",
            "catalog.schema",
            inner: e)),
        PostgresErrorCodes.DuplicateTable => Refused(
            e, $"The schema {_schema} has tables of something else: name another one in catalog.schema.", false),
        PostgresErrorCodes.InvalidPassword or PostgresErrorCodes.InvalidAuthorizationSpecification or PostgresErrorCodes.InvalidCatalogName
            or PostgresErrorCodes.DiskFull => new(CatalogFailureKind.Refused, _errors.OnStatement(e)),
        _ => Refused(e, "Look at the message; if the catalog's tables were changed by hand, bring them back.", e.IsTransient),
    };

    private CatalogFailure Refused(PostgresException e, string fix, bool isTransient) => new(CatalogFailureKind.Refused, Failed(e, fix, isTransient));

    private MillraceException Failed(PostgresException e, string fix, bool isTransient) => new(
        ErrorCodes.CatalogFailed,
        $"The catalog at {Location}: {e.MessageText} (SQLSTATE {e.SqlState}).",
        fix,
        isTransient: isTransient,
        inner: e);

    // PostgreSQL's text holds neither U+0000 nor half a surrogate pair; both can stand in what a source's error quotes.
    private static string Storable(string text)
    {
        if (!text.Contains('\0', StringComparison.Ordinal) && !text.Any(char.IsSurrogate))
        {
            return text;
        }

        var storable = new StringBuilder(text.Length);
        foreach (Rune rune in text.EnumerateRunes())
        {
            storable.Append(rune.Value == 0 ? Rune.ReplacementChar : rune);
        }

        return storable.ToString();
    }

    private static string Literal(string text) => $"'{text.Replace("'", "''", StringComparison.Ordinal)}'";
}
