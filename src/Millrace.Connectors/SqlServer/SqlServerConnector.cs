using Millrace.Connectors.Sql;
using Millrace.Core.Contracts;
using Millrace.Core.Errors;
using Millrace.Core.Schemas;

namespace Millrace.Connectors.SqlServer;

/// <summary>SQL Server 2016 SP1 or later, or Azure SQL Database, as a destination.</summary>
public sealed class SqlServerConnector : IConnector
{
    /// <inheritdoc/>
    public ConnectorInfo Info { get; } = new(
        "sqlserver",
        "SQL Server",
        "Loads tables of a SQL Server database by bulk copy, in transactions that hold rows, quarantine and checkpoints together.",
        typeof(SqlServerOptions))
    {
        Dispositions = [WriteDisposition.Append, WriteDisposition.Replace, WriteDisposition.Merge],
        Strategies = [MergeStrategy.Upsert, MergeStrategy.DeleteInsert, MergeStrategy.Scd2, MergeStrategy.InsertOnly],
    };

    /// <inheritdoc/>
    public IDestination CreateDestination(DestinationSettings settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        return new SqlServerDestination(settings);
    }

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<CheckFinding>> CheckAsync(ConnectionSettings connection, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(connection);
        var options = (SqlServerOptions)connection.Options;
        List<CheckFinding> findings = [];
        try
        {
            SqlServerChannel channel = await SqlServerChannel.OpenAsync(
                options, connection.Name, SqlServerDialect.Instance, cancellationToken).ConfigureAwait(false);
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

    private static async ValueTask<string> VersionAsync(SqlServerChannel channel, CancellationToken cancellationToken)
    {
        IReadOnlyList<SqlRow> rows = await channel.QueryAsync(
            "SELECT CAST(SERVERPROPERTY('ProductVersion') AS nvarchar(128)), DB_NAME(), SUSER_SNAME()", cancellationToken).ConfigureAwait(false);
        return $"SQL Server {rows[0].Text(0)}, database {rows[0].Text(1)}, login {rows[0].Text(2)}";
    }

    private static async ValueTask<CheckFinding> CanCreateAsync(
        SqlServerChannel channel, string connection, string schema, CancellationToken cancellationToken)
    {
        SqlServerDialect dialect = SqlServerDialect.Instance;
        string literal = dialect.Literal(schema);
        IReadOnlyList<SqlRow> rows = await channel.QueryAsync(
            $"""
            SELECT CASE
              WHEN HAS_PERMS_BY_NAME(NULL, 'DATABASE', 'CREATE TABLE') = 1 AND SCHEMA_ID({literal}) IS NOT NULL
                THEN HAS_PERMS_BY_NAME({dialect.Literal(dialect.Quote(schema))}, 'SCHEMA', 'ALTER')
              WHEN HAS_PERMS_BY_NAME(NULL, 'DATABASE', 'CREATE TABLE') = 1 THEN HAS_PERMS_BY_NAME(NULL, 'DATABASE', 'CREATE SCHEMA')
              ELSE 0
            END
            """,
            cancellationToken).ConfigureAwait(false);
        string what = $"create tables in schema {schema}";
        return rows[0].Values[0] is not null && rows[0].Bool(0)
            ? new(what, null)
            : new(what, new MillraceException(
                ErrorCodes.PermissionDenied,
                $"Connection {connection}: the user may not create tables in schema {schema}.",
                $"GRANT CREATE TABLE TO the user and GRANT ALTER ON SCHEMA::{dialect.Quote(schema)} TO it (or CREATE SCHEMA where it is not there), or name another schema.",
                $"connections.{connection}.schema"));
    }
}
