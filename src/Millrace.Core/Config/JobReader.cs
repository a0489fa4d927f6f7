using System.Collections.Immutable;
using Millrace.Core.Config.Options;
using Millrace.Core.Config.Settings;
using Millrace.Core.Config.Yaml;
using Millrace.Core.Errors;

namespace Millrace.Core.Config;

/// <summary>Reads one job and lays the defaults under its tasks.</summary>
internal sealed class JobReader(
    ProblemList problems,
    ImmutableSortedDictionary<string, ConnectionDefinition> connections,
    IReadOnlyCollection<string> connectionNames,
    MapNode? defaults,
    Func<string, string?>? scripts)
{
    // These speak of the job itself; everything else that stands in a job is inherited by its tasks.
    private static readonly string[] OwnSettings = ["description", "owner", "schedule", "sla", "enabled", "parallelism", "on_success", "tasks"];

    public JobDefinition? Read(string name, MapEntry entry)
    {
        string path = $"jobs.{name}";
        if (entry.Value is not MapNode map)
        {
            problems.Error(ErrorCodes.InvalidValue, entry.Value, path, $"A job takes a map of settings, not {entry.Value.Kind}.");
            return null;
        }

        JobOptions options = new OptionBinder(problems) { ReportsMissing = false }
            .Bind<JobOptions>(map.Without("tasks", "source", "target"), path);
        MapNode inherited = map.Without(OwnSettings).Over(defaults);
        return new(name, [.. ReadTasks(map, path, name, options, inherited)])
        {
            Description = options.Description,
            Owner = options.Owner,
            Schedule = options.Schedule,
            Sla = options.Sla,
            Enabled = options.Enabled,
            Parallelism = options.Parallelism,
            OnSuccess = options.OnSuccess,
            Location = new(entry.Key.File, entry.Key.Line),
        };
    }

    private IEnumerable<ProjectTask> ReadTasks(MapNode job, string path, string jobName, JobOptions options, MapNode inherited)
    {
        if (job["tasks"] is not ListNode { Items.IsEmpty: false } tasks)
        {
            problems.Error(ErrorCodes.MissingSetting, job["tasks"] ?? job, $"{path}.tasks", "A job needs a list of tasks.",
                "For example: tasks: [ { source: { connection: shop, dataset: orders }, target: { connection: warehouse } } ]");
            yield break;
        }

        for (int i = 0; i < tasks.Items.Length; i++)
        {
            string taskPath = $"{path}.tasks[{i}]";
            if (tasks.Items[i] is not MapNode task)
            {
                problems.Error(ErrorCodes.InvalidValue, tasks.Items[i], taskPath, $"A task takes a map of settings, not {tasks.Items[i].Kind}.");
            }
            else if (new TaskReader(problems, connections, connectionNames, taskPath, scripts).Read(task, task.Over(inherited), jobName, i) is { } read)
            {
                yield return read.Owner is null ? read with { Owner = options.Owner } : read;
            }
        }
    }
}
