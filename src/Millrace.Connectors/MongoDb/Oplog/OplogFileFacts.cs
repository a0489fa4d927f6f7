using System.Collections.Immutable;
using Millrace.Connectors.MongoDb.Files;
using Millrace.Core.Errors;

namespace Millrace.Connectors.MongoDb.Oplog;

/// <summary>The extent of an oplog file, as far as it is whole.</summary>
internal sealed record OplogFileFacts
{
    private const long BytesBetweenMarks = 4L << 20;

    /// <summary>The file's content when it was scanned, by <see cref="IDocumentFile.Fingerprint"/>.</summary>
    public string Fingerprint { get; init; } = "";

    /// <summary>Timestamp of the first entry.</summary>
    public ulong First { get; init; }

    /// <summary>Timestamp of the last whole entry.</summary>
    public ulong Last { get; init; }

    /// <summary>Offset of the last whole entry.</summary>
    public long LastOffset { get; init; }

    /// <summary>Offset after the last whole entry.</summary>
    public long End { get; init; }

    /// <summary>Whole entries.</summary>
    public long Entries { get; init; }

    /// <summary>How the file ends: after a whole entry, or broken.</summary>
    public ReadStatus Ending { get; init; } = ReadStatus.End;

    /// <summary>Every few megabytes an entry: its offset, its timestamp and the number of entries before it.</summary>
    public ImmutableArray<OplogMark> Marks { get; init; } = [];

    /// <summary>True where there is no whole entry.</summary>
    public bool IsEmpty => Entries == 0;

    /// <summary>The last mark at or before a timestamp.</summary>
    public OplogMark MarkBefore(ulong timestamp) => Marks.LastOrDefault(m => m.Timestamp <= timestamp);

    /// <summary>Scans a file, from where an earlier scan ended when the file has only grown since.</summary>
    /// <exception cref="MillraceException">MR1111: entries are out of order; MR1115: something that is no oplog entry.</exception>
    public static OplogFileFacts Scan(IDocumentFile file, OplogFileFacts? known, CancellationToken cancellationToken)
    {
        if (known is not null && known.Fingerprint == file.Fingerprint)
        {
            return known;
        }

        OplogFileFacts start = known is not null && HasGrown(file, known) ? known : new OplogFileFacts();
        return Continue(file, start, cancellationToken);
    }

    private static OplogFileFacts Continue(IDocumentFile file, OplogFileFacts start, CancellationToken cancellationToken)
    {
        using var reader = new DocumentReader(file, start.End);
        ImmutableArray<OplogMark>.Builder marks = start.Marks.ToBuilder();
        (ulong first, ulong last, long lastOffset, long entries) = (start.First, start.Last, start.LastOffset, start.Entries);
        long at = reader.Offset;
        ReadStatus status;
        while ((status = reader.Read(out ReadOnlySpan<byte> document)) == ReadStatus.Document)
        {
            ulong timestamp = TimestampOf(document, file, at);
            if (timestamp < last)
            {
                throw OutOfOrder(file, at, last, timestamp);
            }

            if (marks.Count == 0 || at - marks[^1].Offset >= BytesBetweenMarks)
            {
                cancellationToken.ThrowIfCancellationRequested();
                marks.Add(new(timestamp, at, entries));
            }

            first = entries == 0 ? timestamp : first;
            (last, lastOffset, at) = (timestamp, at, reader.Offset);
            entries++;
        }

        return new OplogFileFacts
        {
            Fingerprint = file.Fingerprint,
            First = first,
            Last = last,
            LastOffset = lastOffset,
            End = reader.Offset,
            Entries = entries,
            Ending = status,
            Marks = marks.ToImmutable(),
        };
    }

    /// <summary>True where the last entry that was seen still stands where it stood.</summary>
    private static bool HasGrown(IDocumentFile file, OplogFileFacts known)
    {
        if (known.IsEmpty || file.Length is not { } length || length < known.End)
        {
            return false;
        }

        using var reader = new DocumentReader(file, known.LastOffset);
        return reader.Read(out ReadOnlySpan<byte> document) == ReadStatus.Document
            && reader.Offset == known.End
            && OplogEntry.TryReadTimestamp(document, out ulong timestamp)
            && timestamp == known.Last;
    }

    private static ulong TimestampOf(ReadOnlySpan<byte> document, IDocumentFile file, long at)
    {
        string why = "it has no timestamp";
        try
        {
            if (OplogEntry.TryReadTimestamp(document, out ulong timestamp))
            {
                return timestamp;
            }
        }
        catch (MillraceException exception)
        {
            why = exception.Message;
        }

        throw new MillraceException(
            ErrorCodes.DumpCorrupt,
            $"{file.Path} holds something at byte {at} that is no oplog entry: {why}",
            "Check that the file is a dump of local.oplog.rs, or copy it again from its origin.");
    }

    private static MillraceException OutOfOrder(IDocumentFile file, long at, ulong last, ulong timestamp) => new(
        ErrorCodes.DumpCorrupt,
        $"{file.Path} is not in the order of an oplog: at byte {at} stands {MongoDbPositions.Describe(timestamp)} after {MongoDbPositions.Describe(last)}.",
        "Dump local.oplog.rs again; entries must be in their natural order.");
}
