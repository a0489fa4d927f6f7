using System.Buffers;
using System.Buffers.Text;
using System.Diagnostics;
using System.Text;
using Millrace.Core.Schemas;

namespace Millrace.Core.Batches;

/// <summary>
/// The canonical text of a value: what a mask hashes, what a text variant column holds and what quarantine shows. Culture-free and exact:
/// <c>true</c>, <c>-12</c>, <c>12.5</c> (no zeros after the last digit of a fraction: the scale is the column's, not the value's), shortest round-trip floats (<c>NaN</c>, <c>Infinity</c>),
/// <c>2026-11-21</c>, <c>23:59:59.1234567</c>, <c>2026-11-21T10:00:00.123Z</c> (no <c>Z</c> where naive; years outside 1 to 9999 as signed
/// years), lower-case UUIDs, base64 for bytes, JSON as it stands.
/// </summary>
public static class ValueText
{
    /// <summary>More than any fixed-length value's text takes.</summary>
    private const int MaxFixedLength = 64;

    /// <summary>Appends the text of a row that holds a value, as UTF-8.</summary>
    public static void Write(Column column, int row, IBufferWriter<byte> output)
    {
        ArgumentNullException.ThrowIfNull(column);
        ArgumentNullException.ThrowIfNull(output);
        if (column is VarColumn bytes)
        {
            WriteVariable(bytes, row, output);
            return;
        }

        output.Advance(Format(column, row, output.GetSpan(MaxFixedLength)));
    }

    /// <summary>The text of a row that holds a value.</summary>
    public static string Of(Column column, int row)
    {
        var buffer = new ArrayBufferWriter<byte>();
        Write(column, row, buffer);
        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    private static void WriteVariable(VarColumn column, int row, IBufferWriter<byte> output)
    {
        ReadOnlySpan<byte> value = column[row];
        if (column.Type.Kind != TypeKind.Bytes)
        {
            output.Write(value);
            return;
        }

        Span<byte> target = output.GetSpan(Base64.GetMaxEncodedToUtf8Length(value.Length));
        Base64.EncodeToUtf8(value, target, out _, out int written);
        output.Advance(written);
    }

    private static int Format(Column column, int row, Span<byte> output) => column switch
    {
        Column<bool> c => Copy(c.Values[row] ? "true"u8 : "false"u8, output),
        Column<short> c => Format(c.Values[row], output),
        Column<int> c when c.Type.Kind == TypeKind.Date => FormatDate(c.Values[row], output),
        Column<int> c => Format(c.Values[row], output),
        Column<long> c when c.Type.Kind == TypeKind.Time => FormatTime(c.Values[row], c.Type.Precision, output),
        Column<long> c when c.Type.Kind == TypeKind.Timestamp => FormatTimestamp(c.Values[row], c.Type, output),
        Column<long> c => Format(c.Values[row], output),
        Column<float> c => Format(c.Values[row], output),
        Column<double> c => Format(c.Values[row], output),
        Column<Int128> c => FormatDecimal(c.Values[row], c.Type.Scale, output),
        Column<Guid> c => Format(c.Values[row], output),
        _ => throw new UnreachableException(),
    };

    private static int Format<T>(T value, Span<byte> output)
        where T : IUtf8SpanFormattable
    {
        value.TryFormat(output, out int written, default, null);
        return written;
    }

    private static int FormatDecimal(Int128 value, int scale, Span<byte> output)
    {
        Span<byte> digits = stackalloc byte[48];
        int count = Format(value < 0 ? -value : value, digits);
        int at = value < 0 ? Copy("-"u8, output) : 0;
        for (; scale > 0 && digits[count - 1] == (byte)'0'; scale--)
        {
            count = Math.Max(count - 1, 1);
        }

        int whole = Math.Max(count - scale, 0);
        at += whole == 0 ? Copy("0"u8, output[at..]) : Copy(digits[..whole], output[at..]);
        if (scale > 0)
        {
            output[at++] = (byte)'.';
            int zeros = Math.Max(scale - count, 0);
            output.Slice(at, zeros).Fill((byte)'0');
            at += zeros;
            at += Copy(digits[whole..count], output[at..]);
        }

        return at;
    }

    private static int FormatDate(int days, Span<byte> output)
    {
        // Days to civil date, Howard Hinnant's algorithm (chrono-Compatible Low-Level Date Algorithms): valid for every int, unlike DateOnly.
        long shifted = days + 719_468L;
        long era = Math.DivRem(shifted >= 0 ? shifted : shifted - 146_096, 146_097).Quotient;
        long dayOfEra = shifted - (era * 146_097);
        long yearOfEra = (dayOfEra - (dayOfEra / 1460) + (dayOfEra / 36_524) - (dayOfEra / 146_096)) / 365;
        long dayOfYear = dayOfEra - ((365 * yearOfEra) + (yearOfEra / 4) - (yearOfEra / 100));
        long marchMonth = ((5 * dayOfYear) + 2) / 153;
        long day = dayOfYear - (((153 * marchMonth) + 2) / 5) + 1;
        long month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9;
        long year = yearOfEra + (era * 400) + (month <= 2 ? 1 : 0);
        int at = FormatYear(year, output);
        output[at++] = (byte)'-';
        at += FormatDigits(month, 2, output[at..]);
        output[at++] = (byte)'-';
        return at + FormatDigits(day, 2, output[at..]);
    }

    // ISO 8601 writes years outside 0 to 9999 with a sign.
    private static int FormatYear(long year, Span<byte> output)
    {
        int at = year is >= 0 and <= 9999 ? 0 : Copy(year < 0 ? "-"u8 : "+"u8, output);
        return at + FormatDigits(Math.Abs(year), 4, output[at..]);
    }

    private static int FormatTimestamp(long ticks, LogicalType type, Span<byte> output)
    {
        long day = Math.DivRem(ticks, TimeSpan.TicksPerDay).Quotient;
        long rest = ticks - (day * TimeSpan.TicksPerDay);
        if (rest < 0)
        {
            day--;
            rest += TimeSpan.TicksPerDay;
        }

        int at = FormatDate((int)day, output);
        output[at++] = (byte)'T';
        at += FormatTime(rest, type.Precision, output[at..]);
        return type.IsUtc ? at + Copy("Z"u8, output[at..]) : at;
    }

    private static int FormatTime(long ticks, int precision, Span<byte> output)
    {
        long seconds = ticks / TimeSpan.TicksPerSecond;
        int at = FormatDigits(seconds / 3600, 2, output);
        output[at++] = (byte)':';
        at += FormatDigits(seconds / 60 % 60, 2, output[at..]);
        output[at++] = (byte)':';
        at += FormatDigits(seconds % 60, 2, output[at..]);
        if (precision > 0)
        {
            output[at++] = (byte)'.';
            FormatDigits(ticks % TimeSpan.TicksPerSecond, 7, output[at..]);
            at += precision;
        }

        return at;
    }

    private static int FormatDigits(long value, int width, Span<byte> output)
    {
        Span<byte> digits = stackalloc byte[20];
        int count = Format(value, digits);
        int zeros = Math.Max(width - count, 0);
        output[..zeros].Fill((byte)'0');
        digits[..count].CopyTo(output[zeros..]);
        return zeros + count;
    }

    private static int Copy(ReadOnlySpan<byte> text, Span<byte> output)
    {
        text.CopyTo(output);
        return text.Length;
    }
}
