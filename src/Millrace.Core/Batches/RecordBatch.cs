using System.Collections.Immutable;
using Millrace.Core.Contracts;
using Millrace.Core.Schemas;

namespace Millrace.Core.Batches;

/// <summary>
/// Rows of one table in source order. One owner: whoever receives a batch disposes it. Columns all have <see cref="RowCount"/> rows.
/// </summary>
public sealed class RecordBatch : IDisposable
{
    /// <summary>Creates a batch and takes over its columns.</summary>
    /// <param name="schema">Schema; one column each.</param>
    /// <param name="columns">The columns; padded with nulls to <paramref name="rowCount"/>.</param>
    /// <param name="rowCount">Rows.</param>
    public RecordBatch(TableSchema schema, ImmutableArray<Column> columns, int rowCount)
    {
        ArgumentNullException.ThrowIfNull(schema);
        if (schema.Columns.Length != columns.Length)
        {
            throw new ArgumentException("One column is needed for each column of the schema.", nameof(columns));
        }

        foreach (Column column in columns)
        {
            column.PadTo(rowCount);
        }

        Schema = schema;
        Columns = columns;
        RowCount = rowCount;
    }

    /// <summary>The schema; its table is the dataset, or after shaping the target table.</summary>
    public TableSchema Schema { get; }

    /// <summary>The columns, in the schema's order.</summary>
    public ImmutableArray<Column> Columns { get; }

    /// <summary>Rows.</summary>
    public int RowCount { get; }

    /// <summary>The partition that was read.</summary>
    public string Partition { get; init; } = "";

    /// <summary>What happened to each row; empty when every row is an insert.</summary>
    public ReadOnlyMemory<ChangeKind> Changes { get; init; }

    /// <summary>What gives the memory of <see cref="Changes"/> back, with the batch's own; null where it is not pooled.</summary>
    public IDisposable? ChangesOwner { get; init; }

    /// <summary>
    /// Each row's printable position, or null where the source has none. Ordinal order of the text is the order of the source, over all
    /// partitions of a table; snapshot rows order before every log entry that they do not yet contain.
    /// </summary>
    public VarColumn? RowPositions { get; init; }

    /// <summary>Source time of each change, ticks since 1970-01-01 UTC, or null; scd2 uses it.</summary>
    public Column<long>? RowTimes { get; init; }

    /// <summary>
    /// Where reading goes on after this batch, of the batch's partition; null inside a source transaction: no commit may happen there.
    /// A batch may have no rows and only a position (the source advanced past what the task does not want).
    /// </summary>
    public Position? Position { get; init; }

    /// <summary>A change of the whole table; then there are no rows.</summary>
    public TableControl Control { get; init; }

    /// <summary>Rows that could not be decoded; they stand in this batch's span of the source.</summary>
    public ImmutableArray<RejectedRow> Rejected { get; init; } = [];

    /// <summary>Payload bytes of the source (uncompressed) that this batch accounts for, rows left out by filters included.</summary>
    public long SourceBytes { get; init; }

    /// <summary>Source time of the newest change in the batch, or null; progress shows the lag from it.</summary>
    public DateTimeOffset? SourceTime { get; init; }

    /// <summary>Memory that the batch holds, for in-flight accounting.</summary>
    public long MemoryBytes
    {
        get
        {
            long bytes = Changes.Length + (RowPositions?.MemoryBytes ?? 0) + (RowTimes?.MemoryBytes ?? 0);
            foreach (Column column in Columns)
            {
                bytes += column.MemoryBytes;
            }

            foreach (RejectedRow rejected in Rejected)
            {
                bytes += rejected.MemoryBytes;
            }

            return bytes;
        }
    }

    /// <summary>The change of one row.</summary>
    public ChangeKind ChangeOf(int row) => Changes.IsEmpty ? ChangeKind.Insert : Changes.Span[row];

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (Column column in Columns)
        {
            column.Dispose();
        }

        RowPositions?.Dispose();
        RowTimes?.Dispose();
        ChangesOwner?.Dispose();
    }
}
