using System.Collections.Immutable;

namespace Millrace.Core.Lineage;

/// <summary>A node of a walk through the lineage, and what lies behind it.</summary>
/// <param name="Node">The table or column; null for a constant.</param>
/// <param name="By">The edges that lead to it, each with its task.</param>
/// <param name="Branches">What lies behind it.</param>
/// <param name="IsRepeated">True where it stands elsewhere in the walk with what lies behind it: a circle, or a second way.</param>
public sealed record LineageBranch(LineageNode? Node, ImmutableArray<LineageStep> By, ImmutableArray<LineageBranch> Branches, bool IsRepeated)
{
    /// <summary>Every step of the walk, each once.</summary>
    public IEnumerable<LineageStep> Steps => By.Concat(Branches.SelectMany(b => b.Steps)).Distinct();
}

/// <summary>One edge and the task that makes it.</summary>
/// <param name="Task">The task.</param>
/// <param name="Edge">The edge; for a star, of the column that is walked.</param>
public sealed record LineageStep(TaskLineage Task, LineageEdge Edge);
