using System.Collections.Immutable;
using Millrace.Core.Batches;

namespace Millrace.Core.Engine.Shaping;

/// <summary>What shaping made of one batch, in the order in which it must be written.</summary>
/// <param name="Steps">First the table changes and then the rows of each target table (child tables after their parent).</param>
/// <param name="Rejected">Rows for quarantine, masked.</param>
/// <param name="DiscardedRows">Rows left out by the contract.</param>
/// <param name="DiscardedValues">Values left out by the contract.</param>
/// <param name="NewColumns">Columns that a table which stood before this run did not have, as <c>table.column type</c>.</param>
public sealed record ShapedBatch(
    ImmutableArray<ShapedStep> Steps,
    ImmutableArray<RejectedRow> Rejected,
    long DiscardedRows,
    long DiscardedValues,
    ImmutableArray<string> NewColumns);
