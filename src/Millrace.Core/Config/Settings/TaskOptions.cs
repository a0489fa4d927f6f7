using System.Collections.Immutable;
using Millrace.Core.Config.Options;
using Millrace.Core.Contracts;
using Millrace.Core.Schemas;

namespace Millrace.Core.Config.Settings;

/// <summary>The kind of step that a task is.</summary>
public enum TaskStep
{
    /// <summary>Extract: datasets into tables.</summary>
    E,

    /// <summary>Transform, by SQL.</summary>
    T,

    /// <summary>Load into production, by SQL.</summary>
    L,
}

/// <summary>A task.</summary>
internal sealed class TaskOptions : RunOptions
{
    [Option("name", "The task's name, unique in its job; the dataset's where it is left out.", Example = "orders")]
    public string? Name { get; init; }

    [Option("id", "A stable identity: keeps the task's state when the job or the task is renamed. job/task where it is left out.", Example = "shop/orders")]
    public string? Id { get; init; }

    [Option("description", "What it is for.")]
    public string? Description { get; init; }

    [Option("owner", "Who answers for it.")]
    public string? Owner { get; init; }

    [Option("enabled", "False switches the task off.", Default = "true")]
    public bool Enabled { get; init; }

    [Option("step", "E extracts datasets into tables; T transforms and L loads into production, both by SQL.", Default = "E")]
    public TaskStep Step { get; init; }

    [Option("order", "Within their step, tasks start in this order; their place among the step's tasks, from 1, where it is left out.", Min = "0")]
    public int? Order { get; init; }

    [Option("depends_on", "Tasks of the job that end before this one starts; where one of them fails in a run, this one is left out. Tasks that are not of the run are not waited for.", Example = "[customers]")]
    public ImmutableArray<string> DependsOn { get; init; } = [];

    [Option("source", "What is read (step E).")]
    public TaskSourceOptions? Source { get; init; }

    [Option("target", "Where it is written (step E).")]
    public TaskTargetOptions? Target { get; init; }

    [Option("run", "The SQL that runs (steps T and L).")]
    public SqlStepOptions? Run { get; init; }

    [Option("lineage", "What the SQL of a step T or L reads and writes, for millrace lineage, where its text does not tell: procedures, SQL that is put together when it runs. For a table that is named here nothing is taken from the text.")]
    public ImmutableArray<LineageOptions> Lineage { get; init; } = [];

    [Option("columns", "Renames, casts, drops, constants and masks. A mapping consumes its path: it is gone from its parent too.")]
    public ImmutableArray<ColumnOptions> Columns { get; init; } = [];

    [Option("checks", "Quality checks on the staged rows before each commit; a failed one rolls the load back.")]
    public ImmutableArray<CheckOptions> Checks { get; init; } = [];
}

/// <summary>What a task reads; the connector's own settings stand beside these.</summary>
internal sealed class TaskSourceOptions
{
    [Option("connection", "The name of a connection.", Required = true, Example = "shop")]
    public string Connection { get; init; } = "";

    [Option("dataset", "A collection, table, topic or file set, or a pattern with *, or a list of them.", Required = true, Example = "orders")]
    public ImmutableArray<string> Dataset { get; init; } = [];

    [Option("exclude", "Datasets or patterns that the task leaves out.")]
    public ImmutableArray<string> Exclude { get; init; } = [];

    [Option("replication_method", "How it is read; the connector's first method where it is left out.")]
    public ReplicationMethod? ReplicationMethod { get; init; }

    [Option("cursor_field", "The field that orders incremental reads. The finer, the better: where more than 100,000 rows share its highest value, which of them are loaded is not known, and a target that appends is refused the rest.", Example = "updated_at")]
    public string? CursorField { get; init; }

    [Option("filter", "Only rows that satisfy this, in the source's own language (MongoDB: a filter document).", Example = "{ status: paid }")]
    public StructuredText? Filter { get; init; }

    [Option("fields", "Only these fields; the key is always read.")]
    public ImmutableArray<string> Fields { get; init; } = [];

    [Option("on_drop", "What the drop of a dataset does to its target.", Default = "ignore")]
    public OnDrop OnDrop { get; init; }

    [Option("on_history_lost", "What happens when the source no longer holds what follows the checkpoint.", Default = "fail")]
    public OnHistoryLost OnHistoryLost { get; init; }
}

/// <summary>Where a task writes; the connector's own settings stand beside these.</summary>
internal sealed class TaskTargetOptions
{
    [Option("connection", "The name of a connection.", Required = true, Example = "warehouse")]
    public string Connection { get; init; } = "";

    [Option("table", "The target table, schema.table; {dataset} stands for the dataset's name.", Default = "{dataset}", Example = "raw.orders")]
    public string Table { get; init; } = "";

    [Option("write_disposition", "How rows meet the table. Left out: merge for change_capture, and for incremental where there is a key; else append; replace for full_refresh.")]
    public WriteDisposition? WriteDisposition { get; init; }

    [Option("merge_strategy", "How a merge treats a key that is there; upsert where it is left out.")]
    public MergeStrategy? MergeStrategy { get; init; }

    [Option("delete_mode", "What a delete in the source does.", Default = "soft")]
    public DeleteMode DeleteMode { get; init; }

    [Option("primary_key", "Key fields, by their names in the source or by the columns that they are mapped to; the source's own key where it is left out.", Example = "[_id]")]
    public ImmutableArray<string> PrimaryKey { get; init; } = [];

    [Option("on_target_vanished", "What happens when the table is gone while its checkpoint stayed.", Default = "fail")]
    public OnTargetVanished OnTargetVanished { get; init; }
}

/// <summary>The SQL of a T or L step.</summary>
internal sealed class SqlStepOptions
{
    [Option("connection", "The name of a connection.", Required = true)]
    public string Connection { get; init; } = "";

    [Option("script", "A file with SQL, relative to the project.", Example = "sql/conform.sql")]
    public string? Script { get; init; }

    [Option("sql", "The SQL itself, for a step of a few lines.", Example = "\"DELETE FROM stage.orders WHERE total IS NULL\"")]
    public string? Sql { get; init; }

    [Option("procedure", "A stored procedure, as the engine's SQL names it. It gets the run's ids as arguments; see arguments.", Example = "conformed.load_orders")]
    public string? Procedure { get; init; }

    [Option("parameters", "Values by name. A script has them as :name, bound and never pasted (${NAME} and file:path are looked up when the step runs, and kept as references in the catalog), beside :run_id, :task_run_id, :logging_sequence, :job and :task; a procedure gets them by name.", Example = "{ region: north, days: 30 }")]
    public StructuredText? Parameters { get; init; }

    [Option("arguments", "What a procedure calls the arguments that every procedure gets.")]
    public ProcedureArgumentOptions? Arguments { get; init; }

    [Option("watermark", "Work on what is new: the SQL has :since (exclusive) and :until (inclusive), and :until is kept as a checkpoint in the step's own transaction.")]
    public WatermarkOptions? Watermark { get; init; }

    [Option("timeout", "How long the step may take; then it is stopped, and rolled back where it runs in a transaction.", Min = "1s", Max = "30d", Example = "30m")]
    public TimeSpan? Timeout { get; init; }

    [Option("transaction", "False for statements that no transaction takes (VACUUM). Each then commits by itself, and a kill may run the step again.", Default = "true")]
    public bool Transaction { get; init; }

    [Option("retries", "How often to try again after an error that may pass (a deadlock, a lost connection), from the beginning: the transaction was rolled back.", Default = "0", Min = "0", Max = "20")]
    public int Retries { get; init; }
}

/// <summary>The names of the arguments that every procedure gets; an empty name leaves one out.</summary>
internal sealed class ProcedureArgumentOptions
{
    [Option("run_id", "The run's id.", Default = SqlStep.RunIdArgument)]
    public string RunId { get; init; } = "";

    [Option("task_run_id", "The task run's id.", Default = SqlStep.TaskRunIdArgument)]
    public string TaskRunId { get; init; } = "";

    [Option("logging_sequence", "The sequence of the next line of the task run's log.", Default = SqlStep.LoggingSequenceArgument)]
    public string LoggingSequence { get; init; } = "";
}

/// <summary>One entry of <c>lineage:</c>.</summary>
internal sealed class LineageOptions
{
    [Option("from", "Tables that are read, schema.table or connection:schema.table.", Example = "[raw.orders]")]
    public ImmutableArray<string> From { get; init; } = [];

    [Option("to", "The table that is written.", Required = true, Example = "conformed.orders")]
    public string To { get; init; } = "";

    [Option("columns", "For each of its columns the columns that give its value, schema.table.column; [] for one that comes from no table.", Example = "{ total: [raw.orders.qty, raw.orders.price] }")]
    public StructuredText? Columns { get; init; }
}

/// <summary>How far a step has come.</summary>
internal sealed class WatermarkOptions
{
    [Option("query", "A query whose one value is how far the input goes now. Where rows may become visible later than their value says, set lookback.", Required = true, Example = "SELECT max(_millrace_loaded_at) FROM raw.orders")]
    public string Query { get; init; } = "";

    [Option("initial", ":since of the first run; NULL where it is left out.", Example = "2020-01-01")]
    public string? Initial { get; init; }

    [Option("lookback", "How far before the last watermark to begin, for rows that came late: a duration for dates and times, else a number.", Example = "1d")]
    public string? Lookback { get; init; }
}

/// <summary>One entry of <c>columns:</c>.</summary>
internal sealed class ColumnOptions
{
    [Option("from", "The path in the source, dots between levels; left out for a constant.", Example = "customer.email")]
    public string? From { get; init; }

    [Option("to", "The target column; the path's own name where it is left out.", Example = "email_hash")]
    public string? To { get; init; }

    [Option("cast", "The type to cast to.", Example = "decimal(18,2)")]
    public LogicalType? Cast { get; init; }

    [Option("drop", "True leaves the path out.", Default = "false")]
    public bool Drop { get; init; }

    [Option("constant", "A constant text for the column.")]
    public string? Constant { get; init; }

    [Option("mask", "hmac_sha256 keeps equality and hides the value; redact writes ***.", Default = "none")]
    public MaskKind Mask { get; init; }

    [Option("mask_key", "The key of this column's hash; the task's where it is left out.", Secret = true, Example = "\"${MASK_KEY}\"")]
    public string? MaskKey { get; init; }
}

/// <summary>One entry of <c>checks:</c>; exactly one of its settings.</summary>
internal sealed class CheckOptions
{
    [Option("not_null", "Target columns that hold no null.", Example = "[_id]")]
    public ImmutableArray<string> NotNull { get; init; } = [];

    [Option("unique", "Target columns in which no two rows agree.", Example = "[_id]")]
    public ImmutableArray<string> Unique { get; init; } = [];

    [Option("accepted_values", "A column and the values that it may hold besides null.")]
    public AcceptedValuesOptions? AcceptedValues { get; init; }

    [Option("row_count", "Bounds of the number of staged rows.")]
    public RowCountOptions? RowCount { get; init; }

    [Option("sql", "A condition in the destination's SQL that every staged row must satisfy.", Example = "total >= 0")]
    public string? Sql { get; init; }
}

/// <summary>Accepted values of a column.</summary>
internal sealed class AcceptedValuesOptions
{
    [Option("column", "The target column.", Required = true)]
    public string Column { get; init; } = "";

    [Option("values", "The values, as text.", Required = true)]
    public ImmutableArray<string> Values { get; init; } = [];
}

/// <summary>Bounds of the number of staged rows.</summary>
internal sealed class RowCountOptions
{
    [Option("min", "Least number of rows.", Min = "0")]
    public long? Min { get; init; }

    [Option("max", "Greatest number of rows.", Min = "0")]
    public long? Max { get; init; }
}
