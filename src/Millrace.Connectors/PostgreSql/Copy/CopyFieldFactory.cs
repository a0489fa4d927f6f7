using System.Buffers.Binary;
using Millrace.Connectors.Sql;
using Millrace.Connectors.Sql.Bulk;
using Millrace.Core.Schemas;

namespace Millrace.Connectors.PostgreSql.Copy;

/// <summary>Chooses the writer of a column from its type in the batch and in the table; the widenings are those of the fixed table.</summary>
internal static class CopyFieldFactory
{
    /// <summary>The writer of a column of the stream.</summary>
    /// <param name="column">The column.</param>
    /// <param name="batchType">The type that a data column has in the batch; null where the batch has none.</param>
    /// <exception cref="InvalidOperationException">The batch's type is not one that widens to the column's.</exception>
    public static CopyField Create(BulkColumn column, LogicalType? batchType) => column.Value switch
    {
        BulkValue.Data => batchType is { } type ? Data(column, type) : new ConstantField(null),
        BulkValue.Unset => new UnsetField(column.Index),
        BulkValue.Sequence => new SequenceField(),
        BulkValue.Change => new ChangeField(),
        BulkValue.Repeat => new RepeatField(),
        BulkValue.Position => new PositionField(),
        BulkValue.Time => new SourceTimeField(false, 0),
        BulkValue.DeletedAt => new SourceTimeField(true, column.Constant),
        _ => new ConstantField(Constant(column)),
    };

    private static CopyField Data(BulkColumn column, LogicalType from)
    {
        int index = column.Index;
        return (from.Kind, column.Type.Kind) switch
        {
            (TypeKind.Boolean, TypeKind.Boolean) => new FixedField<bool, BooleanEncoder>(index),
            (TypeKind.Int16, TypeKind.Int16) => new FixedField<short, IntegerEncoder<short, short>>(index),
            (TypeKind.Int16, TypeKind.Int32) => new FixedField<short, IntegerEncoder<short, int>>(index),
            (TypeKind.Int16, TypeKind.Int64) => new FixedField<short, IntegerEncoder<short, long>>(index),
            (TypeKind.Int16, TypeKind.Float64) => new FixedField<short, Float64Encoder<short>>(index),
            (TypeKind.Int16, TypeKind.Decimal) => new IntegerNumericField<short>(index),
            (TypeKind.Int32, TypeKind.Int32) => new FixedField<int, IntegerEncoder<int, int>>(index),
            (TypeKind.Int32, TypeKind.Int64) => new FixedField<int, IntegerEncoder<int, long>>(index),
            (TypeKind.Int32, TypeKind.Float64) => new FixedField<int, Float64Encoder<int>>(index),
            (TypeKind.Int32, TypeKind.Decimal) => new IntegerNumericField<int>(index),
            (TypeKind.Int64, TypeKind.Int64) => new FixedField<long, IntegerEncoder<long, long>>(index),
            (TypeKind.Int64, TypeKind.Float64) => new FixedField<long, Float64Encoder<long>>(index),
            (TypeKind.Int64, TypeKind.Decimal) => new IntegerNumericField<long>(index),
            (TypeKind.Float32, TypeKind.Float32) => new FixedField<float, Float32Encoder>(index),
            (TypeKind.Float32, TypeKind.Float64) => new FixedField<float, Float64Encoder<float>>(index),
            (TypeKind.Float64, TypeKind.Float64) => new FixedField<double, Float64Encoder<double>>(index),
            (TypeKind.Decimal, TypeKind.Decimal) => new NumericField(index),
            (TypeKind.Text or TypeKind.Json, TypeKind.Text) => new TextField(index),
            (TypeKind.Json, TypeKind.Json) => new JsonbField(index),
            (TypeKind.Bytes, TypeKind.Bytes) => new BytesField(index),
            (TypeKind.Uuid, TypeKind.Uuid) => new FixedField<Guid, UuidEncoder>(index),
            (TypeKind.Date, TypeKind.Date) => new FixedField<int, DateEncoder>(index),
            (TypeKind.Date, TypeKind.Timestamp) => new FixedField<int, DateTimestampEncoder>(index),
            (TypeKind.Time, TypeKind.Time) => new FixedField<long, TimeEncoder>(index),
            (TypeKind.Timestamp, TypeKind.Timestamp) => new FixedField<long, TimestampEncoder>(index),
            _ => throw new InvalidOperationException($"Column {column.Name}: a value of {from} does not go into {column.Type}."),
        };
    }

    private static byte[] Constant(BulkColumn column)
    {
        byte[] value = new byte[column.Type.Kind == TypeKind.Int32 ? sizeof(int) : sizeof(long)];
        switch (column.Type.Kind)
        {
            case TypeKind.Int32:
                BinaryPrimitives.WriteInt32BigEndian(value, checked((int)column.Constant));
                break;
            case TypeKind.Timestamp:
                _ = TimestampEncoder.Write(column.Constant - (column.Constant % TimeSpan.TicksPerMicrosecond), value);
                break;
            default:
                BinaryPrimitives.WriteInt64BigEndian(value, column.Constant);
                break;
        }

        return value;
    }
}
