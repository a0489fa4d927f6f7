using Millrace.Connectors.DuckDb.Native;
using Millrace.Connectors.Sql;
using Millrace.Connectors.Sql.Bulk;
using Millrace.Core.Batches;
using Millrace.Core.Schemas;

namespace Millrace.Connectors.DuckDb.Writers;

/// <summary>Fills the vectors of one column of a bulk stream, from the batch's column, from what is known of its rows besides, or
/// from a constant. <see cref="Bind"/> is called once a batch, the rest once a run of rows.</summary>
internal abstract class DuckDbFiller
{
    /// <summary>The rows that are being written.</summary>
    private protected BulkRows Rows { get; private set; } = null!;

    /// <summary>Chooses the filler of a column.</summary>
    internal static DuckDbFiller For(BulkColumn column, DuckDbColumnType target) => column.Value switch
    {
        BulkValue.Data => new DataFiller(column.Index, target),
        BulkValue.Unset => new UnsetFiller(column.Index),
        BulkValue.Sequence => new SequenceFiller(),
        BulkValue.Change => new ChangeFiller(),
        BulkValue.Repeat => new RepeatFiller(),
        BulkValue.Position => new PositionFiller(),
        BulkValue.Time => new TimeFiller(),
        BulkValue.DeletedAt => new DeletedAtFiller(column.Constant),
        BulkValue.Constant => ForConstant(column),
        _ => throw new ArgumentOutOfRangeException(nameof(column), column.Value, "Not a kind of value that a stream carries."),
    };

    /// <summary>Takes the rows of the next batch.</summary>
    internal virtual void Bind(BulkRows rows) => Rows = rows;

    /// <summary>The column of texts that vectors will point into, or null; its memory has to be pinned.</summary>
    internal virtual VarColumn? Pinned => null;

    /// <summary>Why the row that <see cref="FirstRefused"/> names cannot be stored.</summary>
    internal virtual string Refusal => "";

    /// <summary>The first row from <paramref name="from"/> on whose value cannot be stored as it is, or -1.</summary>
    internal virtual int FirstRefused(int from) => -1;

    /// <summary>Fills <paramref name="count"/> rows of a vector from <paramref name="at"/> on with those of the batch from
    /// <paramref name="from"/> on.</summary>
    internal abstract void Fill(int from, int count, DuckDbVector vector, int at);

    private static DuckDbFiller ForConstant(BulkColumn column) => column.Type.Kind switch
    {
        TypeKind.Int16 => new ConstantFiller<short>((short)column.Constant),
        TypeKind.Int32 => new ConstantFiller<int>((int)column.Constant),
        TypeKind.Int64 => new ConstantFiller<long>(column.Constant),
        TypeKind.Boolean => new ConstantFiller<bool>(column.Constant != 0),
        TypeKind.Timestamp => new ConstantFiller<long>(column.Constant / TimeSpan.TicksPerMicrosecond),
        _ => throw new ArgumentOutOfRangeException(nameof(column), column.Type, "Not a type that constants have."),
    };

    private static unsafe void FillNulls(DuckDbVector vector, int at, int count)
    {
        ulong* validity = vector.WritableValidity();
        for (int row = at; row < at + count; row++)
            DuckDbVector.SetNull(validity, row);
    }

    /// <summary>A column of the table, or nulls where the batch has none for it.</summary>
    private sealed class DataFiller(int tableColumn, DuckDbColumnType target) : DuckDbFiller
    {
        private Column? _column;
        private LogicalType _type;
        private DuckDbColumnWriter? _writer;

        internal override VarColumn? Pinned => _column as VarColumn;

        internal override string Refusal => _writer?.Refusal ?? "";

        internal override void Bind(BulkRows rows)
        {
            base.Bind(rows);
            int index = rows.BatchColumns[tableColumn];
            _column = index < 0 ? null : rows.Batch.Columns[index];
            if (_column is not null && (_writer is null || _column.Type != _type))
            {
                _type = _column.Type;
                _writer = DuckDbColumnWriter.For(_type, target);
            }
        }

        internal override int FirstRefused(int from) => _column is null ? -1 : _writer!.FirstRefused(_column, from, Rows.Batch.RowCount);

        internal override void Fill(int from, int count, DuckDbVector vector, int at)
        {
            if (_column is null)
                FillNulls(vector, at, count);
            else
                _writer!.Write(_column, from, count, vector, at);
        }
    }

    private sealed unsafe class UnsetFiller(int tableColumn) : DuckDbFiller
    {
        internal override void Fill(int from, int count, DuckDbVector vector, int at)
        {
            bool* marks = vector.Data<bool>() + at;
            ulong* validity = null;
            for (int i = 0; i < count; i++)
            {
                marks[i] = Rows.IsUnset(from + i, tableColumn);
                if (Rows.Codes[from + i] == StageCode.Partial)
                    continue;
                validity = validity == null ? vector.WritableValidity() : validity;
                DuckDbVector.SetNull(validity, at + i);
            }
        }
    }

    private sealed unsafe class SequenceFiller : DuckDbFiller
    {
        internal override void Fill(int from, int count, DuckDbVector vector, int at)
        {
            long* numbers = vector.Data<long>() + at;
            for (int i = 0; i < count; i++)
                numbers[i] = Rows.FirstSequence + from + i;
        }
    }

    private sealed unsafe class ChangeFiller : DuckDbFiller
    {
        internal override void Fill(int from, int count, DuckDbVector vector, int at)
        {
            short* codes = vector.Data<short>() + at;
            for (int i = 0; i < count; i++)
                codes[i] = Rows.Codes[from + i];
        }
    }

    private sealed unsafe class RepeatFiller : DuckDbFiller
    {
        internal override void Fill(int from, int count, DuckDbVector vector, int at) =>
            Rows.Repeats.AsSpan(from, count).CopyTo(new Span<bool>(vector.Data<bool>() + at, count));
    }

    private sealed class PositionFiller : DuckDbFiller
    {
        internal override VarColumn? Pinned => Rows.Batch.RowPositions;

        internal override void Fill(int from, int count, DuckDbVector vector, int at)
        {
            if (Rows.Batch.RowPositions is { } positions)
                BytesWriter.Text.Write(positions, from, count, vector, at);
            else
                FillNulls(vector, at, count);
        }
    }

    private sealed class TimeFiller : DuckDbFiller
    {
        internal override void Fill(int from, int count, DuckDbVector vector, int at)
        {
            if (Rows.Batch.RowTimes is { } times)
                TicksWriter.Timestamp.Write(times, from, count, vector, at);
            else
                FillNulls(vector, at, count);
        }
    }

    private sealed unsafe class DeletedAtFiller(long otherwiseTicks) : DuckDbFiller
    {
        internal override void Fill(int from, int count, DuckDbVector vector, int at)
        {
            long* micros = vector.Data<long>() + at;
            ulong* validity = vector.WritableValidity();
            Column<long>? times = Rows.Batch.RowTimes;
            for (int i = 0; i < count; i++)
            {
                int row = from + i;
                long ticks = times is null || times.IsNull(row) ? otherwiseTicks : times.Values[row];
                micros[i] = ticks / TimeSpan.TicksPerMicrosecond;
                if (Rows.Codes[row] != StageCode.Delete)
                    DuckDbVector.SetNull(validity, at + i);
            }
        }
    }

    private sealed unsafe class ConstantFiller<T>(T value) : DuckDbFiller
        where T : unmanaged
    {
        internal override void Fill(int from, int count, DuckDbVector vector, int at) =>
            new Span<T>(vector.Data<T>() + at, count).Fill(value);
    }
}
