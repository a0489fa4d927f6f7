using System.Buffers;
using System.Buffers.Text;
using System.Runtime.CompilerServices;
using System.Text.Unicode;

using Millrace.Core.Errors;

namespace Millrace.Connectors.MongoDb.Bson;

/// <summary>
/// JSON fragments straight into an <see cref="IBufferWriter{T}"/>, through one span at a time. <see cref="Flush"/> hands over
/// what was written last.
/// </summary>
internal ref struct JsonSink
{
    private const int SmallestSpan = 256;
    private const int LongestNumber = 32;
    private const int LongestPlain = 24;

    // Amounts of money, and coordinates.
    private const long TwoPlaces = 100;
    private const long NinePlaces = 1_000_000_000;

    // Four characters for three bytes have to fit into one span.
    private const int LongestBase64Input = 1_500_000_000;
    private const long MillisPerSecond = 1000;
    private const long MillisPerDay = 86_400_000;
    private const int DayNumberOfEpoch = 719_162;

    private static readonly SearchValues<byte> Escaped = SearchValues.Create(BytesToEscape());

    private readonly IBufferWriter<byte> _output;
    private Span<byte> _span;
    private int _used;

    public JsonSink(IBufferWriter<byte> output)
    {
        _output = output;
        _span = output.GetSpan(SmallestSpan);
    }

    /// <summary>Hands over what was written. Nothing may be written after.</summary>
    public void Flush()
    {
        _output.Advance(_used);
        _used = 0;
        _span = default;
    }

    /// <summary>At least <paramref name="count"/> bytes to write to; <see cref="Advance"/> says how many were.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Span<byte> Reserve(int count)
    {
        if (count > _span.Length - _used)
        {
            Grow(count);
        }

        return _span[_used..];
    }

    public void Advance(int count) => _used += count;

    public void Write(byte value)
    {
        Reserve(1)[0] = value;
        _used++;
    }

    /// <summary>Copies bytes that are JSON already.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Write(scoped ReadOnlySpan<byte> json)
    {
        json.CopyTo(Reserve(json.Length));
        _used += json.Length;
    }

    public void WriteNumber(long value)
    {
        Utf8Formatter.TryFormat(value, Reserve(LongestNumber), out var written);
        _used += written;
    }

    /// <summary>Writes the shortest text that reads back as the same double, and always as a double: 1.0, not 1.</summary>
    public void WriteNumber(double value)
    {
        if (TryWriteDecimals(value, TwoPlaces) || TryWriteDecimals(value, NinePlaces))
        {
            return;
        }

        var target = Reserve(LongestNumber);
        value.TryFormat(target, out var written, default, System.Globalization.CultureInfo.InvariantCulture);
        if (target[..written].IndexOfAny((byte)'.', (byte)'E') < 0)
        {
            ".0"u8.CopyTo(target[written..]);
            written += 2;
        }

        _used += written;
    }

    public void WriteHex(scoped ReadOnlySpan<byte> bytes)
    {
        Convert.TryToHexStringLower(bytes, Reserve(2 * bytes.Length), out var written);
        _used += written;
    }

    public void WriteBase64(scoped ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > LongestBase64Input)
        {
            BsonThrow.TooLarge();
        }

        Base64.EncodeToUtf8(bytes, Reserve(Base64.GetMaxEncodedToUtf8Length(bytes.Length)), out _, out var written);
        _used += written;
    }

    /// <summary>Writes <c>yyyy-MM-ddTHH:mm:ss[.fff]Z</c>.</summary>
    /// <param name="millis">Milliseconds since 1970, not before it and before the year 10000.</param>
    public void WriteIsoDate(long millis)
    {
        var (year, month, day) = DateOnly.FromDayNumber((int)(millis / MillisPerDay) + DayNumberOfEpoch);
        var seconds = (int)(millis % MillisPerDay / MillisPerSecond);
        var target = Reserve(LongestNumber);
        WritePair(target, 0, year / 100);
        WritePair(target, 2, year % 100);
        target[4] = (byte)'-';
        WritePair(target, 5, month);
        target[7] = (byte)'-';
        WritePair(target, 8, day);
        target[10] = (byte)'T';
        WritePair(target, 11, seconds / 3600);
        target[13] = (byte)':';
        WritePair(target, 14, seconds / 60 % 60);
        target[16] = (byte)':';
        WritePair(target, 17, seconds % 60);
        _used += 19;
        WriteMillisAndZone(target[19..], (int)(millis % MillisPerSecond));
    }

    /// <summary>Writes a JSON string, quotes included.</summary>
    /// <exception cref="MillraceException">MR1101 when the bytes are not UTF-8.</exception>
    public void WriteText(scoped ReadOnlySpan<byte> utf8)
    {
        if (utf8.Length <= LongestPlain && TryWritePlain(utf8))
        {
            return;
        }

        if (!Utf8.IsValid(utf8))
        {
            BsonThrow.Corrupt(0, BsonErrorReason.InvalidUtf8);
        }

        Write((byte)'"');
        while (true)
        {
            var clean = utf8.IndexOfAny(Escaped);
            if (clean < 0)
            {
                Write(utf8);
                break;
            }

            Write(utf8[..clean]);
            WriteEscape(utf8[clean]);
            utf8 = utf8[(clean + 1)..];
        }

        Write((byte)'"');
    }

    /// <summary>
    /// Writes a double that is a decimal of few places, which most are, several times faster than the general way. With no more
    /// than 15 digits, digits / power is the nearest double to that decimal (both are exact, and division rounds once), and no
    /// other decimal of 15 digits has the same nearest double: so it is the shortest text.
    /// </summary>
    private bool TryWriteDecimals(double value, long power)
    {
        const double fifteenDigits = 1e15;
        var digits = Math.Round(Math.Abs(value) * power);

        // Written so that NaN fails too. Zero goes the general way, which keeps its sign.
        if (!(digits is > 0 and < fifteenDigits && digits / power == Math.Abs(value)))
        {
            return false;
        }

        var target = Reserve(LongestNumber);
        var at = 0;
        if (value < 0)
        {
            target[at++] = (byte)'-';
        }

        var (whole, fraction) = Math.DivRem((long)digits, power);
        Utf8Formatter.TryFormat(whole, target[at..], out var written);
        at += written;
        target[at++] = (byte)'.';
        do
        {
            power /= 10;
            var (digit, rest) = Math.DivRem(fraction, power);
            target[at++] = (byte)('0' + digit);
            fraction = rest;
        }
        while (fraction != 0);
        _used += at;
        return true;
    }

    /// <summary>Writes a short text that needs no escape and is ASCII, in one pass. Writes nothing where it is neither.</summary>
    private bool TryWritePlain(scoped ReadOnlySpan<byte> text)
    {
        var target = Reserve(LongestPlain + 2)[..(text.Length + 2)];
        target[0] = (byte)'"';
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            if (c is < 0x20 or >= 0x80 or (byte)'"' or (byte)'\\')
            {
                return false;
            }

            target[i + 1] = c;
        }

        target[^1] = (byte)'"';
        _used += target.Length;
        return true;
    }

    private void WriteEscape(byte value)
    {
        ReadOnlySpan<byte> text = value switch
        {
            (byte)'"' => "\\\""u8,
            (byte)'\\' => "\\\\"u8,
            (byte)'\b' => "\\b"u8,
            (byte)'\f' => "\\f"u8,
            (byte)'\n' => "\\n"u8,
            (byte)'\r' => "\\r"u8,
            (byte)'\t' => "\\t"u8,
            _ => default,
        };
        if (!text.IsEmpty)
        {
            Write(text);
            return;
        }

        Write("\\u00"u8);
        WriteHex([value]);
    }

    private void WriteMillisAndZone(Span<byte> target, int millis)
    {
        if (millis == 0)
        {
            target[0] = (byte)'Z';
            _used++;
            return;
        }

        target[0] = (byte)'.';
        target[1] = (byte)('0' + (millis / 100));
        WritePair(target, 2, millis % 100);
        target[4] = (byte)'Z';
        _used += 5;
    }

    private static void WritePair(Span<byte> target, int at, int value)
    {
        target[at] = (byte)('0' + (value / 10));
        target[at + 1] = (byte)('0' + (value % 10));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Grow(int count)
    {
        _output.Advance(_used);
        _used = 0;
        _span = _output.GetSpan(Math.Max(count, SmallestSpan));
    }

    private static byte[] BytesToEscape()
    {
        const int controls = 0x20;
        var bytes = new byte[controls + 2];
        for (var i = 0; i < controls; i++)
        {
            bytes[i] = (byte)i;
        }

        bytes[controls] = (byte)'"';
        bytes[controls + 1] = (byte)'\\';
        return bytes;
    }
}
