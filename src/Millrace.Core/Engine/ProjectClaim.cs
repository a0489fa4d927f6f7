using Millrace.Core.Config;
using Millrace.Core.Contracts;
using Millrace.Core.Errors;

namespace Millrace.Core.Engine;

/// <summary>
/// The checkpoint <c>#project</c> that stands beside a task's positions: which project they are of (<c>project:</c> in millrace.yaml). Task keys are
/// unique in a project only; without it, the second of two projects in one destination would take what the first one has read for its own.
/// </summary>
public static class ProjectClaim
{
    /// <summary>The partition of the checkpoint.</summary>
    public const string Marker = "#project";

    /// <summary>Compares the project that the task belongs to with the one that its stored checkpoints are of, where they name one.</summary>
    /// <param name="taskKey">The task.</param>
    /// <param name="project">The project that it is of, or null.</param>
    /// <param name="stored">Its checkpoints in the destination, of any generation.</param>
    /// <exception cref="MillraceException"><see cref="ErrorCodes.OtherProject"/>.</exception>
    public static void ThrowIfOthers(string taskKey, string? project, IEnumerable<Checkpoint> stored)
    {
        ArgumentNullException.ThrowIfNull(stored);
        Position? claim = stored.FirstOrDefault(c => c.Partition == Marker)?.Position;
        if (claim is null || claim == Of(project))
        {
            return;
        }

        string owner = Uri.UnescapeDataString(claim.Value);
        throw new MillraceException(
            ErrorCodes.OtherProject,
            $"Task {taskKey}: its checkpoints in the destination are of project {owner}, and this "
                + (project is { } own ? $"is project {own}" : "project names none")
                + ". To go on from them would leave out the rows that the other one has read.",
            $"Give the task a key of its own with id:, or this project a database or schema of its own. If this is {owner} itself, "
                + $"set 'project: {owner}' in millrace.yaml.",
            "project");
    }

    /// <summary>What marks a task's checkpoints as its project's; null for a project that names none.</summary>
    public static Position? Of(string? project) => project is not null ? new("millrace.project/" + Uri.EscapeDataString(project)) : null;

    /// <summary>What to warn of where checkpoints that name no project become this one's, or null.</summary>
    internal static string? Adopts(TaskDefinition task, GenerationState state) =>
        task.Project is not null && state.Stored.Count > 0 && !state.Stored.ContainsKey(Marker)
            ? $"Task {task.Key}: its checkpoints name no project and are taken for those of {task.Project}. Where they are of another project with the "
                + $"same job and task names, give the task an id: of its own, and run it with --full-refresh."
            : null;
}
