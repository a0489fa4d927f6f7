using System.Collections.Immutable;
using Millrace.Core.Contracts;

namespace Millrace.Core.Config;

/// <summary>A task that moves datasets to tables (step E), validated, defaults filled in, connections still by name.</summary>
/// <param name="Key">The stable identity of its state: survives a rename; at first <c>job/task</c>.</param>
/// <param name="Job">The job's name.</param>
/// <param name="Name">The task's name.</param>
/// <param name="Source">What it reads.</param>
/// <param name="Target">Where it writes.</param>
public sealed record TaskDefinition(string Key, string Job, string Name, TaskSource Source, TaskTarget Target)
{
    /// <summary>The project that its checkpoints are of (<c>project:</c>), or null where the project names none.</summary>
    public string? Project { get; init; }

    /// <summary>False where the task is switched off.</summary>
    public bool Enabled { get; init; } = true;

    /// <summary>The budget of one run.</summary>
    public RunLimits Limits { get; init; } = RunLimits.None;

    /// <summary>When a load is committed on the way.</summary>
    public CommitEvery CommitEvery { get; init; } = CommitEvery.Default;

    /// <summary>What may change.</summary>
    public SchemaContract Contract { get; init; } = SchemaContract.Default;

    /// <summary>Renames, casts, drops, constants and masks.</summary>
    public ImmutableArray<ColumnMapping> Columns { get; init; } = [];

    /// <summary>What becomes of nested values.</summary>
    public NestedSettings Nested { get; init; } = NestedSettings.Json;

    /// <summary>Quality checks before each commit, columns by target name.</summary>
    public ImmutableArray<QualityCheck> Checks { get; init; } = [];

    /// <summary>Most columns of a target table; further fields go to <c>_millrace_extra</c>.</summary>
    public int MaxColumns { get; init; } = 500;

    /// <summary>Most rows that one run may quarantine before it fails.</summary>
    public long MaxQuarantine { get; init; } = 1000;

    /// <summary>Most bytes of batches between the stages.</summary>
    public long MaxBytesInFlight { get; init; } = 64L << 20;
}

/// <summary>What a task reads.</summary>
/// <param name="Connection">The connection's name.</param>
/// <param name="Datasets">Names or patterns.</param>
/// <param name="Method">How.</param>
public sealed record TaskSource(string Connection, DatasetSelector Datasets, ReplicationMethod Method)
{
    /// <summary>The column that orders incremental reads.</summary>
    public string? CursorField { get; init; }

    /// <summary>A filter in the source's own language.</summary>
    public string? Filter { get; init; }

    /// <summary>Fields to read; empty for all.</summary>
    public ImmutableArray<string> Fields { get; init; } = [];

    /// <summary>What a dropped dataset does.</summary>
    public OnDrop OnDrop { get; init; } = OnDrop.Ignore;

    /// <summary>What happens when the source no longer holds what follows the checkpoint.</summary>
    public OnHistoryLost OnHistoryLost { get; init; } = OnHistoryLost.Fail;

    /// <summary>The connector's own settings, bound, or null.</summary>
    public object? Options { get; init; }
}

/// <summary>Where a task writes.</summary>
/// <param name="Connection">The connection's name.</param>
/// <param name="Table">The target: <c>schema.table</c>, with <c>{dataset}</c> for the dataset's name.</param>
/// <param name="Disposition">How rows meet the table.</param>
public sealed record TaskTarget(string Connection, string Table, WriteDisposition Disposition)
{
    /// <summary>How a merge treats a key that is there.</summary>
    public MergeStrategy Strategy { get; init; } = MergeStrategy.Upsert;

    /// <summary>What a delete does.</summary>
    public DeleteMode DeleteMode { get; init; } = DeleteMode.Soft;

    /// <summary>Key fields by source name; empty for the source's own key.</summary>
    public ImmutableArray<string> PrimaryKey { get; init; } = [];

    /// <summary>What happens when the table is gone while its checkpoint stayed.</summary>
    public OnTargetVanished OnTargetVanished { get; init; } = OnTargetVanished.Fail;

    /// <summary>The connector's own settings, bound, or null.</summary>
    public object? Options { get; init; }
}

/// <summary>What happens when the source no longer holds what follows the checkpoint.</summary>
public enum OnHistoryLost
{
    /// <summary>The run fails and says so.</summary>
    Fail,

    /// <summary>A new generation starts with a new snapshot.</summary>
    Resnapshot,
}

/// <summary>What happens when a target table is gone while its checkpoint stayed.</summary>
public enum OnTargetVanished
{
    /// <summary>The run fails and says so.</summary>
    Fail,

    /// <summary>A new generation starts with a new snapshot.</summary>
    Resnapshot,
}

/// <summary>The budget of one run. Only one indivisible unit may exceed it.</summary>
/// <param name="MaxRows">run_max_rows, or null.</param>
/// <param name="MaxBytes">run_max_bytes of source payload, or null.</param>
/// <param name="MaxDuration">run_max_duration, or null.</param>
public sealed record RunLimits(long? MaxRows, long? MaxBytes, TimeSpan? MaxDuration)
{
    /// <summary>No limit.</summary>
    public static RunLimits None { get; } = new(null, null, null);
}

/// <summary>When a load is committed on the way: at whichever comes first.</summary>
/// <param name="Rows">Rows, or null.</param>
/// <param name="Bytes">Source payload bytes, or null.</param>
/// <param name="Interval">Time, or null.</param>
public sealed record CommitEvery(long? Rows, long? Bytes, TimeSpan? Interval)
{
    /// <summary>1 GB of payload or two minutes: a snapshot goes straight into its table only within its first load.</summary>
    public static CommitEvery Default { get; } = new(null, 1_000_000_000, TimeSpan.FromMinutes(2));

    /// <summary>Bytes of a load once the snapshot is read, where nothing is set: what a source keeps of changes until they are durable is bounded by it.</summary>
    public const long DefaultLogBytes = 48_000_000;
}

/// <summary>What may change (schema_contract).</summary>
/// <param name="Tables">New tables.</param>
/// <param name="Columns">New columns.</param>
/// <param name="Types">Values that need another type.</param>
public sealed record SchemaContract(ContractMode Tables, ContractMode Columns, ContractMode Types)
{
    /// <summary>Everything evolves.</summary>
    public static SchemaContract Default { get; } = new(ContractMode.Evolve, ContractMode.Evolve, ContractMode.Evolve);
}

/// <summary>What happens to a change that the contract speaks of.</summary>
public enum ContractMode
{
    /// <summary>The target follows.</summary>
    Evolve,

    /// <summary>The run fails.</summary>
    Freeze,

    /// <summary>The row is left out (and counted).</summary>
    DiscardRow,

    /// <summary>The value is left out (and counted).</summary>
    DiscardValue,

    /// <summary>The row goes to quarantine.</summary>
    Quarantine,
}

/// <summary>One entry of <c>columns:</c>. It consumes its path: what is mapped away or masked is gone from its parent too.</summary>
public sealed record ColumnMapping
{
    /// <summary>The path in the source, dots between levels; null for a constant.</summary>
    public string? From { get; init; }

    /// <summary>The target column; null keeps the name the path would get.</summary>
    public string? To { get; init; }

    /// <summary>Cast to this type, or null.</summary>
    public Schemas.LogicalType? Cast { get; init; }

    /// <summary>True to leave the path out.</summary>
    public bool Drop { get; init; }

    /// <summary>A constant text for the column, or null.</summary>
    public string? Constant { get; init; }

    /// <summary>How the value is masked.</summary>
    public MaskKind Mask { get; init; }

    /// <summary>The key of a keyed hash: a reference as loaded, the key itself once resolved for a run; never shown.</summary>
    public string? MaskKey { get; init; }

    /// <summary>The mapping without its key.</summary>
    public override string ToString() => $"{From} -> {To} (cast {Cast}, drop {Drop}, mask {Mask})";
}

/// <summary>How a value is masked.</summary>
public enum MaskKind
{
    /// <summary>Not at all.</summary>
    None,

    /// <summary>HMAC-SHA-256 of the value's text with the mask key, 64 lower-case hex digits; null stays null.</summary>
    HmacSha256,

    /// <summary>The text <c>***</c>; null stays null.</summary>
    Redact,
}

/// <summary>What becomes of nested values.</summary>
/// <param name="Mode">How.</param>
/// <param name="MaxDepth">For flatten: levels that become columns; deeper ones stay JSON.</param>
/// <param name="Separator">For flatten: between the parts of a column's name.</param>
public sealed record NestedSettings(NestedMode Mode, int MaxDepth, string Separator)
{
    /// <summary>Nested values stay JSON.</summary>
    public static NestedSettings Json { get; } = new(NestedMode.Json, 3, "__");
}

/// <summary>Ways to treat nested values.</summary>
public enum NestedMode
{
    /// <summary>One JSON column each.</summary>
    Json,

    /// <summary>Nested objects become columns; arrays stay JSON.</summary>
    Flatten,

    /// <summary>Arrays of a document become a table of their own, with the parent's key and the index; objects stay JSON.</summary>
    ChildTables,
}
