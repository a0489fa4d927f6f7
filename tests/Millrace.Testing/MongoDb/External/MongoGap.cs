namespace Millrace.Testing.MongoDb.External;

/// <summary>What a server may lack that tests need. <c>MILLRACE_TEST_MONGODB_GAPS</c> names them in snake_case.</summary>
public enum MongoGap
{
    /// <summary>Change streams.</summary>
    ChangeStreams,

    /// <summary>An oplog that can be read.</summary>
    Oplog,

    /// <summary>Transactions of several documents.</summary>
    Transactions,

    /// <summary>Images of documents before and after a change.</summary>
    PostImages,

    /// <summary>Bounds of a find in an index: <c>min</c>, <c>max</c>.</summary>
    IndexBounds,

    /// <summary>Views.</summary>
    Views,

    /// <summary>Capped collections.</summary>
    Capped,

    /// <summary>Values of the deprecated type symbol.</summary>
    Symbols,
}
