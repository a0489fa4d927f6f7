using System.IO.Compression;

namespace Millrace.Connectors.MongoDb.Files;

/// <summary>A <c>.bson</c> file, plain or gzip.</summary>
internal sealed class DocumentFile : IDocumentFile
{
    // mongodump's documents compress about so much; used for estimates only.
    private const int GuessedCompression = 5;

    private readonly Lazy<string> _fingerprint;
    private readonly bool _isGzip;
    private readonly long _size;

    public DocumentFile(string path)
    {
        Path = path;
        using FileStream stream = FileAccessor.Open(path);
        _size = stream.Length;
        _isGzip = GzipDetector.IsGzip(stream, path);
        _fingerprint = new(() => FileAccessor.Fingerprint(path));
    }

    /// <inheritdoc/>
    public string Path { get; }

    /// <inheritdoc/>
    public long? Length => _isGzip ? null : _size;

    /// <inheritdoc/>
    public long EstimatedLength => _isGzip ? _size * GuessedCompression : _size;

    /// <inheritdoc/>
    public bool CanSeek => !_isGzip;

    /// <inheritdoc/>
    public string Fingerprint => _fingerprint.Value;

    /// <inheritdoc/>
    public Stream Open(long offset)
    {
        FileStream file = FileAccessor.Open(Path);
        if (!_isGzip)
        {
            file.Position = offset;
            return file;
        }

        var unzipped = new GZipStream(file, CompressionMode.Decompress);
        FileAccessor.Skip(unzipped, offset, Path);
        return unzipped;
    }
}
