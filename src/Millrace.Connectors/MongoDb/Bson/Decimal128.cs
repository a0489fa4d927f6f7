using System.Buffers.Binary;
using System.Text;

namespace Millrace.Connectors.MongoDb.Bson;

/// <summary>
/// An IEEE 754-2008 decimal128 in binary integer decimal (BID) encoding, as BSON stores it: up to 34 digits, exponent -6176 to
/// 6111, infinities and NaN. Equality is by bits: 1.0 and 1.00 are two values here (<see cref="BsonCompare"/> compares by value).
/// Text forms follow MongoDB's BSON Decimal128 specification.
/// </summary>
/// <param name="High">Bits 64 to 127.</param>
/// <param name="Low">Bits 0 to 63.</param>
public readonly record struct Decimal128(ulong High, ulong Low)
{
    /// <summary>Bytes of a value in BSON.</summary>
    public const int Size = 16;

    /// <summary>The largest exponent of ten.</summary>
    public const int MaxExponent = 6111;

    /// <summary>The smallest exponent of ten.</summary>
    public const int MinExponent = -6176;

    /// <summary>The most digits a coefficient has.</summary>
    public const int MaxDigits = 34;

    private const ulong SignBit = 1UL << 63;
    private const ulong InfinityBits = 0x7800_0000_0000_0000;
    private const ulong NaNBits = 0x7C00_0000_0000_0000;
    private const ulong CoefficientMask = (1UL << 49) - 1;
    private const int ExponentMask = 0x3FFF;

    /// <summary>Not a number, in its canonical form.</summary>
    public static Decimal128 NaN => new(NaNBits, 0);

    /// <summary>Positive infinity.</summary>
    public static Decimal128 PositiveInfinity => new(InfinityBits, 0);

    /// <summary>Negative infinity.</summary>
    public static Decimal128 NegativeInfinity => new(SignBit | InfinityBits, 0);

    /// <summary>Whether the sign bit is set; true for -0.</summary>
    public bool IsNegative => (High & SignBit) != 0;

    /// <summary>Whether this is not a number.</summary>
    public bool IsNaN => (High & NaNBits) == NaNBits;

    /// <summary>Whether this is an infinity.</summary>
    public bool IsInfinity => (High & NaNBits) == InfinityBits;

    /// <summary>Whether this is a number, neither infinity nor NaN.</summary>
    public bool IsFinite => (High & InfinityBits) != InfinityBits;

    /// <summary>Whether this is a zero of any sign and exponent.</summary>
    public bool IsZero => IsFinite && Coefficient == UInt128.Zero;

    /// <summary>The digits as an integer, below 10^34, without sign. A coefficient that the standard calls non-canonical is 0.</summary>
    public UInt128 Coefficient
    {
        get
        {
            if (HasLargeCoefficient)
            {
                return UInt128.Zero;
            }

            var value = new UInt128(High & CoefficientMask, Low);
            return value < PowersOfTen.UInt128(MaxDigits) ? value : UInt128.Zero;
        }
    }

    /// <summary>The power of ten that the coefficient is multiplied by.</summary>
    public int Exponent => ((int)(High >> (HasLargeCoefficient ? 47 : 49)) & ExponentMask) + MinExponent;

    // Both bits set mean a coefficient of 2^113 and more, which is above 10^34 for every decimal128.
    private bool HasLargeCoefficient => (High & 0x6000_0000_0000_0000) == 0x6000_0000_0000_0000;

    /// <summary>Reads a value from its 16 little-endian bytes.</summary>
    public static Decimal128 Read(ReadOnlySpan<byte> bytes) => new(
        BinaryPrimitives.ReadUInt64LittleEndian(bytes[sizeof(ulong)..]),
        BinaryPrimitives.ReadUInt64LittleEndian(bytes));

    /// <summary>Makes a finite value from its parts.</summary>
    /// <param name="negative">The sign.</param>
    /// <param name="coefficient">The digits as an integer, below 10^34.</param>
    /// <param name="exponent">The power of ten, <see cref="MinExponent"/> to <see cref="MaxExponent"/>.</param>
    public static Decimal128 FromParts(bool negative, UInt128 coefficient, int exponent)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(coefficient, PowersOfTen.UInt128(MaxDigits));
        ArgumentOutOfRangeException.ThrowIfLessThan(exponent, MinExponent);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(exponent, MaxExponent);
        var high = ((ulong)(exponent - MinExponent) << 49) | (ulong)(coefficient >> 64);
        return new Decimal128(negative ? high | SignBit : high, (ulong)coefficient);
    }

    /// <summary>Makes a value from an integer and a count of decimals: unscaled / 10^scale.</summary>
    /// <returns>False when it has more than 34 digits; never rounds.</returns>
    public static bool TryFromScaled(Int128 unscaled, int scale, out Decimal128 value)
    {
        var negative = Int128.IsNegative(unscaled);
        var coefficient = negative ? (UInt128)(-(unscaled + 1)) + 1 : (UInt128)unscaled;
        return Decimal128Text.TryNormalize(negative, coefficient, -(long)scale, out value);
    }

    /// <summary>Reads a number, <c>Infinity</c>, <c>Inf</c> or <c>NaN</c> (any case, with an optional sign).</summary>
    /// <param name="utf8">The text, nothing around it.</param>
    /// <param name="value">The value; its exponent is as written (1.10 keeps its zero).</param>
    /// <returns>False when it is not a number, or would have to be rounded.</returns>
    public static bool TryParse(ReadOnlySpan<byte> utf8, out Decimal128 value) => Decimal128Text.TryParse(utf8, out value);

    /// <inheritdoc cref="TryParse(ReadOnlySpan{byte}, out Decimal128)"/>
    /// <exception cref="FormatException">It is not a decimal128.</exception>
    public static Decimal128 Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return TryParse(Encoding.UTF8.GetBytes(text), out var value)
            ? value
            : throw new FormatException($"'{text}' is not a decimal128, or has more than 34 digits.");
    }

    /// <summary>Writes the 16 little-endian bytes.</summary>
    public void Write(Span<byte> destination)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(destination[sizeof(ulong)..], High);
        BinaryPrimitives.WriteUInt64LittleEndian(destination, Low);
    }

    /// <summary>Gives the value as an integer and a count of decimals, exactly: value = unscaled / 10^scale.</summary>
    /// <param name="unscaled">At most 38 digits. The sign of a negative zero is not in it.</param>
    /// <param name="scale">0 to 38; as written in the value (1.10 has 2) unless that would not fit.</param>
    /// <returns>False for NaN, infinities and what does not fit in 38 digits.</returns>
    public bool TryToScaled(out Int128 unscaled, out int scale)
    {
        unscaled = 0;
        scale = 0;
        if (!IsFinite)
        {
            return false;
        }

        var coefficient = Coefficient;
        scale = Math.Clamp(-Exponent, 0, PowersOfTen.MaxInt128Power);
        return Rescale(coefficient, Exponent + scale, out unscaled);
    }

    /// <summary>Gives the value as an integer at a given count of decimals, exactly.</summary>
    /// <param name="scale">0 to 38.</param>
    /// <param name="unscaled">value × 10^scale, at most 38 digits.</param>
    /// <returns>False for NaN, infinities, what does not fit in 38 digits and what has more decimals than <paramref name="scale"/>.</returns>
    public bool TryToScaled(int scale, out Int128 unscaled)
    {
        unscaled = 0;
        return IsFinite && Rescale(Coefficient, Exponent + scale, out unscaled);
    }

    /// <summary>The nearest double; infinities and NaN carry over.</summary>
    public double ToDouble()
    {
        Span<byte> text = stackalloc byte[Decimal128Text.MaxLength];
        var length = Decimal128Text.Format(this, text);
        return double.Parse(text[..length], System.Globalization.CultureInfo.InvariantCulture);
    }

    /// <summary>Writes the canonical text.</summary>
    /// <param name="destination">At least 48 bytes are always enough.</param>
    /// <returns>Bytes written.</returns>
    public int Format(Span<byte> destination) => Decimal128Text.Format(this, destination);

    /// <summary>The canonical text, as MongoDB prints it: <c>1.10</c>, <c>1E+3</c>, <c>Infinity</c>, <c>NaN</c>.</summary>
    public override string ToString()
    {
        Span<byte> text = stackalloc byte[Decimal128Text.MaxLength];
        return Encoding.ASCII.GetString(text[..Decimal128Text.Format(this, text)]);
    }

    /// <summary>coefficient × 10^power as an integer, when it is one and fits.</summary>
    private bool Rescale(UInt128 coefficient, int power, out Int128 result)
    {
        result = 0;
        if (coefficient == UInt128.Zero || power == 0)
        {
            result = Signed(coefficient);
            return true;
        }

        if (power < 0)
        {
            if (power < -MaxDigits)
            {
                return false;
            }

            var (quotient, remainder) = UInt128.DivRem(coefficient, PowersOfTen.UInt128(-power));
            result = Signed(quotient);
            return remainder == UInt128.Zero;
        }

        if (power > PowersOfTen.MaxInt128Power
            || coefficient >= PowersOfTen.UInt128(PowersOfTen.MaxInt128Power - power))
        {
            return false;
        }

        result = Signed(coefficient * PowersOfTen.UInt128(power));
        return true;
    }

    private Int128 Signed(UInt128 magnitude) => IsNegative ? -(Int128)magnitude : (Int128)magnitude;
}
