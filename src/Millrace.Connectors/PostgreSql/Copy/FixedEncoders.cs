using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace Millrace.Connectors.PostgreSql.Copy;

/// <summary>The binary form of values of one length.</summary>
/// <typeparam name="T">The physical form in a batch.</typeparam>
internal interface IFixedEncoder<T>
    where T : unmanaged
{
    /// <summary>Bytes of a value.</summary>
    static abstract int Size { get; }

    /// <summary>Writes a value.</summary>
    /// <returns>Null, or why PostgreSQL cannot hold it.</returns>
    static abstract string? Write(T value, Span<byte> destination);
}

/// <summary>boolean.</summary>
internal readonly struct BooleanEncoder : IFixedEncoder<bool>
{
    public static int Size => 1;

    public static string? Write(bool value, Span<byte> destination)
    {
        destination[0] = value ? (byte)1 : (byte)0;
        return null;
    }
}

/// <summary>smallint, integer or bigint, from an integer that is not wider.</summary>
internal readonly struct IntegerEncoder<TFrom, TTo> : IFixedEncoder<TFrom>
    where TFrom : unmanaged, System.Numerics.IBinaryInteger<TFrom>
    where TTo : unmanaged, System.Numerics.IBinaryInteger<TTo>
{
    public static int Size => Unsafe.SizeOf<TTo>();

    public static string? Write(TFrom value, Span<byte> destination)
    {
        // Not IBinaryInteger.WriteBigEndian: a default interface method, it boxes the value. The branches below are decided at compile time.
        if (typeof(TTo) == typeof(short))
        {
            BinaryPrimitives.WriteInt16BigEndian(destination, short.CreateTruncating(value));
        }
        else if (typeof(TTo) == typeof(int))
        {
            BinaryPrimitives.WriteInt32BigEndian(destination, int.CreateTruncating(value));
        }
        else
        {
            BinaryPrimitives.WriteInt64BigEndian(destination, long.CreateTruncating(value));
        }

        return null;
    }
}

/// <summary>real.</summary>
internal readonly struct Float32Encoder : IFixedEncoder<float>
{
    public static int Size => sizeof(float);

    public static string? Write(float value, Span<byte> destination)
    {
        BinaryPrimitives.WriteSingleBigEndian(destination, value);
        return null;
    }
}

/// <summary>double precision, from any number that it holds exactly.</summary>
internal readonly struct Float64Encoder<TFrom> : IFixedEncoder<TFrom>
    where TFrom : unmanaged, System.Numerics.INumber<TFrom>
{
    public static int Size => sizeof(double);

    public static string? Write(TFrom value, Span<byte> destination)
    {
        BinaryPrimitives.WriteDoubleBigEndian(destination, double.CreateTruncating(value));
        return null;
    }
}

/// <summary>uuid: the bytes in the order in which they are printed.</summary>
internal readonly struct UuidEncoder : IFixedEncoder<Guid>
{
    public static int Size => 16;

    public static string? Write(Guid value, Span<byte> destination) =>
        value.TryWriteBytes(destination, bigEndian: true, out _) ? null : "The UUID cannot be written.";
}

/// <summary>date: days since 2000-01-01.</summary>
internal readonly struct DateEncoder : IFixedEncoder<int>
{
    public static int Size => sizeof(int);

    public static string? Write(int value, Span<byte> destination)
    {
        long days = (long)value - PostgreSqlTime.EpochDays;
        if (days is < PostgreSqlTime.FirstDay or >= PostgreSqlTime.EndDay)
        {
            return "The date lies outside PostgreSQL's range, 4713 BC to 5874897 AD.";
        }

        BinaryPrimitives.WriteInt32BigEndian(destination, (int)days);
        return null;
    }
}

/// <summary>timestamp or timestamptz, from a date.</summary>
internal readonly struct DateTimestampEncoder : IFixedEncoder<int>
{
    public static int Size => sizeof(long);

    public static string? Write(int value, Span<byte> destination) =>
        PostgreSqlTime.Write(((Int128)value - PostgreSqlTime.EpochDays) * PostgreSqlTime.MicrosecondsPerDay, destination);
}

/// <summary>time: microseconds since midnight.</summary>
internal readonly struct TimeEncoder : IFixedEncoder<long>
{
    public static int Size => sizeof(long);

    public static string? Write(long value, Span<byte> destination)
    {
        (long microseconds, long rest) = Math.DivRem(value, TimeSpan.TicksPerMicrosecond);
        if (rest != 0)
        {
            return PostgreSqlTime.TooFine;
        }

        if (microseconds is < 0 or > PostgreSqlTime.MicrosecondsPerDay)
        {
            return "The time of day lies outside 00:00:00 to 24:00:00.";
        }

        BinaryPrimitives.WriteInt64BigEndian(destination, microseconds);
        return null;
    }
}

/// <summary>timestamp or timestamptz: microseconds since 2000-01-01.</summary>
internal readonly struct TimestampEncoder : IFixedEncoder<long>
{
    public static int Size => sizeof(long);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static string? Write(long value, Span<byte> destination)
    {
        (long microseconds, long rest) = Math.DivRem(value, TimeSpan.TicksPerMicrosecond);
        return rest == 0
            ? PostgreSqlTime.Write(microseconds - (PostgreSqlTime.EpochDays * PostgreSqlTime.MicrosecondsPerDay), destination)
            : PostgreSqlTime.TooFine;
    }
}
