using Millrace.Core.Batches;

namespace Millrace.Connectors.MongoDb.Live;

/// <summary>Reads batches by calls that block. All members are called on one thread.</summary>
internal interface IBatchReader : IDisposable
{
    /// <summary>The next batch; null after the last.</summary>
    RecordBatch? Next(CancellationToken cancellationToken);
}
