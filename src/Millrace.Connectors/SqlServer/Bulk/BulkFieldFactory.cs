using Millrace.Connectors.Sql;
using Millrace.Connectors.Sql.Bulk;
using Millrace.Core.Schemas;

namespace Millrace.Connectors.SqlServer.Bulk;

/// <summary>Chooses the reader of a column from its type in the batch and in the table; the widenings are those of the fixed table.</summary>
internal static class BulkFieldFactory
{
    /// <summary>The reader of a column of the stream.</summary>
    /// <param name="column">The column.</param>
    /// <param name="batchType">The type that a data column has in the batch; null where the batch has none.</param>
    /// <exception cref="InvalidOperationException">The batch's type is not one that widens to the column's.</exception>
    public static BulkField Create(BulkColumn column, LogicalType? batchType) => column.Value switch
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

    private static BulkField Data(BulkColumn column, LogicalType from)
    {
        int index = column.Index;
        return (from.Kind, column.Type.Kind) switch
        {
            (TypeKind.Boolean, TypeKind.Boolean) => Same<bool>(index),
            (TypeKind.Int16, TypeKind.Int16) => Same<short>(index),
            (TypeKind.Int16, TypeKind.Int32) => Wider<short, int>(index),
            (TypeKind.Int16, TypeKind.Int64) => Wider<short, long>(index),
            (TypeKind.Int16, TypeKind.Float64) => Wider<short, double>(index),
            (TypeKind.Int32, TypeKind.Int32) => Same<int>(index),
            (TypeKind.Int32, TypeKind.Int64) => Wider<int, long>(index),
            (TypeKind.Int32, TypeKind.Float64) => Wider<int, double>(index),
            (TypeKind.Int64, TypeKind.Int64) => Same<long>(index),
            (TypeKind.Int64, TypeKind.Float64) => Wider<long, double>(index),
            (TypeKind.Float32, TypeKind.Float32) => new FixedField<float, float, FloatValue<float>>(index, 1),
            (TypeKind.Float32, TypeKind.Float64) => Wider<float, double>(index),
            (TypeKind.Float64, TypeKind.Float64) => new FixedField<double, double, FloatValue<double>>(index, 1),
            (TypeKind.Int16, TypeKind.Decimal) => new FixedField<short, System.Data.SqlTypes.SqlDecimal, DecimalValue<short>>(index, 1),
            (TypeKind.Int32, TypeKind.Decimal) => new FixedField<int, System.Data.SqlTypes.SqlDecimal, DecimalValue<int>>(index, 1),
            (TypeKind.Int64, TypeKind.Decimal) => new FixedField<long, System.Data.SqlTypes.SqlDecimal, DecimalValue<long>>(index, 1),
            (TypeKind.Decimal, TypeKind.Decimal) => new DecimalField(index),
            (TypeKind.Text or TypeKind.Json, TypeKind.Text or TypeKind.Json) => new TextField(index, column.MaxBytes, column.IsKey),
            (TypeKind.Bytes, TypeKind.Bytes) => new BytesField(index, column.MaxBytes, column.IsKey),
            (TypeKind.Uuid, TypeKind.Uuid) => Same<Guid>(index),
            _ => Time(column, from),
        };
    }

    private static BulkField Time(BulkColumn column, LogicalType from)
    {
        int index = column.Index;
        long grain = Grain(column.Type);
        return (from.Kind, column.Type.Kind) switch
        {
            (TypeKind.Date, TypeKind.Date) => new FixedField<int, DateTime, DateValue>(index, 1),
            (TypeKind.Date, TypeKind.Timestamp) when column.Type.IsUtc => new FixedField<int, DateTimeOffset, DateInstantValue>(index, 1),
            (TypeKind.Date, TypeKind.Timestamp) => new FixedField<int, DateTime, DateValue>(index, 1),
            (TypeKind.Time, TypeKind.Time) => new FixedField<long, TimeSpan, TimeOfDayValue>(index, grain),
            (TypeKind.Timestamp, TypeKind.Timestamp) when column.Type.IsUtc => new FixedField<long, DateTimeOffset, InstantValue>(index, grain),
            (TypeKind.Timestamp, TypeKind.Timestamp) => new FixedField<long, DateTime, NaiveValue>(index, grain),
            _ => throw new InvalidOperationException($"Column {column.Name}: a value of {from} does not go into {column.Type}."),
        };
    }

    private static FixedField<T, T, SameValue<T>> Same<T>(int index)
        where T : unmanaged => new(index, 1);

    private static FixedField<TFrom, TTo, WiderValue<TFrom, TTo>> Wider<TFrom, TTo>(int index)
        where TFrom : unmanaged, System.Numerics.INumber<TFrom>
        where TTo : unmanaged, System.Numerics.INumber<TTo> => new(index, 1);

    // Ticks of the finest step that so many digits of a second keep.
    private static long Grain(LogicalType type)
    {
        long grain = 1;
        for (int digits = type.Precision; digits < 7; digits++)
        {
            grain *= 10;
        }

        return grain;
    }

    private static object Constant(BulkColumn column) => column.Type.Kind switch
    {
        TypeKind.Int32 => checked((int)column.Constant),
        TypeKind.Timestamp => InstantValue.Convert(column.Constant - (column.Constant % TimeSpan.TicksPerMicrosecond)),
        _ => column.Constant,
    };
}
