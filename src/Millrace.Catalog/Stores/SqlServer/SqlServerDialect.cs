using System.Collections.Immutable;
using System.Data;
using System.Data.Common;
using System.Text.RegularExpressions;
using Microsoft.Data.SqlClient;
using Millrace.Catalog.Stores.Relational;
using Millrace.SqlServer;

namespace Millrace.Catalog.Stores.SqlServer;

/// <summary>The catalog in a schema of a SQL Server database, 2016 or later. Workers on any number of hosts may share it.</summary>
internal partial class SqlServerDialect : CatalogDialect
{
    // Long enough for a server under load, short enough for a lease to be renewed in spite of it.
    private static readonly TimeSpan CommandTimeout = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(10);
    private const int LockMilliseconds = 10_000;

    // Up to here a parameter's text is declared with one length, so that the server keeps one plan for all of them.
    private const int LongestShortText = 4000;
    private static readonly ImmutableArray<Migration> Files = MigrationsOf("SqlServer");

    private readonly SqlConnectionStringBuilder _settings;
    private readonly SqlServerFailures _failures;
    private readonly string _schema;

    /// <summary>Reads the connection string.</summary>
    /// <param name="connectionString">Where the server is and who connects.</param>
    /// <param name="schema">The schema.</param>
    /// <exception cref="Core.Errors.MillraceException">MR1002: it cannot be read.</exception>
    public SqlServerDialect(string connectionString, string schema)
    {
        _settings = SqlServerConnectionString.Read(connectionString, ConnectTimeout, CommandTimeout, "the catalog", "catalog.connection_string");
        _schema = schema;
        _failures = new(_settings, schema);
    }

    public override string Engine => "sqlserver";

    public override string Location => $"{_settings.DataSource}, database {_settings.InitialCatalog}, schema {_schema}";

    public override string Prefix => $"{QuotedSchema}.";

    public override ImmutableArray<Migration> Migrations => Files;

    // LIMIT of the others.
    public override string Limit => "OFFSET 0 ROWS FETCH NEXT @limit ROWS ONLY";

    public override string? ClockQuery => "SELECT sysdatetimeoffset()";

    public override bool IsServer => true;

    public override string MigrationsTableCount =>
        $"""
        SELECT count(*)
        FROM sys.tables t
        JOIN sys.schemas s ON s.schema_id = t.schema_id
        WHERE s.name = {Literal(_schema)} AND t.name = N'schema_migrations'
        """;

    // CREATE SCHEMA must be alone in its batch.
    public override string CreateMigrationsTable =>
        $"""
        IF schema_id({Literal(_schema)}) IS NULL
            EXEC({Literal($"CREATE SCHEMA {QuotedSchema}")});
        GO
        IF object_id({Literal($"{QuotedSchema}.[schema_migrations]")}) IS NULL
            CREATE TABLE metadata.schema_migrations (
                version    int PRIMARY KEY,
                name       nvarchar(200) NOT NULL,
                checksum   varchar(64) NOT NULL,
                applied_at datetimeoffset(3) NOT NULL
            );
        """;

    public override string SizeQuery =>
        $"""
        SELECT coalesce(sum(a.total_pages), 0) * 8192
        FROM sys.tables t
        JOIN sys.schemas s ON s.schema_id = t.schema_id
        JOIN sys.partitions p ON p.object_id = t.object_id
        JOIN sys.allocation_units a ON a.container_id IN (p.hobt_id, p.partition_id)
        WHERE s.name = {Literal(_schema)}
        """;

    // A resource's name has 255 characters at most, hence the hash.
    public override string? LockStatement =>
        $"""
        DECLARE @resource nvarchar(255) = N'millrace catalog ' + convert(nvarchar(64), hashbytes('SHA2_256', @name), 2);
        DECLARE @answer int;
        EXEC @answer = sp_getapplock @Resource = @resource, @LockMode = 'Exclusive', @LockOwner = 'Transaction', @LockTimeout = {LockMilliseconds};
        IF @answer < 0
            THROW {SqlServerFailures.LockNotGiven}, N'The lock was not given in time.', 1;
        """;

    protected override string RollBackText => "IF @@TRANCOUNT > 0 ROLLBACK TRANSACTION";

    private string QuotedSchema => $"[{_schema.Replace("]", "]]", StringComparison.Ordinal)}]";

    public override async ValueTask<DbConnection> ConnectAsync(CancellationToken cancellationToken)
    {
        var connection = new SqlConnection(_settings.ConnectionString);
        try
        {
            await connection.OpenAsync(cancellationToken).ConfigureAwait(false);
            SqlCommand command = connection.CreateCommand();
            await using (command.ConfigureAwait(false))
            {
                command.CommandText = SessionSettings;
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

    // For reading SERIALIZABLE: the snapshot that PostgreSQL and SQLite have needs a setting of the database here.
    public override string Begin(bool writes) => writes
        ? "SET TRANSACTION ISOLATION LEVEL READ COMMITTED; BEGIN TRANSACTION"
        : "SET TRANSACTION ISOLATION LEVEL SERIALIZABLE; BEGIN TRANSACTION";

    // Not OUTPUT, which the server refuses on a table that somebody gave a trigger.
    public override string InsertReturning(string table, string key, IReadOnlyList<string> columns) =>
        $"""
        INSERT INTO {table} ({string.Join(", ", columns.Select(c => $"[{c}]"))})
        VALUES ({string.Join(", ", columns.Select(c => $"@{c}"))});
        SELECT scope_identity();
        """;

    public override IEnumerable<string> Batches(string script) => GoLine().Split(script).Where(b => b.Trim().Length > 0);

    public override void Bind(DbParameter parameter, object? value)
    {
        var typed = (SqlParameter)parameter;
        switch (value)
        {
            case null:
                typed.Value = DBNull.Value;
                break;
            case string text:
                typed.SqlDbType = SqlDbType.NVarChar;
                typed.Size = text.Length <= LongestShortText ? LongestShortText : -1;
                typed.Value = text;
                break;
            case DateTimeOffset at:
                typed.SqlDbType = SqlDbType.DateTimeOffset;
                typed.Scale = 3;
                typed.Value = at.ToUniversalTime().AddTicks(-(at.Ticks % TimeSpan.TicksPerMillisecond));
                break;
            default:
                typed.Value = value;
                break;
        }
    }

    public override DateTimeOffset ReadTime(DbDataReader reader, int column) => reader.GetFieldValue<DateTimeOffset>(column).ToUniversalTime();

    public override CatalogFailure? Read(Exception exception, bool isConnecting) => _failures.Read(exception, isConnecting);

    /// <summary>What every connection begins with.</summary>
    internal static string SessionSettings =>
        $"SET XACT_ABORT ON; SET NOCOUNT OFF; SET LOCK_TIMEOUT {LockMilliseconds}; SET QUOTED_IDENTIFIER ON; SET ANSI_NULLS ON";

    private static string Literal(string text) => $"N'{text.Replace("'", "''", StringComparison.Ordinal)}'";

    [GeneratedRegex(@"^[ \t]*GO[ \t]*\r?$", RegexOptions.Multiline | RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex GoLine();
}
