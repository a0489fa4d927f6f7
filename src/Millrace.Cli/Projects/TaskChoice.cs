using System.CommandLine;
using Millrace.Cli.CommandLine;
using Millrace.Core.Config;

namespace Millrace.Cli.Projects;

/// <summary>The words JOB and <c>--task NAME</c>, which many verbs take.</summary>
internal sealed class TaskChoice
{
    private readonly Argument<string?> _job;
    private readonly Option<string?> _task = new("--task") { Description = "Only this task.", HelpName = "NAME" };

    private TaskChoice(Verb verb, bool mayLackJob)
    {
        _job = new("job") { Description = "The job.", Arity = mayLackJob ? ArgumentArity.ZeroOrOne : ArgumentArity.ExactlyOne };
        _job.CompletionSources.Add(ProjectCompletions.Jobs);
        _task.CompletionSources.Add(ProjectCompletions.Tasks);
        verb.Arguments.Add(_job);
        verb.Options.Add(_task);
    }

    /// <summary>Adds the words to a verb.</summary>
    /// <param name="verb">The verb.</param>
    /// <param name="mayLackJob">True where other words may say which job is meant.</param>
    public static TaskChoice AddTo(Verb verb, bool mayLackJob = false) => new(verb, mayLackJob);

    /// <summary>The job's name.</summary>
    public string Job(VerbContext context) => JobOrNull(context)!;

    /// <summary>The job's name, or null where none is given.</summary>
    public string? JobOrNull(VerbContext context) => context.Get(_job);

    /// <summary>The task's name, or null for all.</summary>
    public string? Task(VerbContext context) => context.Get(_task);

    /// <summary>The chosen tasks, of any step.</summary>
    public IReadOnlyList<ProjectTask> Tasks(VerbContext context, Workspace workspace) => Workspace.TasksOf(workspace.Job(Job(context)), Task(context));

    /// <summary>The chosen tasks that move datasets (step E).</summary>
    public IReadOnlyList<ProjectTask> Moves(VerbContext context, Workspace workspace) =>
        [.. Tasks(context, workspace).Where(t => t.Move is not null)];
}
