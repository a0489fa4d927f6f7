using System.Collections.Immutable;
using Millrace.Core.Schemas;

namespace Millrace.Core.Contracts;

/// <summary>What a load writes, and on whose behalf.</summary>
/// <param name="TaskKey">The task's stable key.</param>
/// <param name="RunId">The run, stamped on every row.</param>
/// <param name="Generation">The task's generation.</param>
/// <param name="LoadedAt">Stamped on every row.</param>
/// <param name="Tables">The target tables.</param>
public sealed record WriteRequest(
    string TaskKey, long RunId, int Generation, DateTimeOffset LoadedAt, ImmutableArray<TableWrite> Tables)
{
    /// <summary>
    /// True where rows of <paramref name="RunId"/> come after that run: a merge then drops those whose key a later run wrote.
    /// </summary>
    public bool IsRetry { get; init; }
}

/// <summary>How one target table is written.</summary>
/// <param name="Schema">Target table, columns by target name, key by target names (system columns are not in it).</param>
/// <param name="Disposition">append, replace or merge.</param>
public sealed record TableWrite(TableSchema Schema, WriteDisposition Disposition)
{
    /// <summary>How a merge treats a key that is there.</summary>
    public MergeStrategy Strategy { get; init; } = MergeStrategy.Upsert;

    /// <summary>What a delete does.</summary>
    public DeleteMode DeleteMode { get; init; } = DeleteMode.Soft;

    /// <summary>
    /// True for change capture: rows carry position and generation, and an event not newer than the row (or tombstone) it meets, by generation
    /// then position, is dropped.
    /// </summary>
    public bool IsChangeCapture { get; init; }

    /// <summary>Checks on the staged rows, before the commit.</summary>
    public ImmutableArray<QualityCheck> Checks { get; init; } = [];

    /// <summary>
    /// For a child table of <c>nested: child_tables</c>: its columns that repeat the parent's key. A changed parent's children are replaced: the
    /// batch holds, for every parent that changed, a row of kind Delete with only these columns, and then its children as inserts.
    /// </summary>
    public ImmutableArray<string> ParentKey { get; init; } = [];

    /// <summary>
    /// Set where the key changes from a plain column to <see cref="SystemColumns.Key"/>: existing rows get their key from that column and its
    /// stored source type, in the canonical form of <see cref="CanonicalKey"/>.
    /// </summary>
    public string? RekeyFrom { get; init; }
}

/// <summary>A quality check (<c>checks:</c>).</summary>
/// <param name="Kind">What is checked.</param>
/// <param name="Columns">Target columns that it concerns; empty for row count and SQL.</param>
public sealed record QualityCheck(QualityCheckKind Kind, ImmutableArray<string> Columns)
{
    /// <summary>Accepted values, for <see cref="QualityCheckKind.AcceptedValues"/>, as text.</summary>
    public ImmutableArray<string> Values { get; init; } = [];

    /// <summary>Least number of staged rows, for row count; null for none.</summary>
    public long? Min { get; init; }

    /// <summary>Greatest number of staged rows, for row count; null for none.</summary>
    public long? Max { get; init; }

    /// <summary>A condition in the destination's SQL over the row's columns that every row must satisfy.</summary>
    public string? Sql { get; init; }
}

/// <summary>Kinds of quality check.</summary>
public enum QualityCheckKind
{
    /// <summary>The number of staged rows lies within bounds.</summary>
    RowCount,

    /// <summary>The columns hold no null.</summary>
    NotNull,

    /// <summary>No two rows of the table as it will be agree in the columns.</summary>
    Unique,

    /// <summary>The column holds only accepted values or null.</summary>
    AcceptedValues,

    /// <summary>A condition of the user's holds for every staged row.</summary>
    Sql,
}

/// <summary>A table as the destination has it.</summary>
/// <param name="Schema">Columns with target name, type and source path, without system columns; the key as it is enforced.</param>
/// <param name="IsEmpty">True where it has no rows.</param>
/// <param name="IsManaged">False for a table that Millrace did not make (then columns are matched by name).</param>
/// <param name="WideIntegers">Names of int64 columns that hold a value beyond ±2^53, which therefore cannot become float64.</param>
public sealed record TargetTable(TableSchema Schema, bool IsEmpty, bool IsManaged, ImmutableArray<string> WideIntegers)
{
    /// <summary>Keys of the tasks that have a <see cref="TableMarker"/> on it: they brought rows to a table of this name.</summary>
    public ImmutableArray<string> LoadedBy { get; init; } = [];
}
