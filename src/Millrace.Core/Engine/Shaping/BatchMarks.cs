using System.Collections.Immutable;
using Millrace.Core.Batches;
using Millrace.Core.Contracts;
using Millrace.Core.Schemas;

namespace Millrace.Core.Engine.Shaping;

/// <summary>What stands beside a batch's columns, row by row and for the whole, on its way through the shaper.</summary>
internal sealed record BatchMarks
{
    /// <summary>Where reading goes on; only the last step of a batch has it.</summary>
    public Position? Position { get; init; }

    public string Partition { get; init; } = "";

    public ReadOnlyMemory<ChangeKind> Changes { get; init; }

    public IDisposable? ChangesOwner { get; init; }

    public VarColumn? RowPositions { get; init; }

    public Column<long>? RowTimes { get; init; }

    public TableControl Control { get; init; }

    public long SourceBytes { get; init; }

    public DateTimeOffset? SourceTime { get; init; }

    /// <summary>Rows that could not be decoded; the shaper hands them on apart.</summary>
    public ImmutableArray<RejectedRow> Rejected { get; init; } = [];

    /// <summary>Takes the marks of a batch over, all but its position and its rejected rows.</summary>
    public static BatchMarks Of(RecordBatch batch) => new()
    {
        Partition = batch.Partition,
        Changes = batch.Changes,
        ChangesOwner = batch.ChangesOwner,
        RowPositions = batch.RowPositions,
        RowTimes = batch.RowTimes,
        Control = batch.Control,
        SourceBytes = batch.SourceBytes,
        SourceTime = batch.SourceTime,
    };

    public ChangeKind ChangeOf(int row) => Changes.IsEmpty ? ChangeKind.Insert : Changes.Span[row];

    public string PositionOf(int row) => RowPositions is null || RowPositions.IsNull(row) ? "" : ValueText.Of(RowPositions, row);

    /// <summary>The marks of some rows, one for each entry of <paramref name="rows"/>; the whole batch's own stay as they are.</summary>
    public BatchMarks Select(ReadOnlySpan<int> rows) => this with
    {
        Changes = Changes.IsEmpty ? default : SelectChanges(rows),
        ChangesOwner = null,
        RowPositions = (VarColumn?)SelectColumn(RowPositions, rows),
        RowTimes = (Column<long>?)SelectColumn(RowTimes, rows),
    };

    public RecordBatch ToBatch(TableSchema schema, IEnumerable<Column> columns, int rows) => new(schema, [.. columns], rows)
    {
        Position = Position,
        Partition = Partition,
        Changes = Changes,
        ChangesOwner = ChangesOwner,
        RowPositions = RowPositions,
        RowTimes = RowTimes,
        Control = Control,
        Rejected = Rejected,
        SourceBytes = SourceBytes,
        SourceTime = SourceTime,
    };

    public void Dispose()
    {
        RowPositions?.Dispose();
        RowTimes?.Dispose();
        ChangesOwner?.Dispose();
    }

    private static Column? SelectColumn(Column? source, ReadOnlySpan<int> rows)
    {
        if (source is null)
        {
            return null;
        }

        Column selected = Column.Create(source.Type);
        foreach (int row in rows)
        {
            selected.AppendFrom(source, row);
        }

        return selected;
    }

    private ChangeKind[] SelectChanges(ReadOnlySpan<int> rows)
    {
        var selected = new ChangeKind[rows.Length];
        for (int i = 0; i < rows.Length; i++)
        {
            selected[i] = Changes.Span[rows[i]];
        }

        return selected;
    }
}
