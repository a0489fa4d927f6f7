using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;
using Millrace.Core.Config.Options;
using Millrace.Core.Config.Settings;
using Millrace.Core.Contracts;

namespace Millrace.Core.Config.Export;

/// <summary>Turns a task's definition into what stands in a project file.</summary>
internal static class TaskExport
{
    /// <summary>Keeps the job's name until the task stands in its job.</summary>
    public const string Job = "\u0000job";

    /// <summary>Marks a text that is written without quotes: a date.</summary>
    public const string Plain = "\u0000plain";

    private static readonly string[] GroupsWithDefaults = ["schema_contract", "nested", "commit_every"];

    /// <summary>The task as it is written.</summary>
    /// <param name="key">Its stable id.</param>
    /// <param name="task">Its definition.</param>
    /// <param name="types">The connectors of connections by name, null for unknown ones.</param>
    /// <param name="scripts">Takes the text of its script.</param>
    public static JsonObject Of(
        string key, JsonObject task, Dictionary<string, ConnectorInfo?> types, ImmutableSortedDictionary<string, string>.Builder scripts)
    {
        string job = task["job"]?.ToString() ?? "";
        string name = task["name"]?.ToString() ?? "";
        var written = new JsonObject { [Job] = job, ["name"] = name };
        if (key != $"{job}/{name}")
        {
            written["id"] = key;
        }

        foreach ((string setting, JsonNode? value) in task.Where(m => m.Key is not ("job" or "name" or "order")).ToArray())
        {
            task.Remove(setting);
            written[setting == "run_order" ? "order" : setting] = value;
        }

        if (written["run"] is JsonObject run)
        {
            ExportStep(run, scripts);
        }

        RemoveDefaults(written, types);
        EscapeVariables(written, "");
        return written;
    }

    /// <summary>Doubles the dollar of what would be read as a variable; a mask's key and a step's parameters are references in truth.</summary>
    public static void EscapeVariables(JsonNode? node, string path)
    {
        switch (node)
        {
            case JsonObject map:
                foreach ((string name, JsonNode? value) in map.ToArray())
                {
                    string inner = OptionBinder.Join(path, name);
                    if (name is "mask_key" or Job or Plain || inner == "run.parameters")
                    {
                        continue;
                    }

                    if (value is JsonValue text && text.GetValueKind() == JsonValueKind.String)
                    {
                        map[name] = Escaped(text.ToString());
                    }
                    else
                    {
                        EscapeVariables(value, inner);
                    }
                }

                break;
            case JsonArray list:
                for (int i = 0; i < list.Count; i++)
                {
                    if (list[i] is JsonValue text && text.GetValueKind() == JsonValueKind.String)
                    {
                        list[i] = Escaped(text.ToString());
                    }
                    else
                    {
                        EscapeVariables(list[i], path);
                    }
                }

                break;
        }
    }

    /// <summary>A text in which nothing is a variable.</summary>
    public static string Escaped(string text) => text.Replace("${", "$${", StringComparison.Ordinal);

    /// <summary>The same, marked texts as what they are.</summary>
    public static JsonNode? WithoutMarks(JsonNode? node) => node switch
    {
        JsonObject { Count: 1 } mark when mark[Plain] is { } plain => plain.DeepClone(),
        JsonObject map => new JsonObject(map.Select(m => KeyValuePair.Create(m.Key, WithoutMarks(m.Value)))),
        JsonArray list => new JsonArray([.. list.Select(WithoutMarks)]),
        _ => node?.DeepClone(),
    };

    private static void ExportStep(JsonObject run, ImmutableSortedDictionary<string, string>.Builder scripts)
    {
        if (run["script"]?.ToString() is { } script)
        {
            scripts[script] = run["sql"]?.ToString() ?? "";
            run.Remove("sql");
        }

        foreach ((string name, JsonNode? value) in (run["parameters"] as JsonObject ?? []).ToArray())
        {
            // See SqlStepJson: a date stands as it is, a text that looks like one is marked.
            if (value is JsonObject { Count: 1 } marked && marked["text"] is { } text)
            {
                run["parameters"]![name] = text.ToString();
            }
            else if (value?.GetValueKind() == JsonValueKind.String && SqlStepJson.IsDate(value.ToString()))
            {
                run["parameters"]![name] = new JsonObject { [Plain] = value.ToString() };
            }
        }
    }

    private static void RemoveDefaults(JsonObject task, Dictionary<string, ConnectorInfo?> types)
    {
        DefaultSettings.Remove(task, OptionDescription.Of(typeof(TaskOptions)));
        foreach (string side in (string[])["source", "target"])
        {
            if (task[side] is JsonObject map && types.GetValueOrDefault(map["connection"]?.ToString() ?? "") is { } connector)
            {
                DefaultSettings.Remove(map, OptionDescription.Of(side == "source" ? connector.SourceOptions : connector.TargetOptions));
            }
        }

        if (task["commit_every"] is JsonObject { Count: 2 } commit
            && commit["bytes"]?.ToString() == $"{CommitEvery.Default.Bytes}" && commit["seconds"]?.ToString() == $"{CommitEvery.Default.Interval!.Value.TotalSeconds}")
        {
            task.Remove("commit_every");
        }

        foreach (string group in GroupsWithDefaults.Where(g => task[g] is JsonObject { Count: 0 }))
        {
            task.Remove(group);
        }
    }
}
