using System.Collections.Immutable;
using System.Globalization;
using System.Text.RegularExpressions;
using Millrace.Core.Config.Options;
using Millrace.Core.Config.Settings;
using Millrace.Core.Config.Yaml;
using Millrace.Core.Contracts;
using Millrace.Core.Contracts.SqlSteps;
using Millrace.Core.Errors;

namespace Millrace.Core.Config;

/// <summary>Reads <c>run:</c> of a task of step T or L.</summary>
/// <param name="problems">Takes what is wrong.</param>
/// <param name="path">The path of <c>run</c>.</param>
/// <param name="scripts">Gives a script's text by its path in the project, null where there is none; null to read no scripts.</param>
internal sealed partial class SqlStepReader(ProblemList problems, string path, Func<string, string?>? scripts)
{
    private static readonly string[] OwnParameters = ["run_id", "task_run_id", "logging_sequence", "job", "task", "since", "until"];
    private static readonly string[] Bounds = ["since", "until"];

    public SqlStep Read(MapNode run, ConnectionDefinition? connection)
    {
        SqlStepOptions options = new OptionBinder(problems).Bind<SqlStepOptions>(run, path);
        if (connection is not null)
        {
            CheckConnection(run, connection.Connector.Info);
        }

        CheckWhat(run, options);
        (string RunId, string TaskRunId, string LoggingSequence) arguments = options.Arguments is { } a
            ? (a.RunId, a.TaskRunId, a.LoggingSequence)
            : (SqlStep.RunIdArgument, SqlStep.TaskRunIdArgument, SqlStep.LoggingSequenceArgument);
        string[] taken = options.Procedure is null
            ? OwnParameters
            : [.. new[] { arguments.RunId, arguments.TaskRunId, arguments.LoggingSequence }.Where(n => n.Length > 0), .. Bounds];
        if (taken.Distinct(StringComparer.Ordinal).Count() < taken.Length)
        {
            problems.Error(ErrorCodes.Duplicate, run["arguments"] ?? run, $"{path}.arguments", "Two arguments have one name.", "Name each differently, and none since or until.");
        }

        return new(options.Connection, options.Script, options.Procedure)
        {
            Sql = options.Script is { } file ? ReadScript(run, file) : options.Sql,
            Parameters = ReadParameters(run, taken),
            Arguments = arguments,
            Watermark = options.Watermark is { } w ? ReadWatermark(run, w) : null,
            Timeout = options.Timeout,
            InTransaction = options.Transaction,
            Retries = options.Retries,
        };
    }

    private void CheckConnection(MapNode run, ConnectorInfo info)
    {
        if (!info.RunsSql)
        {
            problems.Error(ErrorCodes.Unsupported, run["connection"] ?? run, $"{path}.connection", $"{info.Title} runs no SQL steps.",
                "Name the connection of a database, such as the target of the job's E tasks.");
        }
        else if (!info.HasProcedures && run["procedure"] is { } procedure)
        {
            problems.Error(ErrorCodes.NoProcedures, procedure, $"{path}.procedure", $"{info.Title} has no stored procedures.",
                "Write the step as a script: run: { script: sql/step.sql }.");
        }
    }

    private void CheckWhat(MapNode run, SqlStepOptions options)
    {
        int ways = (options.Script is null ? 0 : 1) + (options.Sql is null ? 0 : 1) + (options.Procedure is null ? 0 : 1);
        if (ways != 1)
        {
            problems.Error(ways == 0 ? ErrorCodes.MissingSetting : ErrorCodes.InvalidValue, run, path, "'run' takes one of 'script', 'sql' and 'procedure'.");
        }

        foreach ((string setting, string? text) in ((string, string?)[])[("sql", options.Sql), ("script", options.Script)])
        {
            if (text is not null && string.IsNullOrWhiteSpace(text))
            {
                problems.Error(ErrorCodes.InvalidValue, run[setting]!, $"{path}.{setting}", $"'{setting}' is empty.", "Write the step's SQL there, or switch the task off.");
            }
        }

        if (options.Procedure is { } procedure && !ProcedureName().IsMatch(procedure))
        {
            problems.Error(ErrorCodes.InvalidValue, run["procedure"]!, $"{path}.procedure", $"'{procedure}' is no procedure's name.",
                "Write schema.name; a part with other characters in double quotes.");
        }

        if (options.Retries > 0 && !options.Transaction)
        {
            problems.Error(ErrorCodes.Unsupported, run["retries"]!, $"{path}.retries",
                "Outside a transaction a step that is tried again would repeat what it had done before it failed.", "Remove it, or 'transaction: false'.");
        }
    }

    private string? ReadScript(MapNode run, string file)
    {
        string? text = scripts?.Invoke(file);
        if (scripts is not null && text is null)
        {
            problems.Error(ErrorCodes.ScriptMissing, run["script"]!, $"{path}.script", $"There is no script '{file}' in the project, or it cannot be read.",
                "Paths begin at the project's folder.");
        }

        return text;
    }

    private ImmutableArray<SqlStepParameter> ReadParameters(MapNode run, string[] taken)
    {
        if (run["parameters"] is not { } node)
        {
            return [];
        }

        if (node is not MapNode map)
        {
            problems.Error(ErrorCodes.InvalidValue, node, $"{path}.parameters", "'parameters' takes a map of names and values.");
            return [];
        }

        return [.. map.Entries.Select(e => ReadParameter(e, taken))];
    }

    private SqlStepParameter ReadParameter(MapEntry entry, string[] taken)
    {
        string name = entry.Key.Text;
        if (!ParameterName().IsMatch(name) || taken.Contains(name))
        {
            problems.Error(ErrorCodes.InvalidValue, entry.Key, $"{path}.parameters.{name}", $"'{name}' cannot be a parameter's name.",
                $"Use letters, digits and _, and none of {string.Join(", ", taken)}, which every step has.");
        }

        if (entry.Value is ScalarNode scalar)
        {
            return new(name, ValueOf(scalar));
        }

        problems.Error(ErrorCodes.InvalidValue, entry.Value, $"{path}.parameters.{name}", $"A parameter takes one value, not {entry.Value.Kind}.");
        return new(name, null);
    }

    private static object? ValueOf(ScalarNode scalar) => scalar switch
    {
        { IsPlain: false } => scalar.Text,
        { IsNull: true } => null,
        { Text: "true" or "false" } => scalar.Text == "true",
        _ when long.TryParse(scalar.Text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long whole) => whole,
        _ when decimal.TryParse(scalar.Text, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out decimal number) => number,
        _ when DateOnly.TryParseExact(scalar.Text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out DateOnly date) => date,
        _ => scalar.Text,
    };

    private SqlStepWatermark ReadWatermark(MapNode run, WatermarkOptions options)
    {
        if (string.IsNullOrWhiteSpace(options.Query) && ((MapNode)run["watermark"]!)["query"] is { } empty)
        {
            problems.Error(ErrorCodes.InvalidValue, empty, $"{path}.watermark.query", "'query' is empty.", "For example: SELECT max(_millrace_loaded_at) FROM raw.orders");
        }

        var watermark = new SqlStepWatermark(options.Query) { Initial = options.Initial };
        if (options.Lookback is not { } lookback)
        {
            return watermark;
        }

        if (decimal.TryParse(lookback, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out decimal number))
        {
            return watermark with { LookbackNumber = number };
        }

        if (Duration.TryParse(lookback, out TimeSpan time))
        {
            return watermark with { LookbackTime = time };
        }

        MapNode map = (MapNode)run["watermark"]!;
        problems.Error(ErrorCodes.InvalidValue, map["lookback"]!, $"{path}.watermark.lookback", $"'{lookback}' is neither a duration nor a number.",
            "Write 1d or 2h30m for dates and times, 1000 for a number.");
        return watermark;
    }

    [GeneratedRegex("""^(?:[\p{L}_][\p{L}\p{Nd}_$#@]*|"(?:[^"]|"")+"|\[(?:[^\]]|\]\])+\])(?:\.(?:[\p{L}_][\p{L}\p{Nd}_$#@]*|"(?:[^"]|"")+"|\[(?:[^\]]|\]\])+\])){0,2}$""", RegexOptions.CultureInvariant)]
    private static partial Regex ProcedureName();

    [GeneratedRegex(@"^[A-Za-z_][A-Za-z0-9_]{0,62}$", RegexOptions.CultureInvariant)]
    private static partial Regex ParameterName();
}
