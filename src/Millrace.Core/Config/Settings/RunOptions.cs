using System.Collections.Immutable;
using Millrace.Core.Config.Options;

namespace Millrace.Core.Config.Settings;

/// <summary>Settings of a run that stand under <c>defaults:</c>, a job or a task; the nearest wins, setting by setting.</summary>
internal class RunOptions
{
    [Option("limits", "The budget of one run. A spent budget ends the run as succeeded, and the next run goes on from there.")]
    public LimitsOptions? Limits { get; init; }

    [Option("commit_every", "When a load is committed on the way, at whichever comes first.")]
    public CommitEveryOptions? CommitEvery { get; init; }

    [Option("schema_contract", "What may change in the target: one word for everything, or a word each for tables, columns and types.")]
    public ContractOptions? SchemaContract { get; init; }

    [Option("nested", "What becomes of nested objects and arrays: one word, or a map with the settings of flatten.")]
    public NestedOptions? Nested { get; init; }

    [Option("max_columns", "Most columns of a target table; further fields go to _millrace_extra.", Default = "500", Min = "1", Max = "10000")]
    public int MaxColumns { get; init; }

    [Option("max_quarantine", "Most rows that one run may quarantine before it fails.", Default = "1000", Min = "0")]
    public long MaxQuarantine { get; init; }

    [Option("max_bytes_in_flight", "Most memory of batches between the stages of a task.", Default = "64MiB", Min = "1MiB", Max = "16GiB")]
    public ByteSize MaxBytesInFlight { get; init; }

    public const string DefaultMaskKey = "${MILLRACE_MASK_KEY}";

    [Option("mask_key", "The key of hmac_sha256 masks.", Default = DefaultMaskKey, Secret = true)]
    public string? MaskKey { get; init; }

    [Option("prices", "What a run costs, for the forecast of 'millrace plan'.")]
    public PriceOptions? Prices { get; init; }
}

/// <summary>The settings that tasks inherit: run settings, and parts of their source and target.</summary>
internal sealed class DefaultsOptions : RunOptions
{
    [Option("source", "Settings that every task's source inherits.")]
    public TaskSourceOptions? Source { get; init; }

    [Option("target", "Settings that every task's target inherits.")]
    public TaskTargetOptions? Target { get; init; }
}

/// <summary>The budget of one run.</summary>
internal sealed class LimitsOptions
{
    [Option("run_max_rows", "Most rows or changes that a run reads.", Min = "1", Example = "100000")]
    public long? RunMaxRows { get; init; }

    [Option("run_max_bytes", "Most payload bytes that a run reads, uncompressed; one indivisible document or transaction may exceed it.", Min = "1B", Example = "50MB")]
    public ByteSize? RunMaxBytes { get; init; }

    [Option("run_max_duration", "How long a run reads.", Min = "1s", Example = "10m")]
    public TimeSpan? RunMaxDuration { get; init; }
}

/// <summary>When a load is committed on the way.</summary>
internal sealed class CommitEveryOptions
{
    [Option("rows", "After so many rows.", Min = "1")]
    public long? Rows { get; init; }

    [Option("bytes", "After so many payload bytes; 1GB where nothing is set (48MB after the snapshot).", Min = "1B", Example = "256MB")]
    public ByteSize? Bytes { get; init; }

    [Option("seconds", "After so many seconds; 120 where nothing is set.", Min = "1", Example = "60")]
    public int? Seconds { get; init; }
}

/// <summary>What may change in the target.</summary>
[Shorthand("tables", "columns", "types")]
internal sealed class ContractOptions
{
    [Option("tables", "New tables.", Default = "evolve")]
    public ContractMode Tables { get; init; }

    [Option("columns", "New columns.", Default = "evolve")]
    public ContractMode Columns { get; init; }

    [Option("types", "Values that need another type.", Default = "evolve")]
    public ContractMode Types { get; init; }
}

/// <summary>What becomes of nested values.</summary>
[Shorthand("mode")]
internal sealed class NestedOptions
{
    [Option("mode", "Keep them as JSON, flatten objects to columns, or give arrays tables of their own.", Default = "json")]
    public NestedMode Mode { get; init; }

    [Option("max_depth", "For flatten: levels that become columns; deeper ones stay JSON.", Default = "3", Min = "1", Max = "16")]
    public int MaxDepth { get; init; }

    [Option("separator", "For flatten: between the parts of a column's name.", Default = "__")]
    public string Separator { get; init; } = "__";
}

/// <summary>Prices for the forecast.</summary>
internal sealed class PriceOptions
{
    [Option("per_gb", "Price of moving 1 GB (10^9 bytes) of payload.", Min = "0", Example = "0.5")]
    public decimal? PerGb { get; init; }

    [Option("per_run", "Price of one run.", Min = "0")]
    public decimal? PerRun { get; init; }

    [Option("per_hour", "Price of one hour of running.", Min = "0")]
    public decimal? PerHour { get; init; }

    [Option("currency", "The currency, as it is printed.", Default = "USD")]
    public string Currency { get; init; } = "";
}
