namespace Millrace.Core.Schemas;

/// <summary>A column's type. Build it with the static members; two types are equal when all their parts are.</summary>
/// <param name="Kind">The kind of value.</param>
/// <param name="Precision">Decimal: total digits, 1 to 38. Time and timestamp: fractional digits of a second, 0 to 7. Else 0.</param>
/// <param name="Scale">Decimal: digits after the point, 0 to <paramref name="Precision"/>. Else 0.</param>
/// <param name="IsUtc">Timestamp: an instant (true) or a wall-clock reading without a zone (false). Else false.</param>
public readonly record struct LogicalType(TypeKind Kind, byte Precision = 0, byte Scale = 0, bool IsUtc = false)
{
    /// <summary>Digits of the widest decimal.</summary>
    public const int MaxDecimalPrecision = 38;

    /// <summary>True or false.</summary>
    public static LogicalType Boolean => new(TypeKind.Boolean);

    /// <summary>16-bit integer.</summary>
    public static LogicalType Int16 => new(TypeKind.Int16);

    /// <summary>32-bit integer.</summary>
    public static LogicalType Int32 => new(TypeKind.Int32);

    /// <summary>64-bit integer.</summary>
    public static LogicalType Int64 => new(TypeKind.Int64);

    /// <summary>32-bit binary float.</summary>
    public static LogicalType Float32 => new(TypeKind.Float32);

    /// <summary>64-bit binary float.</summary>
    public static LogicalType Float64 => new(TypeKind.Float64);

    /// <summary>UTF-8 text.</summary>
    public static LogicalType Text => new(TypeKind.Text);

    /// <summary>A JSON value.</summary>
    public static LogicalType Json => new(TypeKind.Json);

    /// <summary>Raw bytes.</summary>
    public static LogicalType Bytes => new(TypeKind.Bytes);

    /// <summary>A UUID.</summary>
    public static LogicalType Uuid => new(TypeKind.Uuid);

    /// <summary>A calendar date.</summary>
    public static LogicalType Date => new(TypeKind.Date);

    /// <summary>A time of day.</summary>
    /// <param name="precision">Fractional digits of a second, 0 to 7.</param>
    public static LogicalType Time(byte precision = 7) => new(TypeKind.Time, precision);

    /// <summary>An instant, in UTC.</summary>
    /// <param name="precision">Fractional digits of a second, 0 to 7.</param>
    public static LogicalType TimestampUtc(byte precision = 6) => new(TypeKind.Timestamp, precision, 0, true);

    /// <summary>A date and time without a zone.</summary>
    /// <param name="precision">Fractional digits of a second, 0 to 7.</param>
    public static LogicalType TimestampNaive(byte precision = 6) => new(TypeKind.Timestamp, precision);

    /// <summary>An exact decimal.</summary>
    /// <param name="precision">Total digits, 1 to 38.</param>
    /// <param name="scale">Digits after the point, 0 to <paramref name="precision"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">A bound is not kept.</exception>
    public static LogicalType Decimal(int precision, int scale)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(precision, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(precision, MaxDecimalPrecision);
        ArgumentOutOfRangeException.ThrowIfNegative(scale);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(scale, precision);
        return new(TypeKind.Decimal, (byte)precision, (byte)scale);
    }

    /// <summary>True for text, JSON and bytes, whose values vary in length.</summary>
    public bool IsVariableLength => Kind is TypeKind.Text or TypeKind.Json or TypeKind.Bytes;

    /// <summary>The type as it is written in configuration and printed: <c>int64</c>, <c>decimal(20,2)</c>, <c>timestamp(6) utc</c>.</summary>
    public override string ToString() => Kind switch
    {
        TypeKind.Decimal => $"decimal({Precision},{Scale})",
        TypeKind.Time => $"time({Precision})",
        TypeKind.Timestamp => IsUtc ? $"timestamp({Precision}) utc" : $"timestamp({Precision})",
        _ => Kind.ToString().ToLowerInvariant(),
    };
}
