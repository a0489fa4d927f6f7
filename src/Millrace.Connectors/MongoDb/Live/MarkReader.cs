using Millrace.Connectors.MongoDb.Native;
using Millrace.Core.Batches;
using Millrace.Core.Contracts;
using Millrace.Core.Schemas;

namespace Millrace.Connectors.MongoDb.Live;

/// <summary>One batch without rows that moves a partition to its end.</summary>
internal sealed class MarkReader(MongoClient client, PartitionPlan partition, TableId nowhere) : IBatchReader
{
    private bool _isDone;

    /// <inheritdoc/>
    public RecordBatch? Next(CancellationToken cancellationToken)
    {
        if (_isDone)
        {
            return null;
        }

        _isDone = true;
        return new(new(nowhere, [], []), [], 0) { Partition = partition.Name, Position = partition.Until };
    }

    /// <inheritdoc/>
    public void Dispose() => client.Dispose();
}
