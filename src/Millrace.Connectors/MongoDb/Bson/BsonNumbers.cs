using System.Numerics;

namespace Millrace.Connectors.MongoDb.Bson;

/// <summary>
/// Compares numbers of all four types by value, exactly: no operand is ever rounded. NaN is equal to NaN and below every other number.
/// </summary>
internal static class BsonNumbers
{
    // Decimal128 to double and back is right to about 1e-16; beyond this relative distance the doubles decide.
    private const double SureDistance = 1e-12;

    public static int Compare(BsonValue left, BsonValue right)
    {
        if (left.Type == BsonType.Decimal128 || right.Type == BsonType.Decimal128)
        {
            return CompareWithDecimal(left, right);
        }

        if (left.Type == BsonType.Double)
        {
            return right.Type == BsonType.Double
                ? left.GetDouble().CompareTo(right.GetDouble())
                : -Compare(Integer(right), left.GetDouble());
        }

        return right.Type == BsonType.Double
            ? Compare(Integer(left), right.GetDouble())
            : Integer(left).CompareTo(Integer(right));
    }

    private static long Integer(BsonValue value) => value.Type == BsonType.Int32 ? value.GetInt32() : value.GetInt64();

    private static int Compare(long left, double right)
    {
        const double twoTo63 = 9_223_372_036_854_775_808.0;
        if (double.IsNaN(right))
        {
            return 1;
        }

        if (right >= twoTo63)
        {
            return -1;
        }

        if (right < -twoTo63)
        {
            return 1;
        }

        var whole = (long)right;
        var order = left.CompareTo(whole);

        // Where the whole parts are equal, the double's fraction decides; above 2^53 it has none.
        return order != 0 ? order : 0.0.CompareTo(right - whole);
    }

    private static int CompareWithDecimal(BsonValue left, BsonValue right)
    {
        var l = ToDouble(left);
        var r = ToDouble(right);
        if (double.IsNaN(l) || double.IsNaN(r))
        {
            return l.CompareTo(r);
        }

        if (IsInfinite(left) || IsInfinite(right))
        {
            return CompareInfinities(left, right, l, r);
        }

        var order = l.CompareTo(r);
        if (double.IsFinite(l) && double.IsFinite(r)
            && Math.Abs(l - r) > SureDistance * Math.Max(Math.Abs(l), Math.Abs(r))
            && double.IsNormal(l) && double.IsNormal(r))
        {
            return order;
        }

        return CompareExact(left, right);
    }

    /// <summary>A large finite decimal becomes an infinite double, so true infinities are told apart first.</summary>
    private static int CompareInfinities(BsonValue left, BsonValue right, double l, double r)
    {
        var leftSign = IsInfinite(left) ? Math.Sign(l) : 0;
        var rightSign = IsInfinite(right) ? Math.Sign(r) : 0;
        return leftSign.CompareTo(rightSign);
    }

    private static bool IsInfinite(BsonValue value) => value.Type switch
    {
        BsonType.Decimal128 => value.GetDecimal128().IsInfinity,
        BsonType.Double => double.IsInfinity(value.GetDouble()),
        _ => false,
    };

    private static double ToDouble(BsonValue value) => value.Type switch
    {
        BsonType.Decimal128 => value.GetDecimal128().ToDouble(),
        BsonType.Double => value.GetDouble(),
        _ => Integer(value),
    };

    private static int CompareExact(BsonValue left, BsonValue right)
    {
        var (leftDigits, leftExponent) = Exact(left);
        var (rightDigits, rightExponent) = Exact(right);
        var order = leftDigits.Sign.CompareTo(rightDigits.Sign);
        if (order != 0 || leftDigits.IsZero)
        {
            return order;
        }

        // Both as integers at the smaller of the two exponents.
        var exponent = Math.Min(leftExponent, rightExponent);
        return (leftDigits * BigInteger.Pow(10, leftExponent - exponent))
            .CompareTo(rightDigits * BigInteger.Pow(10, rightExponent - exponent));
    }

    /// <summary>A finite number as digits × 10^exponent.</summary>
    private static (BigInteger Digits, int Exponent) Exact(BsonValue value)
    {
        switch (value.Type)
        {
            case BsonType.Decimal128:
                var number = value.GetDecimal128();
                return (number.IsNegative ? -(BigInteger)number.Coefficient : number.Coefficient, number.Exponent);
            case BsonType.Double:
                return Exact(value.GetDouble());
            default:
                return (Integer(value), 0);
        }
    }

    private static (BigInteger Digits, int Exponent) Exact(double value)
    {
        const int mantissaBits = 52;
        const int bias = 1023 + mantissaBits;
        var bits = BitConverter.DoubleToInt64Bits(value);
        var biased = (int)((bits >> mantissaBits) & 0x7FF);
        var fraction = bits & ((1L << mantissaBits) - 1);
        var mantissa = new BigInteger(biased == 0 ? fraction : fraction | (1L << mantissaBits));
        var power = Math.Max(biased, 1) - bias;
        if (bits < 0)
        {
            mantissa = -mantissa;
        }

        // 2^-n is 5^n × 10^-n.
        return power >= 0 ? (mantissa << power, 0) : (mantissa * BigInteger.Pow(5, -power), power);
    }
}
