using System.Collections.Immutable;
using Millrace.Connectors.MongoDb.Native;
using Millrace.Core.Contracts;

namespace Millrace.Connectors.MongoDb.Live;

/// <summary>Lists the collections of a server as datasets.</summary>
internal static class LiveDiscovery
{
    /// <summary>Lists collections that a pattern can take: not MongoDB's own, and not those of other databases.</summary>
    public static IReadOnlyList<DatasetInfo> List(LiveConnection connection, CancellationToken cancellationToken)
    {
        using MongoPool pool = connection.Open();
        using MongoClient client = pool.Take(cancellationToken);
        bool isReplicated = LiveServer.Ask(client).IsReplicated;
        var names = new DatasetNames(connection.Database, [], DatasetSelector.All);
        var found = new List<DatasetInfo>();
        foreach (LiveCollection collection in LiveCatalog.List(client, connection.Database))
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (names.NameOf(collection.Name) is { } name && !names.IsHidden(collection.Name))
            {
                found.Add(new(
                    name,
                    LiveCatalog.SizeOf(client, collection),
                    MethodsOf(collection, isReplicated),
                    LiveSample.Take(client, collection.Name, names.TableOf(collection.Name), null, cancellationToken),
                    LiveNotes.On(collection)));
            }
        }

        return found;
    }

    private static ImmutableArray<ReplicationMethod> MethodsOf(LiveCollection collection, bool isReplicated) =>
        !collection.HasChanges ? [ReplicationMethod.FullRefresh]
        : isReplicated ? [ReplicationMethod.ChangeCapture, ReplicationMethod.Incremental, ReplicationMethod.FullRefresh]
        : [ReplicationMethod.Incremental, ReplicationMethod.FullRefresh];
}
