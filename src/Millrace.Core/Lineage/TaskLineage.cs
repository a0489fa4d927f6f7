using System.Collections.Immutable;

namespace Millrace.Core.Lineage;

/// <summary>The edges that one task makes.</summary>
/// <param name="TaskKey">The task's stable key.</param>
/// <param name="Job">The job's name.</param>
/// <param name="Task">The task's name.</param>
/// <param name="Step">E, T or L.</param>
public sealed record TaskLineage(string TaskKey, string Job, string Task, string Step)
{
    /// <summary>The edges.</summary>
    public ImmutableArray<LineageEdge> Edges { get; init; } = [];

    /// <summary>What could not be told, in words.</summary>
    public ImmutableArray<string> Notes { get; init; } = [];

    /// <summary>What the lines of edges are of: the script's file, or null.</summary>
    public string? Script { get; init; }

    /// <summary>SHA-256 of the SQL's text in small hex digits; null for step E and procedures.</summary>
    public string? ScriptSha { get; init; }

    /// <summary>The run that did it; null for the lineage of definitions.</summary>
    public long? RunId { get; init; }
}
