using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace Millrace.Connectors.PostgreSql.Copy;

/// <summary>Reads the binary form of numeric (<c>numeric_send</c>); its layout is told at <see cref="NumericEncoding"/>.</summary>
internal static class NumericDecoding
{
    private const int HeaderSize = 8;
    private const int DigitSize = 4;
    private const int Base = 10_000;
    private const int MostDigits = 38;
    private const int MostFastDigits = 4;
    private const ushort Negative = 0x4000;
    private const ushort NotANumber = 0xC000;
    private const ushort PositiveInfinity = 0xD000;
    private const ushort NegativeInfinity = 0xF000;

    private static readonly UInt128[] Powers = PowersOfTen();

    /// <summary>Reads a value as a scaled integer.</summary>
    /// <param name="value">The binary form.</param>
    /// <param name="scale">The scale that is wanted, or null for the least that holds the value.</param>
    /// <param name="unscaled">The digits.</param>
    /// <param name="found">Their scale.</param>
    /// <returns>False where it is no finite number or has more than 38 digits.</returns>
    public static bool TryRead(ReadOnlySpan<byte> value, int? scale, out Int128 unscaled, out int found)
    {
        unscaled = 0;
        found = scale ?? 0;
        int digits = BinaryPrimitives.ReadInt16BigEndian(value);
        ushort sign = BinaryPrimitives.ReadUInt16BigEndian(value[4..]);
        if (sign is not (0 or Negative))
        {
            return false;
        }

        if (digits == 0)
        {
            return true;
        }

        // value = all * 10 to the power of exponent
        int exponent = (BinaryPrimitives.ReadInt16BigEndian(value[2..]) - digits + 1) * DigitSize;
        if (!TryGather(value[HeaderSize..], digits, out UInt128 all))
        {
            return TryReadLong(value, sign, scale, out unscaled, out found);
        }

        if (scale is null)
        {
            while (exponent < 0 && all % 10 == 0)
            {
                all /= 10;
                exponent++;
            }

            found = Math.Max(-exponent, 0);
        }

        int shift = exponent + found;
        if (shift > 0)
        {
            if (shift > MostDigits || all >= Powers[MostDigits - shift])
            {
                return false;
            }

            all *= Powers[shift];
        }
        else if (shift < 0)
        {
            all /= Powers[-shift];
        }

        if (all >= Powers[MostDigits] || found > MostDigits)
        {
            return false;
        }

        unscaled = sign == Negative ? -(Int128)all : (Int128)all;
        return true;
    }

    /// <summary>The text of a value, as PostgreSQL prints it.</summary>
    public static string Text(ReadOnlySpan<byte> value)
    {
        int digits = BinaryPrimitives.ReadInt16BigEndian(value);
        int weight = BinaryPrimitives.ReadInt16BigEndian(value[2..]);
        ushort sign = BinaryPrimitives.ReadUInt16BigEndian(value[4..]);
        int scale = BinaryPrimitives.ReadUInt16BigEndian(value[6..]);
        switch (sign)
        {
            case NotANumber:
                return "NaN";
            case PositiveInfinity:
                return "Infinity";
            case NegativeInfinity:
                return "-Infinity";
        }

        var text = new StringBuilder();
        for (int i = 0; i <= weight; i++)
        {
            text.Append(Digit(value, i, digits).ToString("D4", CultureInfo.InvariantCulture));
        }

        string whole = text.ToString().TrimStart('0');
        text.Clear().Append(sign == Negative ? "-" : "").Append(whole.Length == 0 ? "0" : whole);
        if (scale > 0)
        {
            text.Append('.');
            int end = text.Length + scale;
            for (int i = weight + 1; text.Length < end; i++)
            {
                text.Append((i < 0 ? 0 : Digit(value, i, digits)).ToString("D4", CultureInfo.InvariantCulture));
            }

            text.Length = end;
        }

        return text.ToString();
    }

    // The digits are cut in fours at the point: 38 of them may stand in eleven, which 128 bits hold only without the zeros at both ends.
    private static bool TryReadLong(ReadOnlySpan<byte> value, ushort sign, int? scale, out Int128 unscaled, out int found)
    {
        unscaled = 0;
        found = 0;
        string[] parts = Text(value).TrimStart('-').Split('.');
        string fraction = parts.Length == 1 ? "" : parts[1];
        fraction = scale is { } wanted ? fraction.PadRight(wanted, '0')[..wanted] : fraction.TrimEnd('0');
        string all = (parts[0] + fraction).TrimStart('0');
        if (all.Length > MostDigits || fraction.Length > MostDigits)
        {
            return false;
        }

        found = fraction.Length;
        unscaled = all.Length == 0 ? 0 : Int128.Parse(all, NumberStyles.None, CultureInfo.InvariantCulture);
        unscaled = sign == Negative ? -unscaled : unscaled;
        return true;
    }

    private static int Digit(ReadOnlySpan<byte> value, int index, int digits) =>
        index < digits ? BinaryPrimitives.ReadInt16BigEndian(value[(HeaderSize + (index * sizeof(short)))..]) : 0;

    private static bool TryGather(ReadOnlySpan<byte> digits, int count, out UInt128 all)
    {
        ulong low = 0;
        int at = 0;
        for (; at < Math.Min(count, MostFastDigits); at++)
        {
            low = (low * Base) + BinaryPrimitives.ReadUInt16BigEndian(digits[(at * sizeof(short))..]);
        }

        all = low;
        for (; at < count; at++)
        {
            if (all > (UInt128.MaxValue - (Base - 1)) / Base)
            {
                return false;
            }

            all = (all * Base) + BinaryPrimitives.ReadUInt16BigEndian(digits[(at * sizeof(short))..]);
        }

        return true;
    }

    private static UInt128[] PowersOfTen()
    {
        var powers = new UInt128[MostDigits + 1];
        powers[0] = 1;
        for (int i = 1; i < powers.Length; i++)
        {
            powers[i] = powers[i - 1] * 10;
        }

        return powers;
    }
}
