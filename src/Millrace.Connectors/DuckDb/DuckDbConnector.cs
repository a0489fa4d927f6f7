using Millrace.Connectors.DuckDb.Native;
using Millrace.Connectors.Folders;
using Millrace.Connectors.Sql.Lineage;
using Millrace.Connectors.Sql.Reading;
using Millrace.Connectors.Sql.Steps;
using Millrace.Core.Contracts;
using Millrace.Core.Contracts.SqlSteps;
using Millrace.Core.Errors;

namespace Millrace.Connectors.DuckDb;

/// <summary>DuckDB as a source and a destination: one database file, opened in this process.</summary>
public sealed class DuckDbConnector : IConnector
{
    private static readonly TimeSpan CheckTimeout = TimeSpan.FromSeconds(2);

    /// <inheritdoc/>
    public ConnectorInfo Info { get; } = new(
        "duckdb",
        "DuckDB",
        "An embedded analytical database in one file, read and written. No server is needed; the file is open only while a run uses it.",
        typeof(DuckDbOptions))
    {
        Guides = [("relational-sources.md", "relational sources")],
        Methods = [ReplicationMethod.FullRefresh, ReplicationMethod.Incremental],
        SourceOptions = typeof(RelationalSourceOptions),
        HasDatasetKeys = true,
        RunsSql = true,
        Dispositions = [WriteDisposition.Append, WriteDisposition.Replace, WriteDisposition.Merge],
        Strategies = [MergeStrategy.Upsert, MergeStrategy.DeleteInsert, MergeStrategy.InsertOnly, MergeStrategy.Scd2],
    };

    /// <inheritdoc/>
    public ISource CreateSource(SourceSettings settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        DuckDbOptions options = ((DuckDbOptions)settings.Connection.Options).From(settings.Connection.BasePath);
        return new RelationalSource(settings, new DuckDbEngine(options, settings.Connection.Name, settings.Time));
    }

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<DatasetInfo>> DiscoverAsync(ConnectionSettings connection, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(connection);
        var engine = new DuckDbEngine(((DuckDbOptions)connection.Options).From(connection.BasePath), connection.Name, TimeProvider.System);
        await using (engine.ConfigureAwait(false))
            return await engine.ListAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public IDestination CreateDestination(DestinationSettings settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        DuckDbOptions options = ((DuckDbOptions)settings.Connection.Options).From(settings.Connection.BasePath);
        if (settings.LooksOnly && !File.Exists(options.Path))
            options.Path = DuckDbFile.Nowhere;
        return new DuckDbDestination(options, settings.Time);
    }

    /// <inheritdoc/>
    public ISqlStepRunner CreateStepRunner(ConnectionSettings connection, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(connection);
        DuckDbOptions options = ((DuckDbOptions)connection.Options).From(connection.BasePath);
        return new SqlStepRunner(
            new(DuckDbDialect.Instance, options.Schema, options.Schema, time),
            DuckDbStepDialect.Instance,
            token => DuckDbChannel.OpenAsync(options, time, token));
    }

    /// <inheritdoc/>
    public ISqlLineageReader CreateLineageReader(string? schema) => new SqlLineageReader(DuckDbStepDialect.Instance.Syntax, schema ?? "main", ignoresCase: true);

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<CheckFinding>> CheckAsync(ConnectionSettings connection, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(connection);
        DuckDbOptions options = ((DuckDbOptions)connection.Options).From(connection.BasePath);

        // What a run adds first goes to a file beside the database.
        if (WritableFolder.Try(Path.GetDirectoryName(Path.GetFullPath(options.Path)) ?? options.Path) is { } cannotWrite)
            return [new CheckFinding($"database file {options.Path}", cannotWrite)];
        if (!File.Exists(options.Path))
            return [new CheckFinding($"database file {options.Path}", null, "not there yet; the first run creates it")];
        options.LockTimeout = options.LockTimeout < CheckTimeout ? options.LockTimeout : CheckTimeout;
        try
        {
            return [new CheckFinding($"database file {options.Path}", null, await VersionAsync(options, cancellationToken).ConfigureAwait(false))];
        }
        catch (MillraceException error)
        {
            return [new CheckFinding($"database file {options.Path}", error)];
        }
    }

    private static async ValueTask<string> VersionAsync(DuckDbOptions options, CancellationToken ct)
    {
        await using DuckDbFile file = await DuckDbFile.OpenAsync(options, TimeProvider.System, ct).ConfigureAwait(false);
        using DuckDbConnection connection = file.Connect();
        using DuckDbResult version = connection.Query("SELECT version()", ct);
        return version.Read() ? $"opened by DuckDB {version.GetString(0)}" : "opened";
    }
}
