namespace Millrace.Connectors.MongoDb.Files;

/// <summary>What a try to read the next document gave.</summary>
internal enum ReadStatus
{
    /// <summary>A document.</summary>
    Document,

    /// <summary>Nothing: the file ends here, after a whole document.</summary>
    End,

    /// <summary>Nothing: the file ends inside a document.</summary>
    Truncated,

    /// <summary>Nothing: what stands here cannot be a document's length.</summary>
    BadLength,

    /// <summary>The mark between two blocks of an archive.</summary>
    Terminator,

    /// <summary>Nothing: the compressed data are broken.</summary>
    BadCompression,
}
