using System.Buffers.Binary;
using System.Globalization;
using Millrace.Connectors.DuckDb.Native;
using Millrace.Connectors.Sql.Reading;
using Millrace.Core.Batches;
using Millrace.Core.Schemas;

namespace Millrace.Connectors.DuckDb.Readers;

/// <summary>Copies the values of vectors of one DuckDB type into a column. Chosen once a stream; keeps nothing between calls.</summary>
/// <param name="width">Bytes of a value; 0 where it varies.</param>
internal abstract unsafe class DuckDbColumnReader(int width)
{
    /// <summary>Bytes of a value; 0 where it varies.</summary>
    internal int Width => width;

    /// <summary>The reader of a column of a result.</summary>
    /// <exception cref="InvalidOperationException">The result's type is not the one that the column was described with.</exception>
    internal static DuckDbColumnReader Of(DuckDbColumnType type, RelationColumn column) => (type.Id, column.Type.Kind) switch
    {
        (DuckDbTypeId.Boolean, TypeKind.Boolean) => new FixedReader<byte, bool>(static v => v != 0),
        (DuckDbTypeId.TinyInt, TypeKind.Int16) => new FixedReader<sbyte, short>(static v => v),
        (DuckDbTypeId.UTinyInt, TypeKind.Int16) => new FixedReader<byte, short>(static v => v),
        (DuckDbTypeId.SmallInt, TypeKind.Int16) => new FixedReader<short, short>(static v => v),
        (DuckDbTypeId.USmallInt, TypeKind.Int32) => new FixedReader<ushort, int>(static v => v),
        (DuckDbTypeId.Integer, TypeKind.Int32) => new FixedReader<int, int>(static v => v),
        (DuckDbTypeId.UInteger, TypeKind.Int64) => new FixedReader<uint, long>(static v => v),
        (DuckDbTypeId.BigInt, TypeKind.Int64) => new FixedReader<long, long>(static v => v),
        (DuckDbTypeId.Float, TypeKind.Float32) => new FixedReader<float, float>(static v => v),
        (DuckDbTypeId.Double, TypeKind.Float64) => new FixedReader<double, double>(static v => v),
        (DuckDbTypeId.UBigInt, TypeKind.Decimal) => new FixedReader<ulong, Int128>(static v => v),
        (DuckDbTypeId.Uuid, TypeKind.Uuid) => new FixedReader<UInt128, Guid>(GuidOf),
        (DuckDbTypeId.Time, TypeKind.Time) => new TimeReader(),
        (DuckDbTypeId.Date, TypeKind.Date) => new DateReader(),
        (DuckDbTypeId.HugeInt, TypeKind.Decimal) => new HugeReader<Int128>(),
        (DuckDbTypeId.UHugeInt, TypeKind.Decimal) => new HugeReader<UInt128>(),
        (DuckDbTypeId.Decimal, TypeKind.Decimal) => type.Storage switch
        {
            DuckDbTypeId.SmallInt => new FixedReader<short, Int128>(static v => v),
            DuckDbTypeId.Integer => new FixedReader<int, Int128>(static v => v),
            DuckDbTypeId.BigInt => new FixedReader<long, Int128>(static v => v),
            _ => new FixedReader<Int128, Int128>(static v => v),
        },
        (DuckDbTypeId.TimestampSeconds, TypeKind.Timestamp) => new TicksReader(TimeSpan.TicksPerSecond),
        (DuckDbTypeId.TimestampMilliseconds, TypeKind.Timestamp) => new TicksReader(TimeSpan.TicksPerMillisecond),
        (DuckDbTypeId.Timestamp or DuckDbTypeId.TimestampTz, TypeKind.Timestamp) => new TicksReader(TimeSpan.TicksPerMicrosecond),
        (DuckDbTypeId.TimestampNanoseconds, TypeKind.Timestamp) => new NanosecondsReader(),
        (DuckDbTypeId.Varchar or DuckDbTypeId.Blob, TypeKind.Text or TypeKind.Json or TypeKind.Bytes) => new VarReader(),
        _ => throw new InvalidOperationException($"Column {column.Name} was described as {column.Type} and comes as DuckDB's {type.Id}."),
    };

    /// <summary>Copies rows; those of nulls are passed over.</summary>
    /// <param name="vector">The vector.</param>
    /// <param name="from">Its first row to copy.</param>
    /// <param name="count">How many.</param>
    /// <param name="column">The column.</param>
    /// <param name="row">Its row for the first of them.</param>
    internal abstract void Read(DuckDbVector vector, int from, int count, ReadColumn column, int row);

    // A 128-bit number in the order of the text's digits, its first bit flipped.
    private static Guid GuidOf(UInt128 value)
    {
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteUInt128BigEndian(bytes, value ^ (UInt128.One << 127));
        return new Guid(bytes, bigEndian: true);
    }

    private sealed class FixedReader<TFrom, TTo>(Func<TFrom, TTo> convert) : DuckDbColumnReader(sizeof(TFrom))
        where TFrom : unmanaged
        where TTo : unmanaged
    {
        internal override void Read(DuckDbVector vector, int from, int count, ReadColumn column, int row)
        {
            TFrom* values = vector.Data<TFrom>();
            ulong* validity = vector.Validity;
            var target = (Column<TTo>)column.Values;
            for (int i = 0; i < count; i++)
            {
                if (DuckDbVector.IsValid(validity, from + i))
                    target.AppendAt(row + i, convert(values[from + i]));
            }
        }
    }

    private sealed class VarReader() : DuckDbColumnReader(0)
    {
        internal override void Read(DuckDbVector vector, int from, int count, ReadColumn column, int row)
        {
            DuckDbString* values = vector.Data<DuckDbString>();
            ulong* validity = vector.Validity;
            var target = (VarColumn)column.Values;
            for (int i = 0; i < count; i++)
            {
                DuckDbString* value = values + from + i;
                if (DuckDbVector.IsValid(validity, from + i))
                    target.AppendAt(row + i, new ReadOnlySpan<byte>(value->Length <= DuckDbString.InlineLength ? value->Inlined : value->Pointer, (int)value->Length));
            }
        }
    }

    /// <summary>Reads one value at a time: some of them a column cannot hold.</summary>
    private abstract class CheckedReader<T>() : DuckDbColumnReader(sizeof(T))
        where T : unmanaged
    {
        internal override void Read(DuckDbVector vector, int from, int count, ReadColumn column, int row)
        {
            T* values = vector.Data<T>();
            ulong* validity = vector.Validity;
            for (int i = 0; i < count; i++)
            {
                if (DuckDbVector.IsValid(validity, from + i))
                    ReadOne(values[from + i], column, row + i);
            }
        }

        private protected abstract void ReadOne(T value, ReadColumn column, int row);
    }

    private sealed class DateReader : CheckedReader<int>
    {
        private protected override void ReadOne(int value, ReadColumn column, int row)
        {
            if (value is int.MaxValue or -int.MaxValue)
                column.AppendOther(row, value > 0 ? "infinity"u8 : "-infinity"u8);
            else
                ((Column<int>)column.Values).AppendAt(row, value);
        }
    }

    private sealed class TimeReader : CheckedReader<long>
    {
        private protected override void ReadOne(long value, ReadColumn column, int row)
        {
            if (value >= TimeSpan.TicksPerDay / TimeSpan.TicksPerMicrosecond)
                column.AppendOther(row, "24:00:00"u8);
            else
                ((Column<long>)column.Values).AppendAt(row, value * TimeSpan.TicksPerMicrosecond);
        }
    }

    private sealed class TicksReader(long ticks) : CheckedReader<long>
    {
        private protected override void ReadOne(long value, ReadColumn column, int row)
        {
            if (value is long.MaxValue or -long.MaxValue)
                column.AppendOther(row, value > 0 ? "infinity"u8 : "-infinity"u8);
            else if (value > long.MaxValue / ticks || value < long.MinValue / ticks)
                column.AppendOther(row, FarTime.Text(value, TimeSpan.TicksPerSecond / ticks, column.Source.Type));
            else
                ((Column<long>)column.Values).AppendAt(row, value * ticks);
        }
    }

    private sealed class NanosecondsReader : CheckedReader<long>
    {
        private protected override void ReadOne(long value, ReadColumn column, int row)
        {
            (long ticks, long rest) = Math.DivRem(value, TimeSpan.NanosecondsPerTick);
            if (value is long.MaxValue or -long.MaxValue)
                column.AppendOther(row, value > 0 ? "infinity"u8 : "-infinity"u8);
            else if (rest == 0)
                ((Column<long>)column.Values).AppendAt(row, ticks);
            else
                column.AppendOther(row, FarTime.Text(value, TimeSpan.TicksPerSecond * TimeSpan.NanosecondsPerTick, column.Source.Type));
        }
    }

    private sealed class HugeReader<T> : CheckedReader<T>
        where T : unmanaged, System.Numerics.IBinaryInteger<T>
    {
        private static readonly Int128 End = Writers.DecimalWriter.Powers[LogicalType.MaxDecimalPrecision];

        private protected override void ReadOne(T value, ReadColumn column, int row)
        {
            var number = Int128.CreateSaturating(value);
            if (number < End && number > -End)
                ((Column<Int128>)column.Values).AppendAt(row, number);
            else
                column.AppendOther(row, value.ToString(null, CultureInfo.InvariantCulture) ?? "");
        }
    }
}
