using Millrace.Catalog;
using Millrace.Catalog.Runs;
using Millrace.Core.Config;

namespace Millrace.Cli.Verbs;

/// <summary>Who answers for a job, and whether its last run took longer than it should have.</summary>
/// <param name="Job">The job.</param>
/// <param name="LastRun">Its last run's id, or null.</param>
/// <param name="Took">How long that took, or has taken so far; null where there is none or nobody knows when it ended.</param>
internal sealed record JobState(JobDefinition Job, long? LastRun, TimeSpan? Took)
{
    /// <summary>The SLA as it is written, or null.</summary>
    public string? Sla => Job.Sla is { } sla ? Duration.Format(sla) : null;

    /// <summary>True where the last run took longer.</summary>
    public bool Exceeds => Took > Job.Sla;

    /// <summary>What is worth a line, or null.</summary>
    public string? Line
    {
        get
        {
            string?[] parts =
            [
                Job.Owner is { } owner ? $"owner {owner}" : null,
                Sla is null ? null : $"SLA {Sla}",
                Exceeds ? $"run {LastRun} exceeds it: {Duration.Format(TimeSpan.FromSeconds(Math.Ceiling(Took!.Value.TotalSeconds)))}" : null,
            ];
            string[] said = [.. parts.OfType<string>()];
            return said.Length == 0 ? null : $"{Job.Name}: {string.Join(", ", said)}";
        }
    }

    /// <summary>Looks it up.</summary>
    public static async ValueTask<JobState> ReadAsync(ICatalog catalog, JobDefinition job, CancellationToken cancellationToken)
    {
        if (job.Sla is null)
        {
            return new(job, null, null);
        }

        IReadOnlyList<RunRecord> last = await catalog.Runs.ListAsync(new(1) { Job = job.Name }, cancellationToken).ConfigureAwait(false);
        if (last.Count == 0)
        {
            return new(job, null, null);
        }

        DateTimeOffset? end = last[0].EndedAt
            ?? (last[0].Status == RunStatus.Running ? await catalog.Leases.NowAsync(cancellationToken).ConfigureAwait(false) : null);
        return new(job, last[0].RunId, end - last[0].StartedAt);
    }
}
