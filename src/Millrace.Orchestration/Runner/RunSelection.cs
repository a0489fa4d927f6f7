using System.Collections.Immutable;
using Millrace.Core.Config;
using Millrace.Core.Config.Settings;
using Millrace.Core.Errors;

namespace Millrace.Orchestration.Runner;

/// <summary>Finds the job and tasks that a request means.</summary>
internal static class RunSelection
{
    public static JobDefinition Job(Project project, string name) => project.FindJob(name) switch
    {
        null => throw new MillraceException(ErrorCodes.NotFound, $"There is no job '{name}'.",
            project.Jobs.IsEmpty ? "Define one under jobs: in millrace.yaml." : $"Jobs: {string.Join(", ", project.Jobs.Select(j => j.Name))}."),
        { Enabled: false } job => throw new MillraceException(ErrorCodes.InvalidConfiguration, $"Job '{name}' is switched off.",
            "Remove enabled: false.", $"jobs.{job.Name}.enabled"),
        { } job => job,
    };

    public static ImmutableArray<ProjectTask> Tasks(JobDefinition job, RunRequest request)
    {
        if (request.Task is not { } name)
        {
            // What follows a source has no end after which SQL could run.
            ImmutableArray<ProjectTask> chosen = [.. InSteps(job, request).Where(t => t.Enabled && (!request.Follow || t.Step == TaskStep.E))];
            return !chosen.IsEmpty || InSteps(job, request).Any() ? chosen : throw new MillraceException(ErrorCodes.NotFound,
                $"Job '{job.Name}' has no task of step {string.Join(" or ", request.Steps)}.", $"Its steps: {string.Join(", ", job.Tasks.Select(t => t.Step).Distinct().Order())}.");
        }

        return job.Tasks.FirstOrDefault(t => t.Name == name || t.Key == name) switch
        {
            null => throw new MillraceException(ErrorCodes.NotFound, $"Job '{job.Name}' has no task '{name}'.",
                $"Tasks: {string.Join(", ", job.Tasks.Select(t => t.Name))}."),
            { } task when !request.Steps.IsEmpty && !request.Steps.Contains(task.Step) => throw new MillraceException(ErrorCodes.InvalidConfiguration,
                $"Task '{task.Name}' is of step {task.Step}, which --steps leaves out.", "Name the task alone, or its step."),
            { Step: not TaskStep.E } task when request.Follow => throw new MillraceException(ErrorCodes.InvalidConfiguration,
                $"Task '{task.Name}' is of step {task.Step}: SQL has nothing to follow.", "Run it without --follow."),
            { Enabled: false } task => throw new MillraceException(ErrorCodes.InvalidConfiguration, $"Task '{task.Name}' is switched off.",
                "Remove enabled: false.", $"jobs.{job.Name}.tasks[{task.Order}].enabled"),
            { } task => [task],
        };
    }

    /// <summary>Tasks that the run leaves out from its beginning.</summary>
    public static IEnumerable<SkippedTask> LeftOut(JobDefinition job, RunRequest request) => request.Task is null
        ? InSteps(job, request).Where(t => !t.Enabled || (request.Follow && t.Step != TaskStep.E))
            .Select(t => new SkippedTask(t, t.Enabled ? "a run that follows has no end after which SQL could run" : "it is switched off"))
        : [];

    private static IEnumerable<ProjectTask> InSteps(JobDefinition job, RunRequest request) =>
        job.Tasks.Where(t => request.Steps.IsEmpty || request.Steps.Contains(t.Step));
}
