using System.Text.Json.Nodes;
using Millrace.Catalog.Connections;
using Millrace.Catalog.Jobs;
using Millrace.Core.Config;

namespace Millrace.Catalog.Stores.Relational.Definitions;

/// <summary>
/// The definitions of a catalog before version 3, which were JSON, on their way into columns. They are read before the migration drops their tables, and
/// written when the newest schema is there, by what an apply would write them with.
/// </summary>
internal sealed class FormerDefinitions
{
    private readonly List<(CatalogConnection Definition, VersionStamp Stamp)> _connections;
    private readonly List<(CatalogJob Definition, VersionStamp Stamp)> _jobs;
    private readonly List<(CatalogTask Definition, VersionStamp Stamp)> _tasks;

    private FormerDefinitions(
        List<(CatalogConnection, VersionStamp)> connections, List<(CatalogJob, VersionStamp)> jobs, List<(CatalogTask, VersionStamp)> tasks)
    {
        _connections = connections;
        _jobs = jobs;
        _tasks = tasks;
    }

    /// <summary>Reads them.</summary>
    /// <returns>What writes them.</returns>
    public static async ValueTask<Func<CatalogTransaction, ValueTask>> ReadAsync(CatalogTransaction transaction)
    {
        List<(CatalogConnection, VersionStamp)> connections = await transaction.QueryAsync(
            """
            SELECT "name", "type", "definition", added_version, changed_version, removed_version FROM metadata.connections
            """,
            row => (new CatalogConnection(row.Text(0), row.Text(1), row.Text(2)), StampOf(row, 3))).ConfigureAwait(false);
        List<(CatalogJob, VersionStamp)> jobs = await transaction.QueryAsync(
            """
            SELECT "name", "enabled", "definition", added_version, changed_version, removed_version FROM metadata.jobs
            """,
            row => (new CatalogJob(row.Text(0), row.Bool(1), row.Text(2)), StampOf(row, 3))).ConfigureAwait(false);
        List<(CatalogTask, VersionStamp)> tasks = await transaction.QueryAsync(
            """
            SELECT "task_key", "job_name", "name", "step", "position", "enabled", "definition", added_version, changed_version, removed_version
            FROM metadata.tasks
            """,
            row => (new CatalogTask(row.Text(0), row.Text(1), row.Text(2), row.Text(3), row.Int(4), row.Bool(5), row.Text(6)), StampOf(row, 7)))
            .ConfigureAwait(false);
        return new FormerDefinitions(connections, jobs, tasks).WriteAsync;
    }

    // What is gone first, so that of two tasks with one script the living one gives it its text.
    private async ValueTask WriteAsync(CatalogTransaction transaction)
    {
        foreach ((CatalogConnection definition, VersionStamp stamp) in _connections.OrderBy(c => c.Stamp.Removed is null))
        {
            await new DefinitionWriter(transaction, stamp).WriteAsync(definition).ConfigureAwait(false);
        }

        foreach ((CatalogJob definition, VersionStamp stamp) in _jobs)
        {
            await new DefinitionWriter(transaction, stamp).WriteAsync(definition with { Definition = WithColumns(definition) }).ConfigureAwait(false);
        }

        foreach ((CatalogJob definition, VersionStamp stamp) in _jobs)
        {
            await new DefinitionWriter(transaction, stamp).WriteSuccessorsAsync(definition).ConfigureAwait(false);
        }

        foreach ((CatalogTask definition, VersionStamp stamp) in _tasks.OrderBy(t => t.Stamp.Removed is null).ThenBy(t => t.Stamp.Changed))
        {
            await new TaskWriter(transaction, stamp).WriteAsync(definition with { Definition = WithColumns(definition) }).ConfigureAwait(false);
        }
    }

    // Columns stood beside the JSON; where somebody changed one of them, it was the one that was looked at.
    private static string WithColumns(CatalogJob job)
    {
        var json = (JsonObject)JsonNode.Parse(job.Definition)!;
        json["enabled"] = job.Enabled;
        return json.ToJsonString(DefinitionText.Format);
    }

    private static string WithColumns(CatalogTask task)
    {
        var json = (JsonObject)JsonNode.Parse(task.Definition)!;
        json["job"] = task.Job;
        json["name"] = task.Name;
        json["step"] = task.Step;
        json["order"] = (long)task.Position;
        json["enabled"] = task.Enabled;

        // Seconds were written as a duration, which the project file does not take.
        if (json["commit_every"] is JsonObject commit && Duration.TryParse(commit["seconds"]?.ToString(), out TimeSpan interval))
        {
            commit["seconds"] = (long)interval.TotalSeconds;
        }

        return json.ToJsonString(DefinitionText.Format);
    }

    private static VersionStamp StampOf(SqlRow row, int column) => new(row.LongOrNull(column), row.LongOrNull(column + 1), row.LongOrNull(column + 2));
}
