using System.Collections.Immutable;
using Millrace.Connectors.MongoDb.Files;
using Millrace.Core.Contracts;

namespace Millrace.Connectors.MongoDb;

/// <summary>Lists the collections of a dump as datasets.</summary>
internal static class DumpDiscovery
{
    /// <summary>Lists collections that a pattern can take: not MongoDB's own, and not those of other databases.</summary>
    public static IReadOnlyList<DatasetInfo> List(DumpConnection connection, CancellationToken cancellationToken)
    {
        var names = new DatasetNames(connection.Database, [], DatasetSelector.All);
        var found = new List<DatasetInfo>();
        foreach (DumpedCollection collection in connection.OpenDump().Collections)
        {
            if (names.NameOf(collection.Name) is { } name && !names.IsHidden(collection.Name))
            {
                found.Add(Describe(name, collection, names, cancellationToken));
            }
        }

        return found;
    }

    private static DatasetInfo Describe(string name, DumpedCollection collection, DatasetNames names, CancellationToken cancellationToken)
    {
        DocumentSample sample = DocumentSample.Take(collection.Documents, names.TableOf(collection.Name), cancellationToken);
        Estimate waiting = collection.Documents is { } file ? sample.Remaining(file, 0) : new(0, Certainty.Exact, 0, Certainty.Exact);
        return new(name, waiting, MethodsOf(collection), sample.Schema, NoteOn(collection));
    }

    private static ImmutableArray<ReplicationMethod> MethodsOf(DumpedCollection collection) => collection switch
    {
        { Documents: null } => [],
        { Metadata.Kind: CollectionKind.Collection } => [ReplicationMethod.ChangeCapture, ReplicationMethod.Incremental, ReplicationMethod.FullRefresh],
        _ => [ReplicationMethod.FullRefresh],
    };

    private static string? NoteOn(DumpedCollection collection) => collection switch
    {
        { Metadata.Kind: CollectionKind.View, Documents: null } => "a view: the dump holds its definition only",
        { Metadata.Kind: CollectionKind.View } => "a view, dumped with its documents",
        { Metadata.Kind: CollectionKind.TimeSeries, Documents: null } =>
            $"a time series: its documents are in system.buckets.{collection.Name.Collection}, in MongoDB's bucket form; name that to read them",
        { Metadata.IsCapped: true } => "a capped collection",
        _ => null,
    };
}
