using System.Collections.Immutable;

namespace Millrace.Core.Config.Settings;

/// <summary>A job; what is not about the job itself is inherited by its tasks.</summary>
internal sealed class JobOptions : RunOptions
{
    [Option("description", "What it is for.")]
    public string? Description { get; init; }

    [Option("owner", "Who answers for it; 'millrace status' shows it.")]
    public string? Owner { get; init; }

    [Option("schedule", "When it runs, as a cron expression; kept for schedulers, not acted on by 'millrace run'.", Example = "\"0 9 * * *\"")]
    public string? Schedule { get; init; }

    [Option("sla", "The longest that a run of the job should take. 'millrace status' shows it, and marks a last run that took longer; nothing is stopped.", Min = "1s", Example = "2h")]
    public TimeSpan? Sla { get; init; }

    [Option("enabled", "False switches the whole job off.", Default = "true")]
    public bool Enabled { get; init; }

    [Option("on_success", "Jobs that run, one after the other, when this one has succeeded.", Example = "[to_production]")]
    public ImmutableArray<string> OnSuccess { get; init; } = [];

    [Option("parallelism", "Most tasks of a step that run at the same time. The steps follow each other: E, then T, then L.", Default = "1", Min = "1", Max = "64")]
    public int Parallelism { get; init; }

    [Option("source", "Settings that every task's source inherits.")]
    public TaskSourceOptions? Source { get; init; }

    [Option("target", "Settings that every task's target inherits.")]
    public TaskTargetOptions? Target { get; init; }

    [Option("tasks", "The tasks, in order.", Required = true)]
    public ImmutableArray<TaskOptions> Tasks { get; init; } = [];
}

/// <summary>Stores that a catalog can live in.</summary>
public enum CatalogType
{
    /// <summary>A SQLite file.</summary>
    Sqlite,

    /// <summary>PostgreSQL.</summary>
    Postgresql,

    /// <summary>SQL Server.</summary>
    Sqlserver,
}

/// <summary>Where the catalog is.</summary>
internal sealed class CatalogOptions
{
    [Option("type", "The store.", Default = "sqlite")]
    public CatalogType Type { get; init; }

    [Option("path", "For sqlite: the file, relative to the project.", Default = ".millrace/catalog.db")]
    public string Path { get; init; } = "";

    [Option("connection_string", "For postgresql and sqlserver: where the server is and who connects, as a connection of that type takes it.", Secret = true, Example = "\"${CATALOG_DB}\"")]
    public string? ConnectionString { get; init; }

    [Option("schema", "For postgresql and sqlserver: the schema of the catalog's tables; it is created when it is not there.", Default = "metadata")]
    public string Schema { get; init; } = "";
}
