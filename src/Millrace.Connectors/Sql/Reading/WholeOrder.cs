using Millrace.Core.Contracts;

namespace Millrace.Connectors.Sql.Reading;

/// <summary>A relation without a key, which is read in one go: nothing says where a later run would go on.</summary>
/// <param name="partition">The partition.</param>
internal sealed class WholeOrder(PartitionPlan partition) : ReadOrder
{
    /// <inheritdoc/>
    public override bool CanGoOn => false;

    /// <inheritdoc/>
    public override IEnumerable<string> Columns => [];

    /// <inheritdoc/>
    public override IEnumerable<string> Conditions() => [];

    /// <inheritdoc/>
    public override Position? At(BatchColumns batch, bool isAtEnd) => isAtEnd ? partition.Until : null;
}
