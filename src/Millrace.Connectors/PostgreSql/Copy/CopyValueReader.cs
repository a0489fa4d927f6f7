using System.Buffers.Binary;
using System.Globalization;
using Millrace.Connectors.Sql.Reading;
using Millrace.Core.Batches;
using Millrace.Core.Schemas;

namespace Millrace.Connectors.PostgreSql.Copy;

/// <summary>Reads the binary form of one type (its <c>…send</c> function) into a column. Stateless; chosen once a stream.</summary>
internal abstract class CopyValueReader
{
    /// <summary>Appends a value that is not null.</summary>
    /// <param name="value">The binary form.</param>
    /// <param name="column">The column.</param>
    /// <param name="row">The row.</param>
    public abstract void Read(ReadOnlySpan<byte> value, ReadColumn column, int row);

    /// <summary>The reader of a column.</summary>
    public static CopyValueReader Of(RelationColumn column) => column switch
    {
        { Form: ReadForm.Value, BaseType: "jsonb" } => new JsonbReader(),
        { Type.IsVariableLength: true } => new VarReader(),
        { Type.Kind: TypeKind.Decimal } => new NumericReader(column.Type, PostgreSqlReadTypes.IsUnbounded(column)),
        _ => column.Type.Kind switch
        {
            TypeKind.Boolean => new BooleanReader(),
            TypeKind.Int16 => new Int16Reader(),
            TypeKind.Int32 => new Int32Reader(),
            TypeKind.Int64 => new Int64Reader(),
            TypeKind.Float32 => new Float32Reader(),
            TypeKind.Float64 => new Float64Reader(),
            TypeKind.Uuid => new UuidReader(),
            TypeKind.Date => new DateReader(),
            TypeKind.Time => new TimeReader(),
            TypeKind.Timestamp => new TimestampReader(column.Type.IsUtc),
            _ => throw new InvalidOperationException($"Column {column.Name}: {column.Type} is read from nothing of PostgreSQL's."),
        },
    };

    private sealed class BooleanReader : CopyValueReader
    {
        public override void Read(ReadOnlySpan<byte> value, ReadColumn column, int row) => ((Column<bool>)column.Values).AppendAt(row, value[0] != 0);
    }

    private sealed class Int16Reader : CopyValueReader
    {
        public override void Read(ReadOnlySpan<byte> value, ReadColumn column, int row) =>
            ((Column<short>)column.Values).AppendAt(row, BinaryPrimitives.ReadInt16BigEndian(value));
    }

    private sealed class Int32Reader : CopyValueReader
    {
        public override void Read(ReadOnlySpan<byte> value, ReadColumn column, int row) =>
            ((Column<int>)column.Values).AppendAt(row, BinaryPrimitives.ReadInt32BigEndian(value));
    }

    private sealed class Int64Reader : CopyValueReader
    {
        public override void Read(ReadOnlySpan<byte> value, ReadColumn column, int row) =>
            ((Column<long>)column.Values).AppendAt(row, BinaryPrimitives.ReadInt64BigEndian(value));
    }

    private sealed class Float32Reader : CopyValueReader
    {
        public override void Read(ReadOnlySpan<byte> value, ReadColumn column, int row) =>
            ((Column<float>)column.Values).AppendAt(row, BinaryPrimitives.ReadSingleBigEndian(value));
    }

    private sealed class Float64Reader : CopyValueReader
    {
        public override void Read(ReadOnlySpan<byte> value, ReadColumn column, int row) =>
            ((Column<double>)column.Values).AppendAt(row, BinaryPrimitives.ReadDoubleBigEndian(value));
    }

    private sealed class UuidReader : CopyValueReader
    {
        public override void Read(ReadOnlySpan<byte> value, ReadColumn column, int row) =>
            ((Column<Guid>)column.Values).AppendAt(row, new Guid(value, bigEndian: true));
    }

    private sealed class VarReader : CopyValueReader
    {
        public override void Read(ReadOnlySpan<byte> value, ReadColumn column, int row) => ((VarColumn)column.Values).AppendAt(row, value);
    }

    // A byte of version stands before the text.
    private sealed class JsonbReader : CopyValueReader
    {
        public override void Read(ReadOnlySpan<byte> value, ReadColumn column, int row) => ((VarColumn)column.Values).AppendAt(row, value[1..]);
    }

    private sealed class NumericReader(LogicalType type, bool isUnbounded) : CopyValueReader
    {
        public override void Read(ReadOnlySpan<byte> value, ReadColumn column, int row)
        {
            if (!NumericDecoding.TryRead(value, isUnbounded ? null : type.Scale, out Int128 unscaled, out int scale))
            {
                column.AppendOther(row, NumericDecoding.Text(value));
            }
            else if (!isUnbounded)
            {
                ((Column<Int128>)column.Values).AppendAt(row, unscaled);
            }
            else if (!column.TryAppendDecimal(row, unscaled, scale))
            {
                column.AppendOther(row, NumericDecoding.Text(value));
            }
        }
    }

    private sealed class DateReader : CopyValueReader
    {
        public override void Read(ReadOnlySpan<byte> value, ReadColumn column, int row)
        {
            int days = BinaryPrimitives.ReadInt32BigEndian(value);
            if (days is int.MaxValue or int.MinValue)
            {
                column.AppendOther(row, days > 0 ? "infinity"u8 : "-infinity"u8);
            }
            else
            {
                ((Column<int>)column.Values).AppendAt(row, (int)(days + PostgreSqlTime.EpochDays));
            }
        }
    }

    private sealed class TimeReader : CopyValueReader
    {
        public override void Read(ReadOnlySpan<byte> value, ReadColumn column, int row)
        {
            long microseconds = BinaryPrimitives.ReadInt64BigEndian(value);
            if (microseconds >= PostgreSqlTime.MicrosecondsPerDay)
            {
                column.AppendOther(row, "24:00:00"u8);
            }
            else
            {
                ((Column<long>)column.Values).AppendAt(row, microseconds * TimeSpan.TicksPerMicrosecond);
            }
        }
    }

    private sealed class TimestampReader(bool isUtc) : CopyValueReader
    {
        private const long Epoch = PostgreSqlTime.EpochDays * PostgreSqlTime.MicrosecondsPerDay;

        public override void Read(ReadOnlySpan<byte> value, ReadColumn column, int row)
        {
            long microseconds = BinaryPrimitives.ReadInt64BigEndian(value);
            if (microseconds is long.MaxValue or long.MinValue)
            {
                column.AppendOther(row, microseconds > 0 ? "infinity"u8 : "-infinity"u8);
            }
            else if (microseconds is > (long.MaxValue / TimeSpan.TicksPerMicrosecond) - Epoch or < (long.MinValue / TimeSpan.TicksPerMicrosecond) - Epoch)
            {
                column.AppendOther(row, Far(microseconds));
            }
            else
            {
                ((Column<long>)column.Values).AppendAt(row, (microseconds + Epoch) * TimeSpan.TicksPerMicrosecond);
            }
        }

        // Beyond the years that ticks reach.
        private string Far(long microseconds)
        {
            (long day, long rest) = Math.DivRem(microseconds, PostgreSqlTime.MicrosecondsPerDay);
            (day, rest) = rest < 0 ? (day - 1, rest + PostgreSqlTime.MicrosecondsPerDay) : (day, rest);
            using var date = (Column<int>)Column.Create(LogicalType.Date);
            date.Append((int)(day + PostgreSqlTime.EpochDays));
            var time = TimeSpan.FromMicroseconds(rest);
            return $"{ValueText.Of(date, 0)}T{time.ToString(@"hh\:mm\:ss\.ffffff", CultureInfo.InvariantCulture)}{(isUtc ? "Z" : "")}";
        }
    }
}
