using System.Buffers.Binary;

namespace Millrace.Connectors.PostgreSql.Copy;

/// <summary>
/// The binary form of numeric (<c>numeric_recv</c>): number of base-10000 digits, weight of the first, sign, scale that is shown, then the digits;
/// the decimal point stands between two of them.
/// </summary>
internal static class NumericEncoding
{
    private const int DigitSize = 4;            // decimal digits of one base-10000 digit
    private const int Base = 10_000;
    private const short Negative = 0x4000;
    private const int HeaderSize = 8;
    private const int MaxDigits = 12;           // 38 decimal digits, cut in two by the point
    private const int MaxFastScale = 16;        // so that a fraction padded to whole digits fits 64 bits

    private static ReadOnlySpan<ulong> PowersOfTen =>
    [
        1, 10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000, 1_000_000_000, 10_000_000_000, 100_000_000_000,
        1_000_000_000_000, 10_000_000_000_000, 100_000_000_000_000, 1_000_000_000_000_000, 10_000_000_000_000_000,
    ];

    /// <summary>Writes length and value.</summary>
    /// <param name="buffer">Where to.</param>
    /// <param name="unscaled">The digits.</param>
    /// <param name="scale">Digits after the point, 0 to 38.</param>
    public static void Write(CopyBuffer buffer, Int128 unscaled, int scale)
    {
        Span<short> digits = stackalloc short[MaxDigits];
        UInt128 magnitude = (UInt128)(unscaled < 0 ? -unscaled : unscaled);
        int fractions = (scale + DigitSize - 1) / DigitSize;
        int integers = magnitude <= ulong.MaxValue && scale <= MaxFastScale
            ? Split((ulong)magnitude, scale, fractions, digits)
            : SplitWide(magnitude, scale, fractions, digits);
        int count = integers + fractions;
        int first = 0;
        while (first < count && digits[first] == 0)
        {
            first++;
        }

        while (count > first && digits[count - 1] == 0)
        {
            count--;
        }

        Span<byte> field = buffer.Take(sizeof(int) + HeaderSize + ((count - first) * sizeof(short)));
        BinaryPrimitives.WriteInt32BigEndian(field, field.Length - sizeof(int));
        BinaryPrimitives.WriteInt16BigEndian(field[4..], (short)(count - first));
        BinaryPrimitives.WriteInt16BigEndian(field[6..], count == first ? (short)0 : (short)(integers - 1 - first));
        BinaryPrimitives.WriteInt16BigEndian(field[8..], unscaled < 0 ? Negative : (short)0);
        BinaryPrimitives.WriteInt16BigEndian(field[10..], (short)scale);
        for (int i = first; i < count; i++)
        {
            BinaryPrimitives.WriteInt16BigEndian(field[(12 + ((i - first) * sizeof(short)))..], digits[i]);
        }
    }

    // Returns how many of the digits stand before the point.
    private static int Split(ulong magnitude, int scale, int fractions, Span<short> digits)
    {
        (ulong whole, ulong fraction) = Math.DivRem(magnitude, PowersOfTen[scale]);
        int integers = 0;
        for (ulong left = whole; left != 0; left /= Base)
        {
            integers++;
        }

        for (int i = integers - 1; i >= 0; i--)
        {
            digits[i] = (short)(whole % Base);
            whole /= Base;
        }

        fraction *= PowersOfTen[(fractions * DigitSize) - scale];
        for (int i = integers + fractions - 1; i >= integers; i--)
        {
            digits[i] = (short)(fraction % Base);
            fraction /= Base;
        }

        return integers;
    }

    private static int SplitWide(UInt128 magnitude, int scale, int fractions, Span<short> digits)
    {
        // Decimal digits, least first, after the zeros that fill the last base-10000 digit: the point then falls between two of those.
        Span<byte> decimals = stackalloc byte[MaxDigits * DigitSize];
        decimals.Clear();
        for (int i = (fractions * DigitSize) - scale; magnitude != 0; i++)
        {
            (magnitude, UInt128 digit) = UInt128.DivRem(magnitude, 10);
            decimals[i] = (byte)digit;
        }

        int total = MaxDigits;
        while (total > fractions && decimals.Slice((total - 1) * DigitSize, DigitSize).IndexOfAnyExcept((byte)0) < 0)
        {
            total--;
        }

        for (int i = 0; i < total; i++)
        {
            ReadOnlySpan<byte> four = decimals.Slice((total - 1 - i) * DigitSize, DigitSize);
            digits[i] = (short)((four[3] * 1000) + (four[2] * 100) + (four[1] * 10) + four[0]);
        }

        return total - fractions;
    }
}
