using Millrace.Connectors.MongoDb.Bson;
using Millrace.Core.Contracts;

namespace Millrace.Connectors.MongoDb.Live.Snapshots;

/// <summary>A view or a time series: no index says where reading could go on, so all of it is one unit.</summary>
internal sealed class WholeOrder(PartitionPlan partition) : FindOrder
{
    private bool _hasBegun;

    /// <inheritdoc/>
    public override bool CanGoOn => false;

    /// <inheritdoc/>
    public override byte[]? Filter() => null;

    /// <inheritdoc/>
    public override void WriteOptions(BsonWriter options)
    {
    }

    /// <inheritdoc/>
    public override bool IsNew(ReadOnlySpan<byte> document) => true;

    /// <inheritdoc/>
    public override void Take(ReadOnlySpan<byte> document) => _hasBegun = true;

    /// <inheritdoc/>
    public override Position? At(bool atEnd) => atEnd ? partition.Until : _hasBegun ? null : partition.Start;

    /// <inheritdoc/>
    public override void Dispose()
    {
    }
}
