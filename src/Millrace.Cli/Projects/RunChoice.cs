using System.CommandLine;
using System.CommandLine.Parsing;
using Millrace.Cli.CommandLine;
using Millrace.Core.Config;
using Millrace.Core.Config.Settings;
using Millrace.Core.Errors;
using Millrace.Orchestration.Runner;

namespace Millrace.Cli.Projects;

/// <summary>The words that say which run is meant: what <c>plan</c> forecasts is what <c>run</c> would do with the same words.</summary>
internal sealed class RunChoice
{
    private readonly TaskChoice _choice;
    private readonly Option<bool> _refresh;
    private readonly Option<DateTimeOffset?> _from = DateOption.Create("--from", "Backfill: read the datasets again from this time on (inclusive), beside the task's checkpoints, which stay.");
    private readonly Option<DateTimeOffset?> _to = DateOption.Create("--to", "Backfill: only rows before this time (exclusive).");
    private readonly Option<TaskStep[]> _steps = new("--steps")
    {
        Description = "Only these steps, such as E for an extract alone, or T,L.",
        AllowMultipleArgumentsPerToken = true,
        CustomParser = static result => ParseSteps(result),
    };
    private readonly LimitOptions _limits;

    private RunChoice(Verb verb, string refresh, bool mayLackJob)
    {
        _choice = TaskChoice.AddTo(verb, mayLackJob);
        _refresh = new("--full-refresh") { Description = refresh };
        verb.Options.Add(_refresh);
        verb.Options.Add(_from);
        verb.Options.Add(_to);
        verb.Options.Add(_steps);
        _limits = LimitOptions.AddTo(verb);
    }

    /// <summary>Adds the words to a verb.</summary>
    /// <param name="verb">The verb.</param>
    /// <param name="refresh">What <c>--full-refresh</c> does there.</param>
    /// <param name="mayLackJob">True where other words may say which job is meant; <see cref="Request"/> then gives it an empty name.</param>
    public static RunChoice AddTo(Verb verb, string refresh, bool mayLackJob = false) => new(verb, refresh, mayLackJob);

    /// <summary>The run that is meant.</summary>
    /// <exception cref="MillraceException">MR1002: the times are the wrong way round.</exception>
    public RunRequest Request(VerbContext context)
    {
        if (context.Get(_from) is { } from && context.Get(_to) is { } to && from >= to)
        {
            throw new MillraceException(
                ErrorCodes.InvalidConfiguration, $"--from ({from:u}) is not before --to ({to:u}).", "Give the earlier time to --from; --to is exclusive.");
        }

        return new(_choice.JobOrNull(context) ?? "")
        {
            Task = _choice.Task(context),
            Steps = [.. context.Get(_steps) ?? []],
            FullRefresh = context.Get(_refresh),
            From = context.Get(_from),
            To = context.Get(_to),
        };
    }

    private static TaskStep[] ParseSteps(ArgumentResult result)
    {
        List<TaskStep> steps = [];
        foreach (string text in result.Tokens.SelectMany(t => t.Value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)))
        {
            if (text.Length == 1 && char.IsLetter(text[0]) && Enum.TryParse(text, ignoreCase: true, out TaskStep step))
            {
                steps.Add(step);
            }
            else
            {
                result.AddError($"--steps takes E, T and L, such as --steps E or --steps T,L; '{text}' is no step.");
            }
        }

        return [.. steps];
    }

    /// <summary>The project with the limits that are meant.</summary>
    public Project Project(VerbContext context, Workspace workspace) => LimitOptions.Apply(workspace.Project, _limits.Of(context));
}
