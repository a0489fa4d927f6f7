using Millrace.Catalog.Runs;
using Millrace.Core.Config;
using Millrace.Core.Contracts;

namespace Millrace.Orchestration.Forecast;

/// <summary>The arithmetic of forecasts. A result is known no better than the worst known of what it is made from.</summary>
internal static class ForecastMath
{
    /// <summary>Rows and bytes of all partitions; bytes that the source cannot tell come from past runs' bytes a row.</summary>
    public static (Figure Rows, Figure Bytes, DateTimeOffset? Oldest) Waiting(ReadPlan plan, PastRuns past)
    {
        IReadOnlyList<PartitionPlan> partitions = plan.Partitions;
        var rows = new Figure(partitions.Sum(p => (double)p.Waiting.Rows), Worst(partitions.Select(p => p.Waiting.RowsKnown)));
        var bytes = new Figure(partitions.Sum(p => (double)p.Waiting.Bytes), Worst(partitions.Select(p => p.Waiting.BytesKnown)));
        if (bytes.Known == Certainty.Unknown && rows.Known != Certainty.Unknown && past.BytesPerRow is { } perRow)
        {
            bytes = new(rows.Value * perRow, Certainty.Estimated);
        }
        else if (rows.Known == Certainty.Unknown && bytes.Known != Certainty.Unknown && past.BytesPerRow is { } size and > 0)
        {
            rows = new(Math.Round(bytes.Value / size), Certainty.Estimated);
        }

        return (rows, bytes, partitions.Min(p => p.Waiting.Oldest));
    }

    /// <summary>Seconds at the speed of past runs, by bytes where they are known, else by rows.</summary>
    public static Figure Seconds(Figure rows, Figure bytes, PastRuns past) =>
        (bytes.Known != Certainty.Unknown && past.BytesPerSecond is { } bytesPerSecond) ? new(bytes.Value / bytesPerSecond, Certainty.Estimated)
        : (rows.Known != Certainty.Unknown && past.RowsPerSecond is { } rowsPerSecond) ? new(rows.Value / rowsPerSecond, Certainty.Estimated)
        : Figure.Unknown;

    /// <summary>Runs until nothing of what waits now is left. Without a budget one is enough.</summary>
    public static Figure Runs(Figure rows, Figure bytes, Figure seconds, RunLimits limits)
    {
        if (limits == RunLimits.None)
        {
            return new(1, Certainty.Exact);
        }

        Figure byRows = Parts(rows, limits.MaxRows);
        Figure byBytes = Parts(bytes, limits.MaxBytes);
        Figure byTime = Parts(seconds, limits.MaxDuration?.TotalSeconds);
        return new(
            Math.Max(1, Math.Max(byRows.Value, Math.Max(byBytes.Value, byTime.Value))),
            Worst([byRows.Known, byBytes.Known, byTime.Known]));
    }

    /// <summary>The cost by the prices that are set.</summary>
    public static Figure Cost(Figure bytes, Figure runs, Figure seconds, Prices? prices)
    {
        if (prices is null)
        {
            return Figure.Unknown;
        }

        (decimal? Price, double Amount, Certainty Known)[] parts =
        [
            (prices.PerGb, bytes.Value / 1e9, bytes.Known),
            (prices.PerRun, runs.Value, runs.Known),
            (prices.PerHour, seconds.Value / 3600, seconds.Known),
        ];
        var priced = parts.Where(p => p.Price is not null).ToList();
        return new(priced.Sum(p => (double)p.Price!.Value * p.Amount), Worst(priced.Select(p => p.Known)));
    }

    private static Figure Parts(Figure amount, double? limit) => limit is null
        ? new(0, Certainty.Exact)
        : new(Math.Ceiling(amount.Value / limit.Value), amount.Known);

    private static Certainty Worst(IEnumerable<Certainty> known) => known.DefaultIfEmpty(Certainty.Exact).Min();
}

/// <summary>How fast a task's past runs were.</summary>
/// <param name="Rows">Rows that they moved together.</param>
/// <param name="Bytes">Payload bytes.</param>
/// <param name="Seconds">Seconds from start to end.</param>
internal sealed record PastRuns(double Rows, double Bytes, double Seconds)
{
    public double? BytesPerRow => Rows > 0 && Bytes > 0 ? Bytes / Rows : null;

    public double? BytesPerSecond => Seconds > 0 && Bytes > 0 ? Bytes / Seconds : null;

    public double? RowsPerSecond => Seconds > 0 && Rows > 0 ? Rows / Seconds : null;

    /// <summary>Sums the runs that ended well and moved something.</summary>
    public static PastRuns Of(IEnumerable<TaskRunRecord> runs)
    {
        var useful = runs.Where(r => r is { Status: RunStatus.Succeeded, EndedAt: not null, Counts.Rows: > 0 }).ToList();
        return new(
            useful.Sum(r => (double)r.Counts.Rows),
            useful.Sum(r => (double)r.Counts.Bytes),
            useful.Sum(r => (r.EndedAt!.Value - r.StartedAt).TotalSeconds));
    }
}
