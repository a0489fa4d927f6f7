using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.IO.Compression;
using System.Text;
using Millrace.Connectors.MongoDb.Bson;
using Millrace.Core.Errors;

namespace Millrace.Connectors.MongoDb.Files;

/// <summary>
/// A file of mongodump --archive, gzip or not. After the magic number comes a block that describes the dump (a header document, then one
/// document a collection), then blocks of documents: a header that names the collection, its documents, a terminator. The blocks of
/// collections are interleaved; a header with EOF ends a collection and carries its checksum.
/// Format: mongo-tools, <c>common/archive</c>, format version 0.1.
/// </summary>
internal sealed class DumpArchive
{
    private const uint Magic = 0x8199e26d;

    private readonly bool _isGzip;
    private readonly Lazy<string> _fingerprint;

    private DumpArchive(string path)
    {
        Path = path;
        using FileStream stream = FileAccessor.Open(path);
        Size = stream.Length;
        _isGzip = GzipDetector.IsGzip(stream, path);
        _fingerprint = new(() => FileAccessor.Fingerprint(path));
    }

    /// <summary>The archive's path.</summary>
    public string Path { get; }

    /// <summary>Bytes of the file.</summary>
    public long Size { get; }

    /// <summary>Changes when the file does.</summary>
    public string Fingerprint => _fingerprint.Value;

    /// <summary>Reads the description at the front.</summary>
    public static Dump Open(string path)
    {
        var archive = new DumpArchive(path);
        using DocumentReader reader = archive.OpenBlocks();
        var collections = new List<DumpedCollection>();
        IDocumentFile? oplog = null;
        if (archive.Next(reader, out _) != ReadStatus.Document)
        {
            archive.ThrowInvalid(reader.Offset, "it has no header");
        }

        while (archive.Next(reader, out ReadOnlySpan<byte> document) == ReadStatus.Document)
        {
            DumpedCollection collection = archive.Describe(document);
            if (collection.Name is { Database: "", Collection: "oplog" })
            {
                oplog = collection.Documents;
            }
            else
            {
                collections.Add(collection);
            }
        }

        oplog ??= collections.Find(c => c.Name == new MongoNamespace("local", "oplog.rs"))?.Documents;
        return new Dump(path, [.. collections.OrderBy(c => c.Name.ToString(), StringComparer.Ordinal)], oplog);
    }

    /// <summary>Opens the archive's blocks, after the magic number.</summary>
    public DocumentReader OpenBlocks()
    {
        Stream stream = FileAccessor.Open(Path);
        if (_isGzip)
        {
            stream = new GZipStream(stream, CompressionMode.Decompress);
        }

        try
        {
            Span<byte> magic = stackalloc byte[sizeof(uint)];
            int read = stream.ReadAtLeast(magic, magic.Length, throwOnEndOfStream: false);
            if (read < magic.Length || BitConverter.ToUInt32(magic) != Magic)
            {
                ThrowInvalid(0, "it does not begin as an archive does");
            }

            return new DocumentReader(stream, Path, sizeof(uint), isArchive: true);
        }
        catch (Exception exception) when (exception is InvalidDataException or IOException or MillraceException)
        {
            stream.Dispose();
            if (exception is MillraceException)
            {
                throw;
            }

            FileAccessor.ThrowUnreadable(Path, exception);
            return null;
        }
    }

    /// <summary>Reads a document or a terminator; anything else is an error.</summary>
    public ReadStatus Next(DocumentReader reader, out ReadOnlySpan<byte> document)
    {
        ReadStatus status = reader.Read(out document);
        if (status == ReadStatus.End)
        {
            throw new MillraceException(
                ErrorCodes.DumpTruncated,
                $"The archive {Path} ends at byte {reader.Offset} before all of its collections do. Everything before it was read.",
                "Copy the archive again from its origin, then `millrace run JOB --full-refresh` (or on_history_lost: resnapshot): a part of it may be loaded.");
        }

        if (status is not (ReadStatus.Document or ReadStatus.Terminator))
        {
            reader.Throw(status);
        }

        return status;
    }

    /// <summary>Reports a break of the format.</summary>
    [DoesNotReturn]
    public void ThrowInvalid(long offset, string what) => throw new MillraceException(
        ErrorCodes.ArchiveInvalid,
        $"{Path} is not a mongodump archive: at byte {offset} {what}.",
        "Set dump: to a file of mongodump --archive or to a folder of mongodump, or copy the archive again from its origin.",
        "dump");

    private DumpedCollection Describe(ReadOnlySpan<byte> document)
    {
        string database = "";
        string collection = "";
        string type = "";
        long size = 0;
        CollectionMetadata metadata = CollectionMetadata.None;
        var reader = new BsonReader(document);
        while (reader.Next())
        {
            ReadOnlySpan<byte> name = reader.Name;
            if (reader.Type == BsonType.String)
            {
                string text = Encoding.UTF8.GetString(reader.GetString());
                if (name.SequenceEqual("db"u8))
                {
                    database = text;
                }
                else if (name.SequenceEqual("collection"u8))
                {
                    collection = text;
                }
                else if (name.SequenceEqual("type"u8))
                {
                    type = text;
                }
                else if (name.SequenceEqual("metadata"u8) && text.Length > 0)
                {
                    metadata = CollectionMetadata.Parse(reader.GetString().ToArray());
                }
            }
            else if (name.SequenceEqual("size"u8))
            {
                size = reader.Type == BsonType.Int32 ? reader.GetInt32() : reader.Type == BsonType.Int64 ? reader.GetInt64() : 0;
            }
        }

        return Member(new(database, collection), type, size, metadata);
    }

    private DumpedCollection Member(MongoNamespace name, string type, long size, CollectionMetadata metadata)
    {
        CollectionKind kind = type switch
        {
            "timeseries" => CollectionKind.TimeSeries,
            "view" => CollectionKind.View,
            _ => metadata.Kind,
        };
        if (kind == CollectionKind.TimeSeries)
        {
            name = name with { Collection = "system.buckets." + name.Collection };
        }

        return new(name, kind == CollectionKind.View ? null : new ArchiveMember(this, name, size), metadata with { Kind = kind });
    }
}
