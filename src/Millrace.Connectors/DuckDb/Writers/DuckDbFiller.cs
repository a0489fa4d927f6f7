using Millrace.Connectors.DuckDb.Native;
using Millrace.Core.Batches;

namespace Millrace.Connectors.DuckDb.Writers;

/// <summary>Where the values of one column of an appender come from: a column of the batch, what the batch says of its rows
/// besides, or a constant of the load.</summary>
internal abstract class DuckDbFiller
{
    /// <summary>No value in any row.</summary>
    internal static readonly DuckDbFiller Null = new NullFiller();

    /// <summary>Each row's change as a TINYINT: the number of its <see cref="ChangeKind"/>.</summary>
    internal static readonly DuckDbFiller Change = new ChangeFiller();

    /// <summary>Each row's position in the source, VARCHAR.</summary>
    internal static readonly DuckDbFiller Position = new PositionFiller();

    /// <summary>Each row's time in the source, TIMESTAMPTZ.</summary>
    internal static readonly DuckDbFiller Time = new TimeFiller();

    /// <summary>The same fixed-size value in every row, in DuckDB's form.</summary>
    internal static DuckDbFiller Constant<T>(T value)
        where T : unmanaged => new ConstantFiller<T>(value);

    /// <summary>A column of the batch.</summary>
    internal static DuckDbFiller Column(int index, DuckDbColumnWriter writer) => new ColumnFiller(index, writer);

    /// <summary>Why the row that <see cref="FirstRefused"/> names cannot be stored.</summary>
    internal virtual string Refusal => "";

    /// <summary>The batch's column that this reads, or null; its memory has to be pinned.</summary>
    internal virtual VarColumn? Pinned(RecordBatch batch) => null;

    /// <summary>The first row from <paramref name="from"/> on whose value cannot be stored as it is, or -1.</summary>
    internal virtual int FirstRefused(RecordBatch batch, int from) => -1;

    /// <summary>Fills <paramref name="count"/> rows of a vector with those of the batch.</summary>
    internal abstract void Fill(RecordBatch batch, int from, int count, DuckDbVector vector, int at);

    private sealed class ColumnFiller(int index, DuckDbColumnWriter writer) : DuckDbFiller
    {
        internal override string Refusal => writer.Refusal;

        internal override VarColumn? Pinned(RecordBatch batch) => batch.Columns[index] as VarColumn;

        internal override int FirstRefused(RecordBatch batch, int from) =>
            writer.FirstRefused(batch.Columns[index], from, batch.RowCount);

        internal override void Fill(RecordBatch batch, int from, int count, DuckDbVector vector, int at) =>
            writer.Write(batch.Columns[index], from, count, vector, at);
    }

    private sealed class PositionFiller : DuckDbFiller
    {
        internal override VarColumn? Pinned(RecordBatch batch) => batch.RowPositions;

        internal override void Fill(RecordBatch batch, int from, int count, DuckDbVector vector, int at)
        {
            if (batch.RowPositions is { } positions)
                BytesWriter.Text.Write(positions, from, count, vector, at);
            else
                Null.Fill(batch, from, count, vector, at);
        }
    }

    private sealed class TimeFiller : DuckDbFiller
    {
        internal override void Fill(RecordBatch batch, int from, int count, DuckDbVector vector, int at)
        {
            if (batch.RowTimes is { } times)
                TicksWriter.Timestamp.Write(times, from, count, vector, at);
            else
                Null.Fill(batch, from, count, vector, at);
        }
    }

    private sealed unsafe class ChangeFiller : DuckDbFiller
    {
        internal override void Fill(RecordBatch batch, int from, int count, DuckDbVector vector, int at)
        {
            Span<ChangeKind> target = new(vector.Data<ChangeKind>() + at, count);
            if (batch.Changes.IsEmpty)
                target.Clear(); // Insert is 0
            else
                batch.Changes.Span.Slice(from, count).CopyTo(target);
        }
    }

    private sealed unsafe class ConstantFiller<T>(T value) : DuckDbFiller
        where T : unmanaged
    {
        internal override void Fill(RecordBatch batch, int from, int count, DuckDbVector vector, int at) =>
            new Span<T>(vector.Data<T>() + at, count).Fill(value);
    }

    private sealed unsafe class NullFiller : DuckDbFiller
    {
        internal override void Fill(RecordBatch batch, int from, int count, DuckDbVector vector, int at)
        {
            ulong* validity = vector.WritableValidity();
            for (int row = at; row < at + count; row++)
                DuckDbVector.SetNull(validity, row);
        }
    }
}
