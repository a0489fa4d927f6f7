using System.Collections.Immutable;
using Millrace.Core.Config;
using Millrace.Core.Config.Options;
using Millrace.Core.Config.Settings;
using Millrace.Core.Config.Yaml;
using Millrace.Core.Contracts;
using Millrace.Core.Errors;

namespace Millrace.Core.Embedding;

/// <summary>Holds a task that a program made to the rules that a project file's tasks keep to.</summary>
internal static class PipelineRules
{
    private const string Path = "task";

    // There is no file to point into: what a problem says of its place is the setting's path.
    private static readonly MapNode Nowhere = new("", 0, []);

    /// <summary>Checks the task.</summary>
    /// <returns>The task with its key fields by their names in the source.</returns>
    /// <exception cref="MillraceException">The code and setting of the first problem; every problem in its message.</exception>
    public static TaskDefinition Check(TaskDefinition task, IConnector source, IConnector target)
    {
        TaskDefinition checkedTask = TaskReader.WithKeyPaths(task);
        var problems = new ProblemList();
        bool setsStrategy = task.Target.Strategy != MergeStrategy.Upsert;
        MapNode targetNode = setsStrategy ? new("", 0, [new(Scalar("merge_strategy"), Scalar(SnakeCase.Of(task.Target.Strategy)))]) : Nowhere;
        var rules = new TaskRules(
            problems, Path, Nowhere, Nowhere, targetNode, new("source", null, source, Nowhere, Path), new("target", null, target, Nowhere, Path));
        ReplicationMethod method = rules.Method(new() { ReplicationMethod = task.Source.Method, CursorField = task.Source.CursorField });
        rules.Disposition(new(), new() { WriteDisposition = task.Target.Disposition, PrimaryKey = checkedTask.Target.PrimaryKey }, method);
        rules.Check(checkedTask, new TaskOptions { Columns = [.. task.Columns.Select(Options)], Checks = [.. task.Checks.Select(Options)] });
        CheckBounds(task, problems);
        ConfigProblem[] errors = [.. problems.ToImmutable().Where(p => !p.IsWarning)];
        return errors is [var first, ..]
            ? throw new MillraceException(
                first.Code, string.Join(" ", errors.Select(e => $"{e.Path}: {e.Message}")), Fixes(errors), first.Path)
            : checkedTask;
    }

    private static void CheckBounds(TaskDefinition task, ProblemList problems)
    {
        Bound(problems, typeof(TaskOptions), "max_columns", "max_columns", task.MaxColumns);
        Bound(problems, typeof(TaskOptions), "max_quarantine", "max_quarantine", task.MaxQuarantine);
        Bound(problems, typeof(TaskOptions), "max_bytes_in_flight", "max_bytes_in_flight", new ByteSize(task.MaxBytesInFlight));
        Bound(problems, typeof(LimitsOptions), "run_max_rows", "limits.run_max_rows", task.Limits.MaxRows);
        Bound(problems, typeof(LimitsOptions), "run_max_bytes", "limits.run_max_bytes", Size(task.Limits.MaxBytes));
        Bound(problems, typeof(LimitsOptions), "run_max_duration", "limits.run_max_duration", task.Limits.MaxDuration);
        Bound(problems, typeof(CommitEveryOptions), "rows", "commit_every.rows", task.CommitEvery.Rows);
        Bound(problems, typeof(CommitEveryOptions), "seconds", "commit_every.seconds", (int?)task.CommitEvery.Interval?.TotalSeconds);
        Bound(problems, typeof(CommitEveryOptions), "bytes", "commit_every.bytes", Size(task.CommitEvery.Bytes));
    }

    private static void Bound(ProblemList problems, Type options, string name, string path, object? value)
    {
        OptionDescription option = OptionDescription.Of(options).First(o => o.Name == name);
        if (value is not null && OptionBinder.BoundsBroken(value, option) is { } bounds)
        {
            problems.Error(ErrorCodes.InvalidValue, Nowhere, $"{Path}.{path}", $"'{name}' must be {bounds}; '{value}' is not.");
        }
    }

    private static string? Fixes(IEnumerable<ConfigProblem> errors) =>
        string.Join(" ", errors.Select(e => e.Fix).OfType<string>().Distinct()) is { Length: > 0 } fixes ? fixes : null;

    private static object? Size(long? bytes) => bytes is { } size ? new ByteSize(size) : null;

    private static ScalarNode Scalar(string text) => new("", 0, text, isPlain: true);

    private static ColumnOptions Options(ColumnMapping mapping) => new()
    {
        From = mapping.From,
        To = mapping.To,
        Cast = mapping.Cast,
        Drop = mapping.Drop,
        Constant = mapping.Constant,
        Mask = mapping.Mask,
        MaskKey = mapping.MaskKey,
    };

    private static CheckOptions Options(QualityCheck check) => check.Kind switch
    {
        QualityCheckKind.NotNull => new() { NotNull = check.Columns },
        QualityCheckKind.Unique => new() { Unique = check.Columns },
        QualityCheckKind.AcceptedValues => new()
        {
            AcceptedValues = check.Columns is [var column] ? new() { Column = column, Values = check.Values } : null,
        },
        QualityCheckKind.RowCount => new() { RowCount = new() { Min = check.Min, Max = check.Max } },
        _ => new() { Sql = check.Sql },
    };
}
