using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using Millrace.Core.Batches;
using Millrace.Core.Contracts;
using Millrace.Core.Schemas;

namespace Millrace.Core.Embedding;

/// <summary>Reads objects into batches: one partition, always from its beginning, for nothing says that the rows are the same next time.</summary>
internal sealed class ObjectSource<T>(
    TableSchema schema, ImmutableArray<ObjectColumn<T>> columns, Func<CancellationToken, IAsyncEnumerable<T>> rows) : ISource
{
    private const string PartitionName = "objects";
    private static readonly Position Start = new("objects.rows/start");
    private static readonly Position End = new("objects.rows/end");

    public ValueTask<IReadOnlyList<TableSchema>> DescribeAsync(CancellationToken cancellationToken) =>
        ValueTask.FromResult<IReadOnlyList<TableSchema>>([schema]);

    public ValueTask<ReadPlan> PlanAsync(PlanRequest request, CancellationToken cancellationToken) => ValueTask.FromResult(
        request.Committed.Any(c => c.Partition == PartitionName && c.Position == End)
            ? new ReadPlan([])
            : new ReadPlan([new PartitionPlan(PartitionName, 0, Start, End) { IsSnapshot = true, Datasets = [schema.Table.ToString()] }]));

    public async IAsyncEnumerable<RecordBatch> ReadAsync(ReadRequest request, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        ImmutableArray<Column> open = NewColumns();
        int count = 0;
        await foreach (T row in rows(cancellationToken).WithCancellation(cancellationToken).ConfigureAwait(false))
        {
            if (count == request.MaxBatchRows)
            {
                // No position: rows cannot be found again in the middle, so nothing is committed before the end.
                yield return Batch(open, count, null);
                open = NewColumns();
                count = 0;
            }

            for (int i = 0; i < open.Length; i++)
            {
                columns[i].Append(open[i], row);
            }

            count++;
        }

        yield return Batch(open, count, End);
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private ImmutableArray<Column> NewColumns() => [.. columns.Select(c => Column.Create(c.Schema.Type))];

    // An object has no payload of its own: what its columns take in memory stands for it.
    private RecordBatch Batch(ImmutableArray<Column> open, int count, Position? position) => new(schema, open, count)
    {
        Partition = PartitionName,
        Position = position,
        SourceBytes = open.Sum(c => c.MemoryBytes),
    };
}
