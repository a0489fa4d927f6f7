using Millrace.Connectors.DuckDb.Native;
using Millrace.Core.Batches;
using Millrace.Core.Schemas;

namespace Millrace.Connectors.DuckDb.Writers;

/// <summary>Copies the values of one kind of column into vectors of one DuckDB type. Chosen once per column and stream
/// (<see cref="For"/>); it keeps nothing between calls. Texts are not copied: the vector points at the column's memory,
/// which the caller pins until the chunk is handed over.</summary>
internal abstract class DuckDbColumnWriter
{
    /// <summary>Why a row that <see cref="FirstRefused"/> names cannot be stored.</summary>
    internal virtual string Refusal => "";

    /// <summary>The writer for columns of <paramref name="source"/> into <paramref name="target"/>.</summary>
    /// <exception cref="InvalidOperationException">The table's type is not one that the logical type is given.</exception>
    internal static DuckDbColumnWriter For(LogicalType source, DuckDbColumnType target) => (source.Kind, target.Id) switch
    {
        (TypeKind.Boolean, DuckDbTypeId.Boolean) => CopyWriter<bool>.Instance,
        (TypeKind.Int16, DuckDbTypeId.SmallInt) => CopyWriter<short>.Instance,
        (TypeKind.Int32, DuckDbTypeId.Integer) => CopyWriter<int>.Instance,
        (TypeKind.Int64, DuckDbTypeId.BigInt) => CopyWriter<long>.Instance,
        (TypeKind.Float32, DuckDbTypeId.Float) => CopyWriter<float>.Instance,
        (TypeKind.Float64, DuckDbTypeId.Double) => CopyWriter<double>.Instance,
        (TypeKind.Decimal, DuckDbTypeId.Decimal) => DecimalWriter.For(target),
        (TypeKind.Text or TypeKind.Json, DuckDbTypeId.Varchar) => BytesWriter.Text,
        (TypeKind.Bytes, DuckDbTypeId.Blob) => BytesWriter.Blob,
        (TypeKind.Uuid, DuckDbTypeId.Uuid) => UuidWriter.Instance,
        (TypeKind.Date, DuckDbTypeId.Date) => DateWriter.Instance,
        (TypeKind.Time, DuckDbTypeId.Time) => TicksWriter.Time,
        (TypeKind.Timestamp, DuckDbTypeId.Timestamp or DuckDbTypeId.TimestampTz) => TicksWriter.Timestamp,
        (TypeKind.Timestamp, DuckDbTypeId.TimestampNanoseconds) => NanosecondsWriter.Instance,
        _ => ThrowNoWriter(source, target),
    };

    /// <summary>The first row of <paramref name="from"/> to <paramref name="to"/> (exclusive) whose value the type cannot
    /// hold without changing it, or -1.</summary>
    internal virtual int FirstRefused(Column column, int from, int to) => -1;

    /// <summary>Copies rows that are not refused, nulls with them.</summary>
    /// <param name="column">The column.</param>
    /// <param name="from">Its first row to copy.</param>
    /// <param name="count">How many.</param>
    /// <param name="vector">The vector to fill.</param>
    /// <param name="at">Its first row to fill.</param>
    internal void Write(Column column, int from, int count, DuckDbVector vector, int at)
    {
        WriteValues(column, from, count, vector, at);
        if (column.NullCount > 0)
            WriteNulls(column, from, count, vector, at);
    }

    private protected abstract void WriteValues(Column column, int from, int count, DuckDbVector vector, int at);

    private static unsafe void WriteNulls(Column column, int from, int count, DuckDbVector vector, int at)
    {
        ulong* validity = null;
        for (int i = 0; i < count; i++)
        {
            if (!column.IsNull(from + i))
                continue;
            validity = validity == null ? vector.WritableValidity() : validity;
            DuckDbVector.SetNull(validity, at + i);
        }
    }

    private static DuckDbColumnWriter ThrowNoWriter(LogicalType source, DuckDbColumnType target) =>
        throw new InvalidOperationException($"A column of {source} was given to DuckDB's type {target.Id}; the table should have been evolved first.");
}
