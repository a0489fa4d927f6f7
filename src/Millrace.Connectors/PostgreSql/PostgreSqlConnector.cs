using Millrace.Connectors.Sql;
using Millrace.Connectors.Sql.Lineage;
using Millrace.Connectors.Sql.OwnTables;
using Millrace.Connectors.Sql.Reading;
using Millrace.Connectors.Sql.Steps;
using Millrace.Core.Contracts;
using Millrace.Core.Contracts.SqlSteps;
using Millrace.Core.Errors;

namespace Millrace.Connectors.PostgreSql;

/// <summary>PostgreSQL, version 12 or later, as a source and a destination.</summary>
public sealed class PostgreSqlConnector : IConnector
{
    /// <inheritdoc/>
    public ConnectorInfo Info { get; } = new(
        "postgresql",
        "PostgreSQL",
        "Reads tables, views and queries of a PostgreSQL database, and loads tables of one, both by binary COPY; a load's transactions hold rows, quarantine "
        + "and checkpoints together.",
        typeof(PostgreSqlOptions))
    {
        Guides = [("relational-sources.md", "relational sources")],
        Methods = [ReplicationMethod.FullRefresh, ReplicationMethod.Incremental],
        SourceOptions = typeof(RelationalSourceOptions),
        HasDatasetKeys = true,
        RunsSql = true,
        HasProcedures = true,
        Dispositions = [WriteDisposition.Append, WriteDisposition.Replace, WriteDisposition.Merge],
        Strategies = [MergeStrategy.Upsert, MergeStrategy.DeleteInsert, MergeStrategy.Scd2, MergeStrategy.InsertOnly],
    };

    /// <inheritdoc/>
    public ISource CreateSource(SourceSettings settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        return new RelationalSource(settings, new PostgreSqlEngine((PostgreSqlOptions)settings.Connection.Options, settings.Connection.Name));
    }

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<DatasetInfo>> DiscoverAsync(ConnectionSettings connection, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(connection);
        var engine = new PostgreSqlEngine((PostgreSqlOptions)connection.Options, connection.Name);
        await using (engine.ConfigureAwait(false))
        {
            return await engine.ListAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    public IDestination CreateDestination(DestinationSettings settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        return new PostgreSqlDestination(settings);
    }

    /// <inheritdoc/>
    public ISqlStepRunner CreateStepRunner(ConnectionSettings connection, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(connection);
        var options = (PostgreSqlOptions)connection.Options;
        return new SqlStepRunner(
            new(PostgreSqlDialect.Instance, options.Schema, options.MetadataSchema, time),
            PostgreSqlStepDialect.Instance,
            async token => await PostgreSqlChannel.OpenAsync(options, connection.Name, token).ConfigureAwait(false));
    }

    /// <inheritdoc/>
    public ISqlLineageReader CreateLineageReader(string? schema) => new SqlLineageReader(PostgreSqlStepDialect.Instance.Syntax, schema ?? "public", ignoresCase: false);

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<CheckFinding>> CheckAsync(ConnectionSettings connection, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(connection);
        var options = (PostgreSqlOptions)connection.Options;
        return await LookAsync(connection, "connect", async (channel, rights, findings) =>
        {
            findings.Add(new("connect", null, await VersionAsync(channel, cancellationToken).ConfigureAwait(false)));
            findings.Add(await rights.CreateTablesAsync(options.MetadataSchema, "metadata_schema", cancellationToken).ConfigureAwait(false));
        }, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<CheckFinding>> CheckTargetsAsync(
        ConnectionSettings connection, IReadOnlyList<WriteTarget> targets, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(connection);
        ArgumentNullException.ThrowIfNull(targets);
        var options = (PostgreSqlOptions)connection.Options;
        WriteTarget[] resolved =
            [.. targets.Select(t => t.Table.Schema.Length > 0 ? t : t with { Table = t.Table with { Schema = options.Schema } }).Distinct()];
        IEnumerable<string> further = resolved.Select(t => t.Table.Schema).Distinct().Except([options.MetadataSchema], StringComparer.Ordinal);
        IEnumerable<WriteTarget> own = SystemTables.TableNames.Select(t => new WriteTarget(new(options.MetadataSchema, t), WriteDisposition.Merge));
        return await LookAsync(connection, "rights", async (_, rights, findings) =>
        {
            findings.Add(await rights.StageAsync(cancellationToken).ConfigureAwait(false));
            foreach (string schema in further)
            {
                findings.Add(await rights.CreateTablesAsync(schema, schema == options.Schema ? "schema" : null, cancellationToken).ConfigureAwait(false));
            }

            findings.Add(await rights.WriteAsync([.. own, .. resolved.Where(t => t.Table.Name.Length > 0)], cancellationToken).ConfigureAwait(false));
        }, cancellationToken).ConfigureAwait(false);
    }

    private static async ValueTask<IReadOnlyList<CheckFinding>> LookAsync(
        ConnectionSettings connection,
        string first,
        Func<SqlChannel, PostgreSqlRights, List<CheckFinding>, ValueTask> look,
        CancellationToken cancellationToken)
    {
        List<CheckFinding> findings = [];
        try
        {
            PostgreSqlChannel channel =
                await PostgreSqlChannel.OpenAsync((PostgreSqlOptions)connection.Options, connection.Name, cancellationToken).ConfigureAwait(false);
            await using (channel.ConfigureAwait(false))
            {
                await look(channel, new(channel, connection.Name), findings).ConfigureAwait(false);
            }
        }
        catch (MillraceException e)
        {
            findings.Add(new(findings.Count == 0 ? first : "look around", e));
        }

        return findings;
    }

    private static async ValueTask<string> VersionAsync(SqlChannel channel, CancellationToken cancellationToken)
    {
        IReadOnlyList<SqlRow> rows = await channel.QueryAsync(
            "SELECT current_setting('server_version'), current_database()::text, current_user::text", cancellationToken).ConfigureAwait(false);
        return $"PostgreSQL {rows[0].Text(0)}, database {rows[0].Text(1)}, user {rows[0].Text(2)}";
    }
}
