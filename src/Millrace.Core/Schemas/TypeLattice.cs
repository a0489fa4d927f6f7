namespace Millrace.Core.Schemas;

/// <summary>
/// The one widening table (DESIGN, section 3). Commutative and associative, so that the order of arrival decides nothing but which
/// of two types without a common one becomes a variant column. Never loses a value.
/// <code>
/// int16 &lt; int32 &lt; int64          float32 &lt; float64          date &lt; timestamp
/// int16 + float32 → float32      int16, int32 + float64 → float64        int32 + float32 → float64
/// int64 + float32, float64 → float64, if every integer lies within ±2^53
/// integer, decimal + decimal → decimal with the digits of both before and after the point, at most 38 (int16: 5, int32: 10, int64: 19)
/// timestamp + timestamp, time + time → the higher precision; UTC and naive do not meet
/// </code>
/// Any other pair of different types has no common type.
/// </summary>
public static class TypeLattice
{
    /// <summary>Integers up to this size, and down to its negative, are exact in float64.</summary>
    public const long MaxExactInteger = 1L << 53;

    /// <summary>The smallest type that holds every value of both.</summary>
    public static JoinResult Join(LogicalType a, LogicalType b)
    {
        if (a == b)
        {
            return JoinResult.Lossless(a);
        }

        if (IsDecimalLike(a) && IsDecimalLike(b) && (a.Kind == TypeKind.Decimal || b.Kind == TypeKind.Decimal))
        {
            return JoinDecimals(a, b);
        }

        if (IsNumber(a) && IsNumber(b) && a.Kind != TypeKind.Decimal && b.Kind != TypeKind.Decimal)
        {
            return JoinNumbers(a.Kind < b.Kind ? a.Kind : b.Kind, a.Kind < b.Kind ? b.Kind : a.Kind);
        }

        return JoinTimes(a, b);
    }

    /// <summary>True where a column of <paramref name="wide"/> holds every value of <paramref name="narrow"/>.</summary>
    public static bool Covers(LogicalType wide, LogicalType narrow) => Join(wide, narrow) == JoinResult.Lossless(wide);

    /// <summary>True for integers that float64 cannot hold.</summary>
    public static bool IsWide(long value) => value is > MaxExactInteger or < -MaxExactInteger;

    /// <summary>Digits before the point that every value of an integer or decimal type has room for.</summary>
    public static int IntegerDigits(LogicalType type) => type.Kind switch
    {
        TypeKind.Int16 => 5,
        TypeKind.Int32 => 10,
        TypeKind.Int64 => 19,
        _ => type.Precision - type.Scale,
    };

    private static bool IsNumber(LogicalType type) => type.Kind is >= TypeKind.Int16 and <= TypeKind.Decimal;

    private static bool IsDecimalLike(LogicalType type) => type.Kind is TypeKind.Int16 or TypeKind.Int32 or TypeKind.Int64 or TypeKind.Decimal;

    private static JoinResult JoinDecimals(LogicalType a, LogicalType b)
    {
        int scale = Math.Max(a.Scale, b.Scale);
        int precision = Math.Max(IntegerDigits(a), IntegerDigits(b)) + scale;
        return precision <= LogicalType.MaxDecimalPrecision ? JoinResult.Lossless(LogicalType.Decimal(precision, scale)) : JoinResult.Variant;
    }

    // The kinds are declared from int16 up to float64, so the lower one is the integer of a mixed pair.
    private static JoinResult JoinNumbers(TypeKind low, TypeKind high) => (low, high) switch
    {
        (TypeKind.Int64, _) => new(JoinKind.IfWithin53Bits, LogicalType.Float64),
        (TypeKind.Int32, TypeKind.Float32) => JoinResult.Lossless(LogicalType.Float64),
        _ => JoinResult.Lossless(new LogicalType(high)),
    };

    private static JoinResult JoinTimes(LogicalType a, LogicalType b)
    {
        byte precision = Math.Max(a.Precision, b.Precision);
        return (a.Kind, b.Kind) switch
        {
            (TypeKind.Date, TypeKind.Timestamp) => JoinResult.Lossless(b),
            (TypeKind.Timestamp, TypeKind.Date) => JoinResult.Lossless(a),
            (TypeKind.Time, TypeKind.Time) => JoinResult.Lossless(LogicalType.Time(precision)),
            (TypeKind.Timestamp, TypeKind.Timestamp) when a.IsUtc == b.IsUtc => JoinResult.Lossless(a with { Precision = precision }),
            _ => JoinResult.Variant,
        };
    }
}
