using Millrace.Catalog;
using Millrace.Catalog.Leases;
using Millrace.Catalog.Runs;
using Millrace.Orchestration.Leases;

namespace Millrace.Orchestration.Runner;

/// <summary>
/// Finds runs whose process died without a word. Every run holds a lease of its own while it lives; one that is under way by its status but whose
/// lease ran out, or belongs to a process that is gone, is lost.
/// </summary>
public static class LostRuns
{
    private const int MostRuns = 1000;

    /// <summary>The name of a run's own lease.</summary>
    public static string LeaseOf(long runId) => $"run/{runId}";

    /// <summary>Marks lost runs and returns their ids.</summary>
    public static async Task<IReadOnlyList<long>> MarkAsync(ICatalog catalog, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        var lost = new List<long>();
        var underWay = new RunFilter(MostRuns) { Status = RunStatus.Running };
        foreach (RunRecord run in await catalog.Runs.ListAsync(underWay, cancellationToken).ConfigureAwait(false))
        {
            Lease? lease = await catalog.Leases.FindAsync(LeaseOf(run.RunId), cancellationToken).ConfigureAwait(false);
            DateTimeOffset now = await catalog.Leases.NowAsync(cancellationToken).ConfigureAwait(false);
            if (IsLost(run, lease, now))
            {
                await catalog.Runs.MarkLostAsync(run.RunId, cancellationToken).ConfigureAwait(false);
                lost.Add(run.RunId);
            }
        }

        return lost;
    }

    // A run without a lease has just begun and is about to take it, or died in between.
    private static bool IsLost(RunRecord run, Lease? lease, DateTimeOffset now) => lease is null
        ? now > run.StartedAt + LeaseKeeper.DefaultDuration
        : !lease.IsHeld(now) || ProcessProbe.IsDead(lease.Holder);
}
