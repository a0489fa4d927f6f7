using Millrace.Core.Lineage;

namespace Millrace.Cli.Lineage;

/// <summary>What is shown of a lineage.</summary>
/// <param name="Node">The table or column.</param>
/// <param name="Graph">All that is known.</param>
/// <param name="Upstream">What it comes from; null where that is not asked for.</param>
/// <param name="Downstream">What comes of it; null where that is not asked for.</param>
internal sealed record LineageView(LineageNode Node, LineageGraph Graph, LineageBranch? Upstream, LineageBranch? Downstream)
{
    /// <summary>The run that it is of; null for that of the definitions.</summary>
    public long? RunId { get; init; }

    /// <summary>The steps of both walks.</summary>
    public IReadOnlyList<LineageStep> Steps { get; } = [.. (Upstream?.Steps ?? []).Concat(Downstream?.Steps ?? []).Distinct()];

    /// <summary>Tasks of which something cannot be told, those of the walks first.</summary>
    public IEnumerable<TaskLineage> Unsure => Graph.Tasks.Where(t => !t.Notes.IsEmpty).OrderBy(t => !Steps.Any(s => s.Task.TaskKey == t.TaskKey));
}
