namespace Millrace.Connectors.MongoDb.Files;

/// <summary>One collection's documents within an archive. To read from an offset, everything before it is read again.</summary>
internal sealed class ArchiveMember(DumpArchive archive, MongoNamespace name, long statedSize) : IDocumentFile
{
    /// <inheritdoc/>
    public string Path => archive.Path;

    /// <inheritdoc/>
    public long? Length => null;

    /// <inheritdoc/>
    public long EstimatedLength => statedSize > 0 ? statedSize : archive.Size;

    /// <inheritdoc/>
    public bool CanSeek => false;

    /// <inheritdoc/>
    public string Fingerprint => archive.Fingerprint;

    /// <inheritdoc/>
    public Stream Open(long offset)
    {
        var stream = new ArchiveMemberStream(archive, name);
        FileAccessor.Skip(stream, offset, Path);
        return stream;
    }
}
