using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Millrace.Catalog.Runs;
using Millrace.Core.Config;
using Millrace.Core.Config.Settings;
using Millrace.Core.Errors;

namespace Millrace.Orchestration.Runner;

/// <summary>What a run is asked for beside its job, kept with it in the catalog so that it is taken up as it was begun.</summary>
internal static class RunArguments
{
    /// <summary>The arguments as JSON; null for a run of the whole job.</summary>
    public static string? Of(RunRequest request)
    {
        var json = new JsonObject();
        Set(json, "task", request.Task);
        if (!request.Steps.IsEmpty)
        {
            json["steps"] = new JsonArray([.. request.Steps.Select(s => JsonValue.Create(s.ToString()))]);
        }

        if (request.FullRefresh)
        {
            json["full_refresh"] = true;
        }

        Set(json, "from", request.From?.ToString("O", CultureInfo.InvariantCulture));
        Set(json, "to", request.To?.ToString("O", CultureInfo.InvariantCulture));
        return json.Count == 0 ? null : json.ToJsonString();
    }

    /// <summary>The request with the arguments that a run was begun with. A narrower choice of tasks may be named anew, what is read may not.</summary>
    /// <exception cref="MillraceException">MR1407: the request asks for another way of reading.</exception>
    public static RunRequest AsBegun(RunRequest request, RunRecord run)
    {
        if (request.FullRefresh || request.From is not null || request.To is not null)
        {
            throw new MillraceException(
                ErrorCodes.NotResumable,
                $"Run {run.RunId} is taken up as it was begun: --full-refresh, --from and --to go with a new run.",
                $"Run 'millrace run --resume {run.RunId}'.");
        }

        if (run.Start.Arguments is not { } text)
        {
            return request;
        }

        using var json = JsonDocument.Parse(text);
        JsonElement begun = json.RootElement;
        return request with
        {
            Task = request.Task ?? Text(begun, "task"),
            Steps = request.Steps.IsEmpty && begun.TryGetProperty("steps", out JsonElement steps)
                ? [.. steps.EnumerateArray().Select(s => Enum.Parse<TaskStep>(s.GetString()!))]
                : request.Steps,
            FullRefresh = begun.TryGetProperty("full_refresh", out JsonElement refresh) && refresh.GetBoolean(),
            From = Time(begun, "from"),
            To = Time(begun, "to"),
        };
    }

    private static void Set(JsonObject json, string name, string? value)
    {
        if (value is not null)
        {
            json[name] = value;
        }
    }

    private static string? Text(JsonElement json, string name) => json.TryGetProperty(name, out JsonElement value) ? value.GetString() : null;

    private static DateTimeOffset? Time(JsonElement json, string name) =>
        Text(json, name) is { } text ? DateTimeOffset.Parse(text, CultureInfo.InvariantCulture, DateTimeStyles.RoundtripKind) : null;
}
