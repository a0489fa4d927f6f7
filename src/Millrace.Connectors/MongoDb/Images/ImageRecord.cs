namespace Millrace.Connectors.MongoDb.Images;

/// <summary>What a record of the pending images says.</summary>
internal enum ImageRecordKind : byte
{
    /// <summary>The document of a key.</summary>
    Put,

    /// <summary>The key is gone.</summary>
    Delete,

    /// <summary>A name now means a collection.</summary>
    Name,

    /// <summary>A collection and its documents are gone.</summary>
    Drop,
}

/// <summary>One record of the pending images.</summary>
internal readonly ref struct ImageRecord(ImageRecordKind kind, int collection, ReadOnlySpan<byte> key, ReadOnlySpan<byte> document)
{
    public ImageRecordKind Kind { get; } = kind;

    /// <summary>The collection's number.</summary>
    public int Collection { get; } = collection;

    /// <summary>The key, or for <see cref="ImageRecordKind.Name"/> the name, UTF-8.</summary>
    public ReadOnlySpan<byte> Key { get; } = key;

    /// <summary>The document, raw.</summary>
    public ReadOnlySpan<byte> Document { get; } = document;
}
