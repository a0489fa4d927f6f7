using Millrace.Testing.MongoDb.Values;

namespace Millrace.Testing.MongoDb.Storage;

/// <summary>What a collection was created with, as listCollections gives it back.</summary>
/// <param name="document">The options of the create command.</param>
internal sealed class CollectionOptions(Doc document)
{
    public Doc Document { get; } = document;

    public bool IsView => Document["viewOn"] is not null;

    public bool IsTimeSeries => Document["timeseries"] is not null;

    public bool IsClustered => Document["clusteredIndex"] is not null;

    public bool Capped => Document["capped"].IsTrue();

    public long CappedBytes => Document["size"].AsLong() ?? 0;

    public long CappedDocuments => Document["max"].AsLong() ?? 0;

    /// <summary>Whether change streams can ask for images before and after.</summary>
    public bool KeepsImages => (Document["changeStreamPreAndPostImages"] as Doc)?["enabled"].IsTrue() == true;

    public string Kind => IsView ? "view" : IsTimeSeries ? "timeseries" : "collection";
}
