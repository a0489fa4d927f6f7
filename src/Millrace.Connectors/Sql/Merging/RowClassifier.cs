using System.Text;
using Millrace.Connectors.Sql.Bulk;
using Millrace.Connectors.Sql.Loads;
using Millrace.Core.Batches;
using Millrace.Core.Contracts;
using Millrace.Core.Errors;
using Millrace.Core.Schemas;

namespace Millrace.Connectors.Sql.Merging;

/// <summary>Gives each row of a batch its <see cref="StageCode"/> and finds the rows that cannot be loaded for want of a key.</summary>
internal static class RowClassifier
{
    private const long MaxExactFloat64 = 1L << 53;

    /// <summary>Fills <see cref="BulkRows.Codes"/>.</summary>
    /// <returns>True where every row that is not skipped is an insert.</returns>
    public static bool Classify(TableLoad load, BulkRows rows, List<RejectedRow> rejected)
    {
        RecordBatch batch = rows.Batch;
        Span<byte> codes = rows.Codes.AsSpan(0, batch.RowCount);
        codes.Clear();
        bool isPlain = batch.Changes.IsEmpty || ClassifyChanges(load, batch, codes);
        if (load.IsKeyed)
        {
            SkipRowsWithoutKey(load, rows, codes, rejected);
        }

        return isPlain;
    }

    /// <summary>Notes int64 columns that hold a value beyond ±2^53.</summary>
    public static void FindWide(TableLoad load, BulkRows rows)
    {
        for (int i = 0; i < load.Columns.Length; i++)
        {
            StoredColumn column = load.Columns[i];
            if (column.Type.Kind == TypeKind.Int64 && !column.IsWide && rows.BatchColumns[i] >= 0
                && rows.Batch.Columns[rows.BatchColumns[i]] is Column<long> values && !load.WideColumns.Contains(column.Name)
                && HoldsWide(values))
            {
                load.WideColumns.Add(column.Name);
            }
        }
    }

    /// <summary>The printable place of a row.</summary>
    public static string PositionOf(RecordBatch batch, int row) => batch.RowPositions is { } positions && !positions.IsNull(row)
        ? Encoding.UTF8.GetString(positions[row])
        : batch.Position?.Text ?? batch.Partition;

    private static bool ClassifyChanges(TableLoad load, RecordBatch batch, Span<byte> codes)
    {
        bool isPlain = true;
        Column[] unset = batch.Columns.Any(c => c.HasUnset) ? [.. batch.Columns.Where(c => c.HasUnset)] : [];
        byte delete = SkipsDeletes(load) ? StageCode.Skip : StageCode.Delete;
        ReadOnlySpan<ChangeKind> changes = batch.Changes.Span;
        for (int row = 0; row < codes.Length; row++)
        {
            switch (changes[row])
            {
                case ChangeKind.Insert:
                    break;
                case ChangeKind.Delete:
                    codes[row] = delete;
                    isPlain &= delete == StageCode.Skip;
                    break;
                default:
                    codes[row] = IsUnset(unset, row) ? StageCode.Partial : StageCode.Update;
                    isPlain = false;
                    break;
            }
        }

        return isPlain;
    }

    // An append has no row to delete: it notes the delete as a row where deletes are marked, and knows nothing of it elsewhere.
    private static bool SkipsDeletes(TableLoad load) => load.Write.ParentKey.IsEmpty
        && (load.Write.DeleteMode == DeleteMode.Ignore || (!load.IsKeyed && !load.HasDeletedAt));

    private static bool IsUnset(Column[] columns, int row)
    {
        foreach (Column column in columns)
        {
            if (column.IsUnset(row))
            {
                return true;
            }
        }

        return false;
    }

    private static void SkipRowsWithoutKey(TableLoad load, BulkRows rows, Span<byte> codes, List<RejectedRow> rejected)
    {
        foreach (int key in load.KeyColumns)
        {
            Column? column = rows.BatchColumns[key] < 0 ? null : rows.Batch.Columns[rows.BatchColumns[key]];
            if (column is { NullCount: 0 })
            {
                continue;
            }

            bool isParents = load.Write.ParentKey.IsEmpty || load.Write.ParentKey.Contains(load.Columns[key].Name);
            for (int row = 0; row < codes.Length; row++)
            {
                bool isMissing = codes[row] != StageCode.Skip && (column is null || column.IsNull(row));
                if (isMissing && (isParents || codes[row] != StageCode.Delete))
                {
                    codes[row] = StageCode.Skip;
                    rejected.Add(new(
                        load.Write.Schema.Table,
                        PositionOf(rows.Batch, row),
                        ErrorCodes.KeyMissing,
                        $"The key column {load.Columns[key].Name} is NULL.",
                        KeptRow.Of(rows.Batch, row)));
                }
            }
        }
    }

    private static bool HoldsWide(Column<long> column)
    {
        ReadOnlySpan<long> values = column.Values;
        for (int row = 0; row < values.Length; row++)
        {
            // One unsigned comparison for both ends; the value of a null row is not defined, so it is looked at last.
            if ((ulong)(values[row] + MaxExactFloat64) > 2 * (ulong)MaxExactFloat64 && !column.IsNull(row))
            {
                return true;
            }
        }

        return false;
    }
}
