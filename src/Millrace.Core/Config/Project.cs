using System.Collections.Immutable;
using Millrace.Core.Config.Secrets;
using Millrace.Core.Config.Settings;

namespace Millrace.Core.Config;

/// <summary>A project as its files say it: validated, defaults filled in, secrets still references.</summary>
/// <param name="Catalog">Where the catalog is.</param>
/// <param name="Connections">The connections, by name.</param>
/// <param name="Jobs">The jobs, in the order of the files.</param>
public sealed record Project(
    CatalogSettings Catalog, ImmutableSortedDictionary<string, ConnectionDefinition> Connections, ImmutableArray<JobDefinition> Jobs)
{
    /// <summary>Its name, which is kept with its checkpoints; null where the files name none.</summary>
    public string? Name { get; init; }

    /// <summary>Where jobs, tasks and connections are taken from.</summary>
    public DefinitionsFrom DefinitionsFrom { get; init; }

    /// <summary>The job of this name, or null.</summary>
    public JobDefinition? FindJob(string name) => Jobs.FirstOrDefault(j => j.Name == name);
}

/// <summary>Where the catalog is.</summary>
/// <param name="Type">The store.</param>
/// <param name="Path">For SQLite: the file, relative to the project's folder.</param>
public sealed record CatalogSettings(CatalogType Type, string Path)
{
    /// <summary>For PostgreSQL and SQL Server: the schema.</summary>
    public string Schema { get; init; } = "metadata";

    /// <summary>For PostgreSQL and SQL Server: how to connect, secrets still references.</summary>
    internal string? ConnectionString { get; init; }

    /// <summary>How to connect, secrets in place. Do it when it is needed, and keep it no longer.</summary>
    /// <exception cref="Errors.MillraceException">MR1003: a secret is missing.</exception>
    public string ResolveConnectionString(SecretResolver resolver)
    {
        ArgumentNullException.ThrowIfNull(resolver);
        string text = ConnectionString ?? throw new InvalidOperationException("A catalog in a file has no connection string.");
        if (SecretReference.LooksSecret(text))
        {
            resolver.Scrubber.Add(text);
        }

        return resolver.Resolve(text, "catalog.connection_string");
    }

    /// <summary>Type and place: the connection string holds a secret.</summary>
    public override string ToString() => Type == CatalogType.Sqlite ? $"catalog {Path}" : $"catalog of type {Type}, schema {Schema}";
}

/// <summary>A job: tasks in order.</summary>
/// <param name="Name">Its name, unique in the project.</param>
/// <param name="Tasks">Its tasks, in order.</param>
public sealed record JobDefinition(string Name, ImmutableArray<ProjectTask> Tasks)
{
    /// <summary>What it is for, or null.</summary>
    public string? Description { get; init; }

    /// <summary>Who answers for it, or null.</summary>
    public string? Owner { get; init; }

    /// <summary>When it runs, or null. Text: schedulers read it, Millrace's runner does not.</summary>
    public string? Schedule { get; init; }

    /// <summary>The longest that a run should take, or null. <c>millrace status</c> marks a run that took longer; nothing is stopped.</summary>
    public TimeSpan? Sla { get; init; }

    /// <summary>False where the whole job is switched off.</summary>
    public bool Enabled { get; init; } = true;

    /// <summary>Most tasks of a step that run at the same time.</summary>
    public int Parallelism { get; init; } = 1;

    /// <summary>Jobs that run when this one has succeeded.</summary>
    public ImmutableArray<string> OnSuccess { get; init; } = [];

    /// <summary>Where it stands.</summary>
    public SourceLine Location { get; init; } = SourceLine.None;
}

/// <summary>A task of a job, of any step.</summary>
/// <param name="Key">The stable identity: <c>id:</c> where it is set, else <c>job/task</c>.</param>
/// <param name="Job">The job's name.</param>
/// <param name="Name">The task's name.</param>
/// <param name="Step">E, T or L.</param>
/// <param name="Order">Its place in the job, from 0.</param>
public sealed record ProjectTask(string Key, string Job, string Name, TaskStep Step, int Order)
{
    /// <summary>The project that it is of, or null where that has no name.</summary>
    public string? Project { get; init; }

    /// <summary>False where the task is switched off.</summary>
    public bool Enabled { get; init; } = true;

    /// <summary>Within its step, tasks start in this order; null for their place among the step's.</summary>
    public int? RunOrder { get; init; }

    /// <summary>Tasks of the job that must have succeeded before it, by name.</summary>
    public ImmutableArray<string> DependsOn { get; init; } = [];

    /// <summary>What it is for, or null.</summary>
    public string? Description { get; init; }

    /// <summary>Who answers for it (the job's owner where the task names none), or null.</summary>
    public string? Owner { get; init; }

    /// <summary>What step E moves; null for T and L.</summary>
    public TaskDefinition? Move { get; init; }

    /// <summary>The SQL of steps T and L; null for E.</summary>
    public SqlStep? Sql { get; init; }

    /// <summary>What its SQL reads and writes, as it is declared (steps T and L).</summary>
    public ImmutableArray<Lineage.DeclaredLineage> Lineage { get; init; } = [];

    /// <summary>Prices for the forecast, or null.</summary>
    public Prices? Prices { get; init; }

    /// <summary>Where it stands.</summary>
    public SourceLine Location { get; init; } = SourceLine.None;
}


/// <summary>Prices for the forecast; null where a part costs nothing.</summary>
/// <param name="PerGb">Of moving 10^9 payload bytes.</param>
/// <param name="PerRun">Of one run.</param>
/// <param name="PerHour">Of one hour of running.</param>
/// <param name="Currency">As it is printed.</param>
public sealed record Prices(decimal? PerGb, decimal? PerRun, decimal? PerHour, string Currency);

/// <summary>A place in a project file, or in the catalog.</summary>
/// <param name="File">The file, relative to the project's folder; or the catalog's row and column.</param>
/// <param name="Line">The line, from 1; 0 in the catalog.</param>
public sealed record SourceLine(string File, int Line)
{
    /// <summary>Nowhere: made by code.</summary>
    public static SourceLine None { get; } = new("", 0);

    /// <inheritdoc/>
    public override string ToString() => Line > 0 ? $"{File}:{Line}" : File;
}
