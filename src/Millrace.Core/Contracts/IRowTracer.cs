using System.Collections.Immutable;
using Millrace.Core.Schemas;

namespace Millrace.Core.Contracts;

/// <summary>Optional: reads the rows of a key as a destination has them, with what Millrace noted of them. Changes nothing.</summary>
public interface IRowTracer
{
    /// <summary>The rows of a key, every version that the table holds.</summary>
    /// <param name="table">The table.</param>
    /// <param name="key">The key; parts without a column are those of the table's own key, in its order.</param>
    /// <param name="limit">At most so many rows.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>What is there; null where there is no such table.</returns>
    /// <exception cref="Errors.MillraceException">MR1504: the key does not fit the table.</exception>
    ValueTask<RowTrace?> TraceAsync(TableId table, IReadOnlyList<RowKeyPart> key, int limit, CancellationToken cancellationToken);
}

/// <summary>A part of a row's key.</summary>
/// <param name="Column">The column; null for the one at its place in the table's key.</param>
/// <param name="Value">The value as text.</param>
public sealed record RowKeyPart(string? Column, string Value);

/// <summary>What a destination has of a key.</summary>
/// <param name="Table">The table.</param>
/// <param name="Key">The key's columns and values, as they were looked for.</param>
/// <param name="Columns">All columns of the table.</param>
/// <param name="Rows">The rows: of a table that keeps history each version, oldest first.</param>
/// <param name="Count">How many rows there are, those beyond the limit counted.</param>
public sealed record RowTrace(
    TableId Table, ImmutableArray<KeyValuePair<string, string>> Key, ImmutableArray<string> Columns, ImmutableArray<TracedRow> Rows, long Count)
{
    /// <summary>The source's paths of the key's columns, where they are noted; else the columns' names.</summary>
    public ImmutableArray<string> KeyPaths { get; init; } = [];

    /// <summary>The place in the source by which the key was deleted, where a tombstone keeps it.</summary>
    public TracedTombstone? Tombstone { get; init; }
}

/// <summary>A row as it is stored.</summary>
/// <param name="Values">The user's columns, each value as text; null for NULL.</param>
public sealed record TracedRow(ImmutableArray<KeyValuePair<string, string?>> Values)
{
    /// <summary>The run that wrote it: of <see cref="SystemColumns.RunId"/>, else of a column run_id that the user's SQL fills; null where there is neither.</summary>
    public long? RunId { get; init; }

    /// <summary>When the load began that wrote it, or null.</summary>
    public DateTimeOffset? LoadedAt { get; init; }

    /// <summary>Its place in the source, or null.</summary>
    public string? Position { get; init; }

    /// <summary>The table's generation that it is of, or null.</summary>
    public int? Generation { get; init; }

    /// <summary>When it was marked as deleted, or null.</summary>
    public DateTimeOffset? DeletedAt { get; init; }

    /// <summary>From when this version holds, where the table keeps history.</summary>
    public DateTimeOffset? ValidFrom { get; init; }

    /// <summary>Until when this version held; null for the current one.</summary>
    public DateTimeOffset? ValidTo { get; init; }
}

/// <summary>What is kept of a key that is gone.</summary>
/// <param name="Generation">The generation in which it went.</param>
/// <param name="Position">The place in the source of the delete.</param>
public sealed record TracedTombstone(int Generation, string Position);
