namespace Millrace.Core.Lineage;

/// <summary>One edge of lineage.</summary>
/// <param name="From">What is read; null for a constant.</param>
/// <param name="To">What is written.</param>
/// <param name="Kind">What the edge says.</param>
/// <param name="Origin">How it is known.</param>
public sealed record LineageEdge(LineageNode? From, LineageNode To, LineageKind Kind, LineageOrigin Origin)
{
    /// <summary>The script's line on which the statement begins, from 1; 0 where there is none.</summary>
    public int Line { get; init; }

    /// <summary>True where what is known does not decide it.</summary>
    public bool IsUncertain { get; init; }

    /// <summary>True for an edge of tables.</summary>
    public bool IsOfTables => Kind is LineageKind.Loaded or LineageKind.Transformed or LineageKind.Filtered && To.Column is null && From?.Column is null;
}
