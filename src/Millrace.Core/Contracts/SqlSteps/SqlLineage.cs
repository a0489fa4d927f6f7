using System.Collections.Immutable;
using Millrace.Core.Lineage;
using Millrace.Core.Schemas;

namespace Millrace.Core.Contracts.SqlSteps;

/// <summary>What a script reads and writes. Temporary tables and CTEs are not in it: what goes through them is told of their own sources.</summary>
/// <param name="Edges">Edges in the order of the statements, each once.</param>
/// <param name="Statements">The statements that write or read tables.</param>
/// <param name="Notes">What could not be told.</param>
public sealed record SqlLineage(
    ImmutableArray<SqlLineageEdge> Edges, ImmutableArray<SqlLineageStatement> Statements, ImmutableArray<SqlLineageNote> Notes)
{
    /// <summary>Columns of tables that the script makes, in their order, as far as it tells.</summary>
    public ImmutableDictionary<TableId, ImmutableArray<string>> Columns { get; init; } = ImmutableDictionary<TableId, ImmutableArray<string>>.Empty;
}

/// <summary>One edge.</summary>
/// <param name="From">The table that is read; null for a constant.</param>
/// <param name="FromColumn">Its column; null for its rows, <c>*</c> for each of its columns.</param>
/// <param name="To">The table that is written.</param>
/// <param name="ToColumn">Its column; null for its rows, <c>*</c> for the columns of the same names.</param>
/// <param name="Kind">What the edge says.</param>
public sealed record SqlLineageEdge(TableId? From, string? FromColumn, TableId To, string? ToColumn, LineageKind Kind)
{
    /// <summary>The script's line on which the statement begins, from 1.</summary>
    public int Line { get; init; }

    /// <summary>True where the text alone does not tell.</summary>
    public bool IsUncertain { get; init; }
}

/// <summary>A statement that writes or reads tables.</summary>
/// <param name="Line">The script's line on which it begins, from 1.</param>
/// <param name="Verb">What it does: <c>INSERT</c>, <c>MERGE</c>, ….</param>
/// <param name="Writes">Tables that it writes, temporary ones left out.</param>
/// <param name="Reads">Tables that it reads.</param>
public sealed record SqlLineageStatement(int Line, string Verb, ImmutableArray<TableId> Writes, ImmutableArray<TableId> Reads);

/// <summary>Something that could not be told.</summary>
/// <param name="Line">The script's line on which the statement begins, from 1; 0 where it is about the whole.</param>
/// <param name="Text">What, in words.</param>
public sealed record SqlLineageNote(int Line, string Text);
