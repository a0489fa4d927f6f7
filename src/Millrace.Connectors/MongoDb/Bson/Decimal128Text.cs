using System.Buffers.Text;
using System.Text;

namespace Millrace.Connectors.MongoDb.Bson;

/// <summary>
/// Text to decimal128 and back, by "Converting Decimal128 to and from string" of MongoDB's BSON Decimal128 specification
/// (itself after the General Decimal Arithmetic specification, to-scientific-string).
/// </summary>
internal static class Decimal128Text
{
    /// <summary>Enough for sign, 34 digits, point, leading zeros and exponent.</summary>
    public const int MaxLength = 48;

    // More exponent digits than this only say "too large"; their value would overflow.
    private const long ExponentCap = 1_000_000_000;

    /// <summary>Writes the canonical text and returns its length.</summary>
    public static int Format(Decimal128 value, Span<byte> destination)
    {
        if (value.IsNaN)
        {
            "NaN"u8.CopyTo(destination);
            return 3;
        }

        var at = 0;
        if (value.IsNegative)
        {
            destination[at++] = (byte)'-';
        }

        if (value.IsInfinity)
        {
            "Infinity"u8.CopyTo(destination[at..]);
            return at + 8;
        }

        Span<byte> digits = stackalloc byte[Decimal128.MaxDigits];
        value.Coefficient.TryFormat(digits, out var count, default, null);
        digits = digits[..count];
        var adjusted = value.Exponent + count - 1;
        return at + (value.Exponent <= 0 && adjusted >= -6
            ? FormatPlain(digits, value.Exponent, destination[at..])
            : FormatScientific(digits, adjusted, destination[at..]));
    }

    /// <summary>Reads a decimal128; false when it is malformed, out of range or would be rounded.</summary>
    public static bool TryParse(ReadOnlySpan<byte> text, out Decimal128 value)
    {
        value = default;
        var negative = TakeSign(ref text);
        if (text.IsEmpty)
        {
            return false;
        }

        if (!char.IsAsciiDigit((char)text[0]) && text[0] != '.')
        {
            return TryParseSpecial(text, negative, out value);
        }

        return TryParseDigits(ref text, out var coefficient, out var exponent)
            && TryParseExponent(text, ref exponent)
            && TryNormalize(negative, coefficient, exponent, out value);
    }

    /// <summary>Brings coefficient and exponent into range without changing the value, padding or stripping zeros.</summary>
    public static bool TryNormalize(bool negative, UInt128 coefficient, long exponent, out Decimal128 value)
    {
        value = default;
        var limit = PowersOfTen.UInt128(Decimal128.MaxDigits);
        if (coefficient == UInt128.Zero)
        {
            exponent = Math.Clamp(exponent, Decimal128.MinExponent, Decimal128.MaxExponent);
        }

        while (coefficient >= limit || exponent < Decimal128.MinExponent)
        {
            var (quotient, remainder) = UInt128.DivRem(coefficient, 10);
            if (remainder != UInt128.Zero)
            {
                return false;
            }

            coefficient = quotient;
            exponent++;
        }

        while (exponent > Decimal128.MaxExponent)
        {
            coefficient *= 10;
            exponent--;
            if (coefficient >= limit)
            {
                return false;
            }
        }

        value = Decimal128.FromParts(negative, coefficient, (int)exponent);
        return true;
    }

    private static int FormatPlain(ReadOnlySpan<byte> digits, int exponent, Span<byte> destination)
    {
        if (exponent == 0)
        {
            digits.CopyTo(destination);
            return digits.Length;
        }

        var whole = digits.Length + exponent;
        if (whole > 0)
        {
            digits[..whole].CopyTo(destination);
            destination[whole] = (byte)'.';
            digits[whole..].CopyTo(destination[(whole + 1)..]);
            return digits.Length + 1;
        }

        "0."u8.CopyTo(destination);
        destination.Slice(2, -whole).Fill((byte)'0');
        digits.CopyTo(destination[(2 - whole)..]);
        return 2 - whole + digits.Length;
    }

    private static int FormatScientific(ReadOnlySpan<byte> digits, int adjusted, Span<byte> destination)
    {
        var at = 0;
        destination[at++] = digits[0];
        if (digits.Length > 1)
        {
            destination[at++] = (byte)'.';
            digits[1..].CopyTo(destination[at..]);
            at += digits.Length - 1;
        }

        destination[at++] = (byte)'E';
        destination[at++] = adjusted < 0 ? (byte)'-' : (byte)'+';
        Utf8Formatter.TryFormat(Math.Abs(adjusted), destination[at..], out var written);
        return at + written;
    }

    private static bool TakeSign(ref ReadOnlySpan<byte> text)
    {
        if (text.IsEmpty || (text[0] != '-' && text[0] != '+'))
        {
            return false;
        }

        var negative = text[0] == '-';
        text = text[1..];
        return negative;
    }

    private static bool TryParseSpecial(ReadOnlySpan<byte> text, bool negative, out Decimal128 value)
    {
        if (Ascii.EqualsIgnoreCase(text, "nan"u8))
        {
            value = Decimal128.NaN;
            return true;
        }

        value = negative ? Decimal128.NegativeInfinity : Decimal128.PositiveInfinity;
        return Ascii.EqualsIgnoreCase(text, "inf"u8) || Ascii.EqualsIgnoreCase(text, "infinity"u8);
    }

    /// <summary>Reads digits and point from the front of <paramref name="text"/>. Zeros that exceed 38 digits move to the exponent.</summary>
    private static bool TryParseDigits(ref ReadOnlySpan<byte> text, out UInt128 coefficient, out long exponent)
    {
        coefficient = 0;
        exponent = 0;
        var room = PowersOfTen.UInt128(PowersOfTen.MaxInt128Power - 1);
        var seenPoint = false;
        var seenDigit = false;
        var at = 0;
        for (; at < text.Length; at++)
        {
            var digit = text[at] - '0';
            if (text[at] == '.' && !seenPoint)
            {
                seenPoint = true;
                continue;
            }

            if ((uint)digit > 9)
            {
                break;
            }

            seenDigit = true;
            if (coefficient < room)
            {
                coefficient = (coefficient * 10) + (uint)digit;
                exponent -= seenPoint ? 1 : 0;
                continue;
            }

            if (digit != 0)
            {
                return false;
            }

            exponent += seenPoint ? 0 : 1;
        }

        text = text[at..];
        return seenDigit;
    }

    private static bool TryParseExponent(ReadOnlySpan<byte> text, ref long exponent)
    {
        if (text.IsEmpty)
        {
            return true;
        }

        if (text[0] is not ((byte)'e' or (byte)'E'))
        {
            return false;
        }

        text = text[1..];
        var negative = TakeSign(ref text);
        if (text.IsEmpty)
        {
            return false;
        }

        long written = 0;
        foreach (var c in text)
        {
            if (!char.IsAsciiDigit((char)c))
            {
                return false;
            }

            written = Math.Min((written * 10) + (c - '0'), ExponentCap);
        }

        exponent += negative ? -written : written;
        return true;
    }
}
