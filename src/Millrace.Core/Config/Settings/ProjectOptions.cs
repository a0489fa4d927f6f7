namespace Millrace.Core.Config.Settings;

/// <summary>What stands at the top of the project file by itself.</summary>
internal sealed class ProjectOptions
{
    [Option("project", "The project's name, kept with its checkpoints: a task that meets those of another project, where two load into one "
        + "destination under the same job and task names, stops (MR1314). 'millrace init' makes one; keep it when the folder moves, change it when the "
        + "folder is copied. Without it, checkpoints name no project.", Example = "shop-k3x9qa")]
    public string? Project { get; init; }

    [Option("definitions", "Where connections, jobs and tasks are taken from: these files, or the catalog's tables, into which 'millrace apply' writes what the "
        + "files say and which may be edited by SQL. With catalog, 'apply', 'diff' and 'schema' alone look at what the files say of them.", Default = "file")]
    public DefinitionsFrom Definitions { get; init; }
}

/// <summary>Where a project's connections, jobs and tasks are taken from.</summary>
public enum DefinitionsFrom
{
    /// <summary>The project's files.</summary>
    File,

    /// <summary>The catalog's tables.</summary>
    Catalog,
}

/// <summary>What a connection of every type has.</summary>
internal sealed class ConnectionOptions
{
    [Option("data_source", "The system that the connection leads to, where several lead to one; all of them are of one type. The connection's own name where it is left out. "
        + "The catalog groups connections by it.", Example = "crm")]
    public string? DataSource { get; init; }
}
