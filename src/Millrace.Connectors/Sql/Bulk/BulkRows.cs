using Millrace.Core.Batches;

namespace Millrace.Connectors.Sql.Bulk;

/// <summary>A value that the engine cannot hold.</summary>
/// <param name="Row">Row of the batch.</param>
/// <param name="Column">Index among the table's columns.</param>
/// <param name="Reason">Why, in words, without the value.</param>
internal readonly record struct RefusedValue(int Row, int Column, string Reason);

/// <summary>The rows of one batch as a bulk stream takes them. Reused from batch to batch.</summary>
internal sealed class BulkRows
{
    /// <summary>The batch.</summary>
    public RecordBatch Batch { get; private set; } = null!;

    /// <summary>For each column of the table the batch's column, or -1 where the batch has none.</summary>
    public int[] BatchColumns { get; private set; } = [];

    /// <summary>A <see cref="StageCode"/> for each row; rows marked <see cref="StageCode.Skip"/> are left out.</summary>
    public byte[] Codes { get; private set; } = [];

    /// <summary>For each row whether its key came before in the load; of no meaning where that is not looked for.</summary>
    public bool[] Repeats { get; private set; } = [];

    /// <summary>The sequence number of row 0.</summary>
    public long FirstSequence { get; private set; }

    /// <summary>Rows left out by the writer because the engine cannot hold a value of theirs; at most one entry a row.</summary>
    public List<RefusedValue> Refused { get; } = [];

    /// <summary>Takes a batch and makes room for its codes, which the caller fills.</summary>
    public void Reset(RecordBatch batch, int[] batchColumns, long firstSequence)
    {
        Batch = batch;
        BatchColumns = batchColumns;
        FirstSequence = firstSequence;
        Refused.Clear();
        if (Codes.Length < batch.RowCount)
        {
            Codes = new byte[Math.Max(batch.RowCount, 8192)];
            Repeats = new bool[Codes.Length];
        }
    }

    /// <summary>True where a partial row says nothing of a table column: it is marked so, or its batch has no such column.</summary>
    public bool IsUnset(int row, int tableColumn) =>
        Codes[row] == StageCode.Partial && (BatchColumns[tableColumn] is var index && (index < 0 || Batch.Columns[index].IsUnset(row)));
}
