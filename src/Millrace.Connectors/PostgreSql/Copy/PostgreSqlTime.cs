using System.Buffers.Binary;

namespace Millrace.Connectors.PostgreSql.Copy;

/// <summary>PostgreSQL's calendar: days and microseconds from 2000-01-01, from Julian day 0 on (<c>datatype/timestamp.h</c>).</summary>
internal static class PostgreSqlTime
{
    /// <summary>Days from 1970-01-01 to 2000-01-01.</summary>
    public const long EpochDays = 10_957;

    /// <summary>Julian day 0, 4714-11-24 BC.</summary>
    public const long FirstDay = -2_451_545;

    /// <summary>The first day after the last that a date holds.</summary>
    public const long EndDay = 2_147_483_494 - 2_451_545;

    /// <summary>Microseconds of a day.</summary>
    public const long MicrosecondsPerDay = 86_400_000_000;

    /// <summary>Why a value with a seventh fractional digit is refused.</summary>
    public const string TooFine = "The time is finer than PostgreSQL's microsecond.";

    private const long EndTimestamp = 9_223_371_331_200_000_000;

    /// <summary>Writes a timestamp.</summary>
    public static string? Write(Int128 microseconds, Span<byte> destination) => microseconds is var m && m >= long.MinValue && m <= long.MaxValue
        ? Write((long)m, destination)
        : OutOfRange;

    /// <summary>Writes a timestamp.</summary>
    public static string? Write(long microseconds, Span<byte> destination)
    {
        if (microseconds is < FirstDay * MicrosecondsPerDay or >= EndTimestamp)
        {
            return OutOfRange;
        }

        BinaryPrimitives.WriteInt64BigEndian(destination, microseconds);
        return null;
    }

    private const string OutOfRange = "The timestamp lies outside PostgreSQL's range, 4713 BC to 294276 AD.";
}
