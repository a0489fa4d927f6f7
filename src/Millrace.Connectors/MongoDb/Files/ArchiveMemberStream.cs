using System.Runtime.ExceptionServices;
using Millrace.Connectors.MongoDb.Bson;
using Millrace.Core.Errors;

namespace Millrace.Connectors.MongoDb.Files;

/// <summary>Picks one collection's documents out of an archive, as a stream of their bytes; checks the checksum at the end.</summary>
internal sealed class ArchiveMemberStream(DumpArchive archive, MongoNamespace name) : Stream
{
    private readonly DocumentReader _reader = archive.OpenBlocks();
    private readonly byte[] _database = System.Text.Encoding.UTF8.GetBytes(name.Database);
    private readonly byte[] _collection = System.Text.Encoding.UTF8.GetBytes(name.Collection);
    private Crc64 _checksum = new();
    private bool _preludeRead;
    private bool _atEnd;
    private bool _inOwnBlock;
    private byte[] _rest = [];      // what did not fit into the last read
    private int _restAt;
    private ExceptionDispatchInfo? _failure;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override int Read(Span<byte> buffer)
    {
        if (_restAt == _rest.Length && !_atEnd)
        {
            return ReadDocuments(buffer);
        }

        int count = Math.Min(buffer.Length, _rest.Length - _restAt);
        _rest.AsSpan(_restAt, count).CopyTo(buffer);
        _restAt += count;
        return count;
    }

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        _reader.Dispose();
        base.Dispose(disposing);
    }

    private int ReadDocuments(Span<byte> buffer)
    {
        _failure?.Throw();
        int filled = 0;
        try
        {
            SkipPrelude();
            while (filled < buffer.Length && !_atEnd && TryNext(out ReadOnlySpan<byte> document))
            {
                filled += Take(document, buffer[filled..]);
            }
        }
        catch (MillraceException exception) when (filled > 0)
        {
            // What was read before the break is handed on first.
            _failure = ExceptionDispatchInfo.Capture(exception);
        }

        return filled;
    }

    private int Take(ReadOnlySpan<byte> document, Span<byte> buffer)
    {
        _checksum.Add(document);
        int count = Math.Min(document.Length, buffer.Length);
        document[..count].CopyTo(buffer);
        if (count < document.Length)
        {
            _rest = document[count..].ToArray();
            _restAt = 0;
        }

        return count;
    }

    private bool TryNext(out ReadOnlySpan<byte> document)
    {
        while (true)
        {
            if (_inOwnBlock)
            {
                if (archive.Next(_reader, out document) == ReadStatus.Document)
                {
                    return true;
                }

                _inOwnBlock = false;
            }

            if (!EnterBlock())
            {
                document = default;
                return false;
            }
        }
    }

    /// <summary>Goes to the next block of the collection; false where the collection ends.</summary>
    private bool EnterBlock()
    {
        while (true)
        {
            long at = _reader.Offset;
            if (archive.Next(_reader, out ReadOnlySpan<byte> header) != ReadStatus.Document)
            {
                archive.ThrowInvalid(at, "a block has no header");
            }

            bool isOwn = ReadHeader(header, out bool isEnd, out long checksum);
            if (isOwn && isEnd)
            {
                if (checksum != (long)_checksum.Value)
                {
                    archive.ThrowInvalid(at, $"the checksum of {name} does not match its documents");
                }

                _atEnd = true;
                return false;
            }

            if (isOwn)
            {
                _inOwnBlock = true;
                return true;
            }

            SkipBlock();
        }
    }

    private bool ReadHeader(ReadOnlySpan<byte> header, out bool isEnd, out long checksum)
    {
        bool database = false;
        bool collection = false;
        isEnd = false;
        checksum = 0;
        var fields = new BsonReader(header);
        while (fields.Next())
        {
            switch (fields.Type)
            {
                case BsonType.String when fields.Name.SequenceEqual("db"u8):
                    database = fields.GetString().SequenceEqual(_database);
                    break;
                case BsonType.String when fields.Name.SequenceEqual("collection"u8):
                    collection = fields.GetString().SequenceEqual(_collection);
                    break;
                case BsonType.Boolean when fields.Name.SequenceEqual("EOF"u8):
                    isEnd = fields.GetBoolean();
                    break;
                case BsonType.Int64 when fields.Name.SequenceEqual("CRC"u8):
                    checksum = fields.GetInt64();
                    break;
                default:
                    break;
            }
        }

        return database && collection;
    }

    private void SkipPrelude()
    {
        if (!_preludeRead)
        {
            _preludeRead = true;
            SkipBlock();
        }
    }

    private void SkipBlock()
    {
        while (archive.Next(_reader, out _) == ReadStatus.Document)
        {
        }
    }
}
