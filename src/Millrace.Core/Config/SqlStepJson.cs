using System.Globalization;
using System.Text.Json.Nodes;
using Millrace.Core.Contracts.SqlSteps;

namespace Millrace.Core.Config;

/// <summary>A SQL step as the catalog keeps it: with its script's text, so that a run's settings say what ran.</summary>
internal static class SqlStepJson
{
    private const string DateFormat = "yyyy-MM-dd";

    public static JsonObject Of(SqlStep sql)
    {
        var run = new JsonObject { ["connection"] = sql.Connection };
        DefinitionJson.Set(run, "script", sql.Script);
        DefinitionJson.Set(run, "sql", sql.Sql);
        DefinitionJson.Set(run, "procedure", sql.Procedure);
        if (!sql.Parameters.IsEmpty)
        {
            run["parameters"] = new JsonObject(sql.Parameters.Select(p => KeyValuePair.Create(p.Name, ValueOf(p))));
        }

        if (sql.Procedure is not null && sql.Arguments != new SqlStep("", null, null).Arguments)
        {
            run["arguments"] = new JsonObject
            {
                ["run_id"] = sql.Arguments.RunId, ["task_run_id"] = sql.Arguments.TaskRunId, ["logging_sequence"] = sql.Arguments.LoggingSequence,
            };
        }

        if (sql.Watermark is { } watermark)
        {
            var json = new JsonObject { ["query"] = watermark.Query };
            DefinitionJson.Set(json, "initial", watermark.Initial);
            DefinitionJson.Set(json, "lookback", watermark.LookbackTime is { } time ? Duration.Format(time) : watermark.LookbackNumber?.ToString(CultureInfo.InvariantCulture));
            run["watermark"] = json;
        }

        DefinitionJson.Set(run, "timeout", sql.Timeout is { } timeout ? Duration.Format(timeout) : null);
        if (!sql.InTransaction)
        {
            run["transaction"] = false;
        }

        if (sql.Retries > 0)
        {
            run["retries"] = sql.Retries;
        }

        return run;
    }

    /// <summary>True where a text reads as a date.</summary>
    public static bool IsDate(string text) => DateOnly.TryParseExact(text, DateFormat, CultureInfo.InvariantCulture, DateTimeStyles.None, out _);

    private static JsonNode? ValueOf(SqlStepParameter parameter) => parameter.Value switch
    {
        null => null,
        bool flag => JsonValue.Create(flag),
        long number => JsonValue.Create(number),
        decimal number => JsonValue.Create(number),
        DateOnly date => JsonValue.Create(date.ToString(DateFormat, CultureInfo.InvariantCulture)),

        // A date stands there as it is written, so that a text that only looks like one is marked.
        string text when IsDate(text) => new JsonObject { ["text"] = text },
        { } other => JsonValue.Create(Convert.ToString(other, CultureInfo.InvariantCulture)),
    };
}
