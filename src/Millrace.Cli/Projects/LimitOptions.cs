using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Millrace.Cli.CommandLine;
using Millrace.Core.Config;

namespace Millrace.Cli.Projects;

/// <summary>The words that set a run's budget for this once, over what the project says.</summary>
internal sealed class LimitOptions
{
    private readonly Option<long?> _rows = new("--max-rows")
    {
        Description = "run_max_rows for this run.",
        HelpName = "N",
        CustomParser = result => Parse(
            result, CountOption.Wanted("rows"), t => long.TryParse(t, NumberStyles.None, CultureInfo.InvariantCulture, out long rows) && rows > 0 ? rows : (long?)null),
    };

    private readonly Option<ByteSize?> _bytes = new("--max-bytes")
    {
        Description = "run_max_bytes for this run, as 10MB or 1GiB.",
        HelpName = "SIZE",
        CustomParser = result => Parse(result, "a size; write 500KB, 10MB or 1GiB", t => ByteSize.TryParse(t, out ByteSize size) ? size : (ByteSize?)null),
    };

    private readonly Option<TimeSpan?> _duration = new("--max-duration")
    {
        Description = "run_max_duration for this run, as 10m or 2h30m.",
        HelpName = "TIME",
        CustomParser = result => Parse(result, "a duration of a second or more; write 30s, 10m or 2h30m", t => Duration.TryParse(t, out TimeSpan time) && time >= TimeSpan.FromSeconds(1) ? time : (TimeSpan?)null),
    };

    private LimitOptions()
    {
    }

    /// <summary>Adds the words to a verb.</summary>
    public static LimitOptions AddTo(Verb verb)
    {
        var limits = new LimitOptions();
        verb.Options.Add(limits._rows);
        verb.Options.Add(limits._bytes);
        verb.Options.Add(limits._duration);
        return limits;
    }

    /// <summary>What was set; nulls where nothing was.</summary>
    public RunLimits Of(VerbContext context) => new(context.Get(_rows), context.Get(_bytes)?.Bytes, context.Get(_duration));

    /// <summary>The project with every task's budget overridden by what is set.</summary>
    public static Project Apply(Project project, RunLimits limits) => limits == RunLimits.None
        ? project
        : project with { Jobs = [.. project.Jobs.Select(j => j with { Tasks = [.. j.Tasks.Select(t => Apply(t, limits))] })] };

    private static ProjectTask Apply(ProjectTask task, RunLimits limits) => task.Move is not { } move
        ? task
        : task with
        {
            Move = move with
            {
                Limits = new(
                    limits.MaxRows ?? move.Limits.MaxRows, limits.MaxBytes ?? move.Limits.MaxBytes, limits.MaxDuration ?? move.Limits.MaxDuration),
            },
        };

    private static T? Parse<T>(ArgumentResult result, string what, Func<string, T?> parse)
        where T : struct
    {
        string text = result.Tokens[0].Value;
        T? value = parse(text);
        if (value is null)
        {
            result.AddError($"'{text}' is not {what}.");
        }

        return value;
    }
}
