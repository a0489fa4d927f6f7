namespace Millrace.Core.Config.Settings;

/// <summary>What stands at the top of the project file by itself.</summary>
internal sealed class ProjectOptions
{
    [Option("project", "The project's name, kept with its checkpoints: a task that meets those of another project, where two load into one "
        + "destination under the same job and task names, stops (MR1314). 'millrace init' makes one; keep it when the folder moves, change it when the "
        + "folder is copied. Without it, checkpoints name no project.", Example = "shop-k3x9qa")]
    public string? Project { get; init; }
}
