using System.Numerics;
using Millrace.Connectors.MongoDb.Bson;

namespace Millrace.Testing.MongoDb.Values;

/// <summary>
/// Keys of numbers. All four types compare by their exact value: the key is the greatest double that is not above the number, and then,
/// digit by digit, what the number has more.
/// </summary>
internal static class NumberKey
{
    private static readonly BigInteger BelowAllDecimals = -BigInteger.Pow(10, 6200);

    public static void Append(KeyBuffer key, BsonType type, ReadOnlySpan<byte> value)
    {
        var number = new BsonValue(type, value);
        switch (type)
        {
            case BsonType.Int32:
                AppendDouble(key, number.GetInt32());
                break;
            case BsonType.Int64:
                AppendInt64(key, number.GetInt64());
                break;
            case BsonType.Double:
                AppendDouble(key, number.GetDouble());
                break;
            default:
                AppendDecimal(key, number.GetDecimal128());
                break;
        }
    }

    private static void AppendDouble(KeyBuffer key, double value)
    {
        AppendFloor(key, value);
        key.Add(0);
    }

    // A NaN sorts before all numbers; a negative double's bits sort the other way round.
    private static void AppendFloor(KeyBuffer key, double value)
    {
        if (double.IsNaN(value))
        {
            key.Add(0UL);
            return;
        }

        ulong bits = BitConverter.DoubleToUInt64Bits(value == 0 ? 0 : value);
        key.Add((bits >> 63) != 0 ? ~bits : bits | (1UL << 63));
    }

    private static void AppendInt64(KeyBuffer key, long value)
    {
        double floor = value;
        if ((Int128)floor > value)
        {
            floor = Math.BitDecrement(floor);
        }

        AppendFloor(key, floor);
        AppendRest(key, (BigInteger)(value - (Int128)floor), BigInteger.One);
    }

    private static void AppendDecimal(KeyBuffer key, Decimal128 value)
    {
        if (!value.IsFinite)
        {
            AppendDouble(key, value.IsNaN ? double.NaN : value.IsNegative ? double.NegativeInfinity : double.PositiveInfinity);
            return;
        }

        BigInteger numerator = (BigInteger)value.Coefficient * (value.IsNegative ? -1 : 1), denominator = BigInteger.One;
        if (value.Exponent >= 0)
        {
            numerator *= BigInteger.Pow(10, value.Exponent);
        }
        else
        {
            denominator = BigInteger.Pow(10, -value.Exponent);
        }

        double floor = value.ToDouble();
        if (double.IsPositiveInfinity(floor))
        {
            floor = double.MaxValue;
        }

        if (double.IsFinite(floor) && Above(floor, numerator, denominator))
        {
            floor = Math.BitDecrement(floor);
        }

        AppendFloor(key, floor);
        (BigInteger top, BigInteger bottom) = double.IsFinite(floor) ? Fraction(floor) : (BelowAllDecimals, BigInteger.One);
        AppendRest(key, (numerator * bottom) - (top * denominator), denominator * bottom);
    }

    private static bool Above(double value, BigInteger numerator, BigInteger denominator)
    {
        (BigInteger top, BigInteger bottom) = Fraction(value);
        return top * denominator > numerator * bottom;
    }

    private static (BigInteger Top, BigInteger Bottom) Fraction(double value)
    {
        long bits = BitConverter.DoubleToInt64Bits(value);
        int exponent = (int)((bits >> 52) & 0x7FF);
        long mantissa = bits & 0xF_FFFF_FFFF_FFFF;
        mantissa = exponent == 0 ? mantissa : mantissa | (1L << 52);
        int power = Math.Max(exponent, 1) - 1075;
        BigInteger top = bits < 0 ? -mantissa : mantissa;
        return power >= 0 ? (top << power, BigInteger.One) : (top, BigInteger.One << -power);
    }

    private static void AppendRest(KeyBuffer key, BigInteger numerator, BigInteger denominator)
    {
        if (numerator.IsZero)
        {
            key.Add(0);
            return;
        }

        key.Add(1);
        BigInteger whole = BigInteger.DivRem(numerator, denominator, out BigInteger rest);
        byte[] bytes = whole.ToByteArray(isUnsigned: true, isBigEndian: true);
        key.Add((uint)(whole.IsZero ? 0 : bytes.Length));
        key.Add(whole.IsZero ? [] : bytes);
        for (; !rest.IsZero; rest = rest * 10 % denominator)
        {
            key.Add((byte)(1 + (int)(rest * 10 / denominator)));
        }

        key.Add(0);
    }
}
