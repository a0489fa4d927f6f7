namespace Millrace.Connectors.MongoDb.Files;

/// <summary>
/// BSON documents one after the other: a file, a compressed file, or a collection's share of an archive. Offsets count the bytes of the
/// documents alone, uncompressed.
/// </summary>
internal interface IDocumentFile
{
    /// <summary>The file's path, for messages.</summary>
    string Path { get; }

    /// <summary>Bytes of the documents; null where only reading it all would tell.</summary>
    long? Length { get; }

    /// <summary>Bytes of the documents as far as can be guessed without reading them.</summary>
    long EstimatedLength { get; }

    /// <summary>True where opening at an offset costs nothing.</summary>
    bool CanSeek { get; }

    /// <summary>16 hex digits that change when the content does: of the size, the beginning and the end.</summary>
    string Fingerprint { get; }

    /// <summary>Opens the documents for reading, from <paramref name="offset"/> on.</summary>
    /// <exception cref="Core.Errors.MillraceException">MR1004 where the file cannot be read; MR1110 where it is shorter.</exception>
    Stream Open(long offset);
}
