using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using Millrace.Core.Batches;
using Millrace.Core.Contracts;
using Millrace.Core.Schemas;

namespace Millrace.Core.Embedding;

/// <summary>A source connector whose batches pass through functions.</summary>
internal sealed class TransformingConnector(IConnector inner, ImmutableArray<Func<RecordBatch, RecordBatch>> transforms) : IConnector
{
    public ConnectorInfo Info => inner.Info;

    public ISource CreateSource(SourceSettings settings) => new Source(inner.CreateSource(settings), transforms);

    public ValueTask<IReadOnlyList<DatasetInfo>> DiscoverAsync(ConnectionSettings connection, CancellationToken cancellationToken) =>
        inner.DiscoverAsync(connection, cancellationToken);

    public ValueTask<IReadOnlyList<CheckFinding>> CheckAsync(ConnectionSettings connection, CancellationToken cancellationToken) =>
        inner.CheckAsync(connection, cancellationToken);

    private sealed class Source(ISource inner, ImmutableArray<Func<RecordBatch, RecordBatch>> transforms) : ISource
    {
        // What a function makes of the sampled types shows only in the batches.
        public async ValueTask<IReadOnlyList<TableSchema>> DescribeAsync(CancellationToken cancellationToken) =>
            [.. (await inner.DescribeAsync(cancellationToken).ConfigureAwait(false)).Select(s => s with { Columns = [] })];

        public ValueTask<ReadPlan> PlanAsync(PlanRequest request, CancellationToken cancellationToken) => inner.PlanAsync(request, cancellationToken);

        public async IAsyncEnumerable<RecordBatch> ReadAsync(
            ReadRequest request, [EnumeratorCancellation] CancellationToken cancellationToken)
        {
            await foreach (RecordBatch batch in inner.ReadAsync(request, cancellationToken).ConfigureAwait(false))
            {
                RecordBatch current = batch;
                // Positions without rows and changes of whole tables are the engine's, not the user's.
                foreach (Func<RecordBatch, RecordBatch> transform in batch.RowCount > 0 ? transforms : [])
                {
                    current = transform(current);
                }

                yield return current;
            }
        }

        public ValueTask AcknowledgeAsync(IReadOnlyList<Checkpoint> durable, CancellationToken cancellationToken) =>
            inner.AcknowledgeAsync(durable, cancellationToken);

        public ValueTask DisposeAsync() => inner.DisposeAsync();
    }
}
