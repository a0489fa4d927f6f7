namespace Millrace.Connectors.MongoDb.Files;

/// <summary>What a namespace of a dump is.</summary>
internal enum CollectionKind
{
    /// <summary>A collection (capped and clustered ones too).</summary>
    Collection,

    /// <summary>A view: a dump holds its definition, and its documents only when asked to.</summary>
    View,

    /// <summary>A time series: the documents are in its buckets, <c>system.buckets.NAME</c>.</summary>
    TimeSeries,
}
