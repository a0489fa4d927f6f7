using Millrace.Connectors.MongoDb.Files;
using Millrace.Core.Contracts;
using Millrace.Core.Errors;

namespace Millrace.Connectors.MongoDb;

/// <summary>MongoDB as a source: mongodump folders and archives with their oplog.</summary>
public sealed class MongoDbConnector : IConnector
{
    /// <inheritdoc/>
    public ConnectorInfo Info { get; } = new(
        "mongodb",
        "MongoDB",
        "Reads collections from mongodump folders and archives, and their changes from oplog files. No server is needed.",
        typeof(MongoDbOptions))
    {
        Methods = [ReplicationMethod.ChangeCapture, ReplicationMethod.Incremental, ReplicationMethod.FullRefresh],
        DefaultKey = ["_id"],
        ChangeKey = ["_id"],
    };

    /// <inheritdoc/>
    public ISource CreateSource(SourceSettings settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        return new MongoDbDumpSource(settings, DumpConnection.From(settings.Connection));
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<DatasetInfo>> DiscoverAsync(ConnectionSettings connection, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(connection);
        return ValueTask.FromResult(DumpDiscovery.List(DumpConnection.From(connection), cancellationToken));
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<CheckFinding>> CheckAsync(ConnectionSettings connection, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(connection);
        try
        {
            return ValueTask.FromResult(DumpChecks.Run(DumpConnection.From(connection), cancellationToken));
        }
        catch (MillraceException exception)
        {
            return ValueTask.FromResult<IReadOnlyList<CheckFinding>>([new("settings", exception)]);
        }
    }
}
