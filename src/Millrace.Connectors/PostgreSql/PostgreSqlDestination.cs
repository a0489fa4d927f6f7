using Millrace.Connectors.Sql;
using Millrace.Core.Contracts;

namespace Millrace.Connectors.PostgreSql;

/// <summary>PostgreSQL as a destination: rows by binary COPY, everything else as the SQL room writes it.</summary>
internal sealed class PostgreSqlDestination : SqlDestination, IDestination
{
    private readonly PostgreSqlOptions _options;
    private readonly string _connection;

    /// <summary>Creates the destination; connects when it is first needed.</summary>
    public PostgreSqlDestination(DestinationSettings settings)
        : this((PostgreSqlOptions)settings.Connection.Options, settings)
    {
    }

    private PostgreSqlDestination(PostgreSqlOptions options, DestinationSettings settings)
        : base(new SqlStore(PostgreSqlDialect.Instance, options.Schema, options.MetadataSchema, settings.Time))
    {
        _options = options;
        _connection = settings.Connection.Name;
    }

    /// <summary>
    /// An entry of a B-tree may have a third of a page, 2,704 bytes (PostgreSQL manual, "B-Tree Indexes"); the index of tombstones holds the table's
    /// name, too.
    /// </summary>
    public int? MaxKeyBytes => 2500;

    /// <inheritdoc/>
    protected override async ValueTask<SqlChannel> OpenAsync(CancellationToken cancellationToken) =>
        await PostgreSqlChannel.OpenAsync(_options, _connection, cancellationToken).ConfigureAwait(false);
}
