using System.Buffers;
using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using Millrace.Connectors.MongoDb.Bson;
using Millrace.Core.Errors;

namespace Millrace.Connectors.MongoDb.Files;

/// <summary>
/// Reads BSON documents one after the other, in reads of a megabyte and more, without allocating. Only the length prefix is checked
/// here; what a document holds is its reader's affair. Not safe for concurrent use.
/// </summary>
internal sealed class DocumentReader : IDisposable
{
    /// <summary>
    /// The largest document that MongoDB keeps anywhere: 16 MiB and 16 KiB for its own fields (BSONObjMaxInternalSize).
    /// </summary>
    public const int MaxDocumentBytes = (16 << 20) + (16 << 10);

    private const int BufferBytes = 2 << 20;

    private const int ArchiveTerminator = -1;

    private readonly Stream _stream;
    private readonly bool _isArchive;
    private byte[] _buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
    private int _at;
    private int _filled;
    private ReadStatus _failure = ReadStatus.Document;

    /// <summary>Reads a stream and owns it.</summary>
    /// <param name="stream">The documents.</param>
    /// <param name="path">The file's path, for messages.</param>
    /// <param name="offset">The offset that the stream stands at.</param>
    /// <param name="isArchive">True where the documents stand in the blocks of an archive, with terminators between them.</param>
    public DocumentReader(Stream stream, string path, long offset, bool isArchive = false)
    {
        _isArchive = isArchive;
        _stream = stream;
        Path = path;
        Offset = offset;
    }

    /// <summary>Opens a file at an offset.</summary>
    public DocumentReader(IDocumentFile file, long offset)
        : this(file.Open(offset), file.Path, offset)
    {
    }

    /// <summary>The file's path.</summary>
    public string Path { get; }

    /// <summary>The offset after the last document read.</summary>
    public long Offset { get; private set; }

    /// <summary>Bytes of an unfinished document at the end, after <see cref="ReadStatus.Truncated"/>.</summary>
    public int Leftover => _filled - _at;

    /// <summary>Reads the next document.</summary>
    /// <param name="document">The document, length prefix included; valid until the next call.</param>
    public ReadStatus Read(out ReadOnlySpan<byte> document)
    {
        document = default;
        if (_failure != ReadStatus.Document)
        {
            return _failure;
        }

        if (_filled - _at < sizeof(int) && !Fill(sizeof(int)))
        {
            return Fail(_filled == _at ? ReadStatus.End : ReadStatus.Truncated);
        }

        int length = BinaryPrimitives.ReadInt32LittleEndian(_buffer.AsSpan(_at));
        if (length == ArchiveTerminator && _isArchive)
        {
            _at += sizeof(int);
            Offset += sizeof(int);
            return ReadStatus.Terminator;
        }

        if (length is < BsonLimits.MinDocumentLength or > MaxDocumentBytes)
        {
            return Fail(ReadStatus.BadLength);
        }

        if (_filled - _at < length && !Fill(length))
        {
            return Fail(ReadStatus.Truncated);
        }

        document = _buffer.AsSpan(_at, length);
        _at += length;
        Offset += length;
        return ReadStatus.Document;
    }

    /// <summary>Throws the coded error of a status that is neither a document nor the end.</summary>
    [DoesNotReturn]
    public void Throw(ReadStatus status) => throw status switch
    {
        ReadStatus.Truncated => new MillraceException(
            ErrorCodes.DumpTruncated,
            $"{Path} ends in the middle of a document that starts at {Place} ({Leftover} bytes of it are there). Everything before it was read.",
            "Copy the file again from its origin. If it is an oplog file, run again; if it is a collection's, a part of it may be loaded, so read it anew: "
            + "`millrace run JOB --full-refresh`, or on_history_lost: resnapshot on the task's source."),
        ReadStatus.BadCompression => new MillraceException(
            ErrorCodes.DumpCorrupt,
            $"The compressed data of {Path} are broken after {Place}. Everything before it was read.",
            "Copy the file again from its origin, then run again."),
        _ => new MillraceException(
            ErrorCodes.DumpCorrupt,
            $"{Path} holds no document at {Place}: its length cannot be right, so the place of the next one is lost. Everything before it was read.",
            "Copy the file again from its origin, then run again. `bsondump` shows where it breaks."),
    };

    private bool IsCompressed => _stream is System.IO.Compression.GZipStream;

    private string Place => IsCompressed ? $"byte {Offset} of the uncompressed data" : $"byte {Offset}";

    /// <inheritdoc/>
    public void Dispose()
    {
        _stream.Dispose();
        byte[] buffer = _buffer;
        _buffer = [];
        _at = _filled = 0;
        if (buffer.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private ReadStatus Fail(ReadStatus status)
    {
        if (_failure == ReadStatus.Document)
        {
            _failure = status;
        }

        return _failure;
    }

    /// <summary>Reads until <paramref name="needed"/> bytes are at hand.</summary>
    private bool Fill(int needed)
    {
        MakeRoom(needed);
        try
        {
            while (_filled - _at < needed)
            {
                int read = _stream.Read(_buffer, _filled, _buffer.Length - _filled);
                if (read == 0)
                {
                    return false;
                }

                _filled += read;
            }

            return true;
        }
        catch (InvalidDataException)
        {
            Fail(ReadStatus.BadCompression);
            return false;
        }
        catch (IOException exception)
        {
            FileAccessor.ThrowUnreadable(Path, exception);
            return false;
        }
    }

    private void MakeRoom(int needed)
    {
        byte[] target = needed > _buffer.Length ? ArrayPool<byte>.Shared.Rent(needed) : _buffer;
        _buffer.AsSpan(_at, _filled - _at).CopyTo(target);
        if (!ReferenceEquals(target, _buffer))
        {
            ArrayPool<byte>.Shared.Return(_buffer);
            _buffer = target;
        }

        _filled -= _at;
        _at = 0;
    }
}
