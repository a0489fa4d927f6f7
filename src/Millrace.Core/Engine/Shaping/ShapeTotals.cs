using System.Collections.Immutable;
using Millrace.Core.Batches;

namespace Millrace.Core.Engine.Shaping;

/// <summary>Gathers what the tables of one batch hand on.</summary>
internal sealed class ShapeTotals : IDisposable
{
    public List<ShapedStep> Steps { get; } = [];

    public List<RejectedRow> Rejected { get; } = [];

    public List<string> NewColumns { get; } = [];

    public long DiscardedRows { get; set; }

    public long DiscardedValues { get; set; }

    public ShapedBatch ToShaped() => new([.. Steps], [.. Rejected], DiscardedRows, DiscardedValues, [.. NewColumns]);

    /// <summary>Disposes the rows of steps that will not be handed on.</summary>
    public void Dispose()
    {
        foreach (ShapedStep step in Steps)
        {
            step.Rows?.Dispose();
        }
    }
}
