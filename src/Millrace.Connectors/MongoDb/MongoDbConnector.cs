using Millrace.Connectors.MongoDb.Live;
using Millrace.Core.Contracts;
using Millrace.Core.Errors;

namespace Millrace.Connectors.MongoDb;

/// <summary>MongoDB as a source: live servers, and mongodump folders and archives with their oplog.</summary>
public sealed class MongoDbConnector : IConnector
{
    /// <inheritdoc/>
    public ConnectorInfo Info { get; } = new(
        "mongodb",
        "MongoDB",
        "Reads collections of a live replica set or sharded cluster, and their changes by change streams or the oplog; and the same from mongodump folders, "
        + "archives and oplog files, where no server is needed.",
        typeof(MongoDbOptions))
    {
        Guides = [("mongodb-live.md", "a live MongoDB"), ("mongodb-change-capture.md", "change capture from MongoDB's files")],
        Methods = [ReplicationMethod.ChangeCapture, ReplicationMethod.Incremental, ReplicationMethod.FullRefresh],
        DefaultKey = ["_id"],
        ChangeKey = ["_id"],
    };

    /// <inheritdoc/>
    public ISource CreateSource(SourceSettings settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        return LiveConnection.IsLive(settings.Connection)
            ? new MongoDbLiveSource(settings, LiveConnection.From(settings.Connection))
            : new MongoDbDumpSource(settings, DumpConnection.From(settings.Connection));
    }

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<DatasetInfo>> DiscoverAsync(ConnectionSettings connection, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(connection);
        if (!LiveConnection.IsLive(connection))
        {
            return DumpDiscovery.List(DumpConnection.From(connection), cancellationToken);
        }

        var live = LiveConnection.From(connection);
        return await LiveThread.RunAsync(() => LiveDiscovery.List(live, cancellationToken), cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<CheckFinding>> CheckAsync(ConnectionSettings connection, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(connection);
        try
        {
            if (!LiveConnection.IsLive(connection))
            {
                return DumpChecks.Run(DumpConnection.From(connection), cancellationToken);
            }

            var live = LiveConnection.From(connection);
            return await LiveThread.RunAsync(() => LiveChecks.Run(live, cancellationToken), cancellationToken).ConfigureAwait(false);
        }
        catch (MillraceException exception)
        {
            return [new("settings", exception)];
        }
    }
}
