using Millrace.Connectors.Sql;
using Millrace.Core.Contracts;

namespace Millrace.Connectors.SqlServer;

/// <summary>SQL Server as a destination: two connections at most, one for loads, one for descriptions.</summary>
internal sealed class SqlServerDestination : SqlDestination, IDestination
{
    private readonly SqlServerOptions _options;
    private readonly SqlServerDialect _dialect;
    private readonly string _connection;

    /// <summary>Creates the destination; connects when it is first needed.</summary>
    /// <param name="settings">The settings.</param>
    /// <param name="dialect">How SQL is written; null for SQL Server's own.</param>
    public SqlServerDestination(DestinationSettings settings, SqlServerDialect? dialect = null)
        : this(settings, (SqlServerOptions)settings.Connection.Options, dialect ?? SqlServerDialect.Instance)
    {
    }

    private SqlServerDestination(DestinationSettings settings, SqlServerOptions options, SqlServerDialect dialect)
        : base(new SqlStore(dialect, options.Schema, options.MetadataSchema, settings.Time))
    {
        _options = options;
        _dialect = dialect;
        _connection = settings.Connection.Name;
    }

    /// <summary>Every character takes at least one byte of UTF-8, so a key that is no longer fits the columns of <see cref="SqlServerDialect.KeyColumnType"/>.</summary>
    public int? MaxKeyBytes => SqlServerTypes.MaxKeyCharacters;

    /// <inheritdoc/>
    protected override async ValueTask<SqlChannel> OpenAsync(CancellationToken cancellationToken) =>
        await SqlServerChannel.OpenAsync(_options, _connection, _dialect, cancellationToken).ConfigureAwait(false);
}
