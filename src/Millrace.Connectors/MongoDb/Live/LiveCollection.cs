using Millrace.Connectors.MongoDb.Files;

namespace Millrace.Connectors.MongoDb.Live;

/// <summary>A collection as a server lists it.</summary>
/// <param name="Name">The collection.</param>
/// <param name="Kind">What it is.</param>
/// <param name="IsCapped">True for a capped collection.</param>
/// <param name="IsClustered">True where documents are stored in the order of their ids.</param>
internal sealed record LiveCollection(MongoNamespace Name, CollectionKind Kind, bool IsCapped, bool IsClustered)
{
    /// <summary>True where changes can be followed.</summary>
    public bool HasChanges => Kind == CollectionKind.Collection;
}
