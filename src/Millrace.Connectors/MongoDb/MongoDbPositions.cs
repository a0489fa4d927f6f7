using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Millrace.Core.Contracts;
using Millrace.Core.Errors;

namespace Millrace.Connectors.MongoDb;

/// <summary>
/// The printed positions of MongoDB sources. <c>mongodb.dump/FINGERPRINT/OFFSET</c> is a place in a collection's file, <c>.end</c> after it
/// says that nothing follows; <c>mongodb.oplog/SECONDS.INCREMENT</c> (hex) is an entry of the log.
/// Row positions <c>mongodb.dump/OFFSET</c> sort before every <c>mongodb.oplog/…</c>, as a dump's documents are older than the log that goes with it.
/// </summary>
internal static class MongoDbPositions
{
    public const string DumpScheme = "mongodb.dump";
    public const string OplogScheme = "mongodb.oplog";
    public const string CursorScheme = "mongodb.cursor";

    private const string EndMark = ".end";
    private const int OffsetDigits = 16;

    /// <summary>Bytes of the longest row position.</summary>
    public const int MaxRowPosition = 64;

    public static Position Dump(string fingerprint, long offset, bool atEnd) =>
        new(string.Create(CultureInfo.InvariantCulture, $"{DumpScheme}/{fingerprint}/{offset:D16}{(atEnd ? EndMark : "")}"));

    public static Position Oplog(ulong timestamp) =>
        new(string.Create(CultureInfo.InvariantCulture, $"{OplogScheme}/{(uint)(timestamp >> 32):x8}.{(uint)timestamp:x8}"));

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
            Invalid(position, $"{DumpScheme}/FINGERPRINT/OFFSET");
            return default;
        }

        return (value[..slash], offset, atEnd);
    }

    public static ulong ParseOplog(Position position)
    {
        string value = position.Value;
        if (position.Scheme == OplogScheme && value.Length == 17 && value[8] == '.'
            && uint.TryParse(value.AsSpan(0, 8), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out uint seconds)
            && uint.TryParse(value.AsSpan(9), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out uint increment))
        {
            return ((ulong)seconds << 32) | increment;
        }

        Invalid(position, $"{OplogScheme}/SSSSSSSS.IIIIIIII (hex)");
        return 0;
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
        int digits = 4;
        at += 18;
        while (digits < 8 && (uint)index >> (4 * digits) != 0)
        {
            target[at++] = (byte)'g';
            digits++;
        }

        WriteHex((uint)index, target.Slice(at, digits));
        return at + digits;
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
    private static void Invalid(Position position, string form) => throw new MillraceException(
        ErrorCodes.InvalidConfiguration,
        $"'{position}' is not a position of a MongoDB dump or log.",
        $"Write it as {form}, as `millrace checkpoints list` prints it.");
}
