using Millrace.Connectors.Sql;
using Millrace.Core.Contracts;
using Millrace.Core.Errors;
using Millrace.Core.Schemas;

namespace Millrace.Connectors.PostgreSql;

/// <summary>PostgreSQL, version 12 or later, as a destination.</summary>
public sealed class PostgreSqlConnector : IConnector
{
    /// <inheritdoc/>
    public ConnectorInfo Info { get; } = new(
        "postgresql",
        "PostgreSQL",
        "Loads tables of a PostgreSQL database by binary COPY, in transactions that hold rows, quarantine and checkpoints together.",
        typeof(PostgreSqlOptions))
    {
        Dispositions = [WriteDisposition.Append, WriteDisposition.Replace, WriteDisposition.Merge],
        Strategies = [MergeStrategy.Upsert, MergeStrategy.DeleteInsert, MergeStrategy.Scd2, MergeStrategy.InsertOnly],
    };

    /// <inheritdoc/>
    public IDestination CreateDestination(DestinationSettings settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        return new PostgreSqlDestination(settings);
    }

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<CheckFinding>> CheckAsync(ConnectionSettings connection, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(connection);
        var options = (PostgreSqlOptions)connection.Options;
        List<CheckFinding> findings = [];
        try
        {
            PostgreSqlChannel channel = await PostgreSqlChannel.OpenAsync(options, connection.Name, cancellationToken).ConfigureAwait(false);
            await using (channel.ConfigureAwait(false))
            {
                findings.Add(new("connect", null, await VersionAsync(channel, cancellationToken).ConfigureAwait(false)));
                foreach (string schema in new[] { options.Schema, options.MetadataSchema }.Distinct(StringComparer.Ordinal))
                {
                    findings.Add(await CanCreateAsync(channel, connection.Name, schema, cancellationToken).ConfigureAwait(false));
                }
            }
        }
        catch (MillraceException e)
        {
            findings.Add(new(findings.Count == 0 ? "connect" : "look around", e));
        }

        return findings;
    }

    private static async ValueTask<string> VersionAsync(SqlChannel channel, CancellationToken cancellationToken)
    {
        IReadOnlyList<SqlRow> rows = await channel.QueryAsync(
            "SELECT current_setting('server_version'), current_database()::text, current_user::text", cancellationToken).ConfigureAwait(false);
        return $"PostgreSQL {rows[0].Text(0)}, database {rows[0].Text(1)}, user {rows[0].Text(2)}";
    }

    private static async ValueTask<CheckFinding> CanCreateAsync(
        SqlChannel channel, string connection, string schema, CancellationToken cancellationToken)
    {
        string literal = PostgreSqlDialect.Instance.Literal(schema);
        IReadOnlyList<SqlRow> rows = await channel.QueryAsync(
            $"""
            SELECT CASE
              WHEN EXISTS (SELECT 1 FROM pg_namespace WHERE nspname = {literal}) THEN has_schema_privilege({literal}, 'CREATE')
              ELSE has_database_privilege(current_database(), 'CREATE')
            END
            """,
            cancellationToken).ConfigureAwait(false);
        string what = $"create tables in schema {schema}";
        return rows[0].Bool(0)
            ? new(what, null)
            : new(what, new MillraceException(
                ErrorCodes.PermissionDenied,
                $"Connection {connection}: the user may not create tables in schema {schema}.",
                $"GRANT CREATE ON SCHEMA {PostgreSqlDialect.Instance.Quote(schema)} TO the user, or name another schema.",
                $"connections.{connection}.schema"));
    }
}
