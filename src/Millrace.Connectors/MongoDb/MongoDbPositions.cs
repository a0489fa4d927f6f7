using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Millrace.Core.Contracts;
using Millrace.Core.Errors;

namespace Millrace.Connectors.MongoDb;

/// <summary>
/// The printed positions of MongoDB sources. <c>mongodb.dump/FINGERPRINT/OFFSET</c> is a place in a collection's file, <c>.end</c> after it
/// says that nothing follows; <c>mongodb.oplog/SECONDS.INCREMENT</c> (hex) is an entry of the log;
/// <c>mongodb.catch-up/ID/SECONDS.INCREMENT</c> likewise, for collections that were included later; <c>mongodb.datasets/JSON</c> says whose
/// changes were taken from which stretch of the log. Of a live server: <c>mongodb.range/JSON</c> is a place in a range of ids,
/// <c>mongodb.token/SECONDS.INCREMENT/TOKEN</c> one in a change stream.
/// Row positions <c>mongodb.dump/OFFSET</c> sort before every <c>mongodb.oplog/…</c>, as a dump's documents are older than the log that goes with it.
/// </summary>
internal static class MongoDbPositions
{
    public const string DumpScheme = "mongodb.dump";
    public const string OplogScheme = "mongodb.oplog";
    public const string CursorScheme = "mongodb.cursor";
    public const string DatasetsScheme = "mongodb.datasets";
    public const string CatchUpScheme = "mongodb.catch-up";
    public const string RangeScheme = "mongodb.range";
    public const string TokenScheme = "mongodb.token";

    private const string EndMark = ".end";
    private const int OffsetDigits = 16;
    private const int OplogIndexDigits = 4;

    /// <summary>Bytes of the longest row position.</summary>
    public const int MaxRowPosition = 64;

    public static Position Dump(string fingerprint, long offset, bool atEnd) =>
        new(string.Create(CultureInfo.InvariantCulture, $"{DumpScheme}/{fingerprint}/{offset:D16}{(atEnd ? EndMark : "")}"));

    public static Position Oplog(ulong timestamp) =>
        new(string.Create(CultureInfo.InvariantCulture, $"{OplogScheme}/{(uint)(timestamp >> 32):x8}.{(uint)timestamp:x8}"));

    /// <summary>A place in the log up to which collections that were included later have caught up.</summary>
    /// <param name="id">Which catching up it is.</param>
    /// <param name="timestamp">The entry.</param>
    /// <param name="atEnd">True where they have missed nothing any more.</param>
    public static Position CatchUp(string id, ulong timestamp, bool atEnd) =>
        new($"{CatchUpScheme}/{id}/{Oplog(timestamp).Value}{(atEnd ? EndMark : "")}");

    /// <summary>Prints an oplog timestamp for people.</summary>
    public static string Describe(ulong timestamp)
    {
        DateTimeOffset time = DateTimeOffset.FromUnixTimeSeconds((long)(timestamp >> 32));
        return string.Create(CultureInfo.InvariantCulture, $"{time:yyyy-MM-dd'T'HH:mm:ss'Z'} ({(uint)(timestamp >> 32):x8}.{(uint)timestamp:x8})");
    }

    public static (string Fingerprint, long Offset, bool AtEnd) ParseDump(Position position)
    {
        string value = position.Value;
        int slash = value.IndexOf('/', StringComparison.Ordinal);
        bool atEnd = value.EndsWith(EndMark, StringComparison.Ordinal);
        ReadOnlySpan<char> digits = slash < 0 ? default : value.AsSpan(slash + 1, value.Length - slash - 1 - (atEnd ? EndMark.Length : 0));
        if (position.Scheme != DumpScheme || !long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out long offset))
        {
            return Invalid<(string, long, bool)>(position, $"{DumpScheme}/FINGERPRINT/OFFSET");
        }

        return (value[..slash], offset, atEnd);
    }

    public static ulong ParseOplog(Position position) =>
        position.Scheme == OplogScheme && TryParseTimestamp(position.Value, out ulong timestamp)
            ? timestamp
            : Invalid<ulong>(position, $"{OplogScheme}/SSSSSSSS.IIIIIIII (hex)");

    public static (string Id, ulong Timestamp, bool AtEnd) ParseCatchUp(Position position)
    {
        string value = position.Value;
        int slash = value.IndexOf('/', StringComparison.Ordinal);
        bool atEnd = value.EndsWith(EndMark, StringComparison.Ordinal);
        ReadOnlySpan<char> place = slash < 0 ? default : value.AsSpan(slash + 1, value.Length - slash - 1 - (atEnd ? EndMark.Length : 0));
        return position.Scheme == CatchUpScheme && TryParseTimestamp(place, out ulong timestamp)
            ? (value[..slash], timestamp, atEnd)
            : Invalid<(string, ulong, bool)>(position, $"{CatchUpScheme}/ID/SSSSSSSS.IIIIIIII (hex)");
    }

    /// <summary>Reads <c>SSSSSSSS.IIIIIIII</c> (hex).</summary>
    public static bool TryParseTimestamp(ReadOnlySpan<char> text, out ulong timestamp)
    {
        timestamp = 0;
        if (text.Length != 17 || text[8] != '.'
            || !uint.TryParse(text[..8], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out uint seconds)
            || !uint.TryParse(text[9..], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out uint increment))
        {
            return false;
        }

        timestamp = ((ulong)seconds << 32) | increment;
        return true;
    }

    /// <summary>Writes a snapshot row's position.</summary>
    /// <returns>Bytes written.</returns>
    public static int FormatDumpRow(long offset, Span<byte> target)
    {
        "mongodb.dump/"u8.CopyTo(target);
        int at = DumpScheme.Length + 1;
        for (int i = OffsetDigits - 1; i >= 0; i--)
        {
            (offset, long digit) = Math.DivRem(offset, 10);
            target[at + i] = (byte)('0' + digit);
        }

        return at + OffsetDigits;
    }

    /// <summary>Writes a change's position: the entry's timestamp and the place of the change in it.</summary>
    /// <returns>Bytes written.</returns>
    public static int FormatOplogRow(ulong timestamp, int index, Span<byte> target)
    {
        "mongodb.oplog/"u8.CopyTo(target);
        int at = OplogScheme.Length + 1;
        WriteHex((uint)(timestamp >> 32), target.Slice(at, 8));
        target[at + 8] = (byte)'.';
        WriteHex((uint)timestamp, target.Slice(at + 9, 8));
        target[at + 17] = (byte)'.';

        // Four digits are the rule; a longer index starts with a letter past f, one for each extra digit, so that order stays ordinal.
        int digits = OplogIndexDigits;
        at += 18;
        while (digits < 8 && (uint)index >> (4 * digits) != 0)
        {
            target[at++] = (byte)'g';
            digits++;
        }

        WriteHex((uint)index, target.Slice(at, digits));
        return at + digits;
    }

    /// <summary>
    /// Writes the position of a document that was read from a live server: after every change of the log up to the time that the read surely
    /// shows, before every later one.
    /// </summary>
    /// <returns>Bytes written.</returns>
    public static int FormatReadRow(ulong timestamp, Span<byte> target)
    {
        int length = FormatOplogRow(timestamp, 0, target) - OplogIndexDigits;

        // Past every index.
        target[length] = (byte)'s';
        return length + 1;
    }

    private static void WriteHex(uint value, Span<byte> target)
    {
        for (int i = target.Length - 1; i >= 0; i--)
        {
            target[i] = "0123456789abcdef"u8[(int)(value & 15)];
            value >>= 4;
        }
    }

    [DoesNotReturn]
    public static T Invalid<T>(Position position, string form) => throw new MillraceException(
        ErrorCodes.InvalidConfiguration,
        $"'{position}' is not a position of a MongoDB dump or log.",
        $"Write it as {form}, as `millrace checkpoints list` prints it.");
}
