using Millrace.Cli.Output;
using Millrace.Core.Config;
using Millrace.Core.Contracts;
using Millrace.Core.Engine;

namespace Millrace.Cli.Runs;

/// <summary>The figures of a task run under way, as people read them.</summary>
/// <param name="Rows">Rows read.</param>
/// <param name="Bytes">Payload bytes read.</param>
/// <param name="Rate">Rows and bytes a second since the start.</param>
/// <param name="Lag">Age of the newest change read, or nothing.</param>
/// <param name="Left">What remains of what waited, as far as that is known.</param>
internal sealed record ProgressText(string Rows, string Bytes, string Rate, string Lag, string Left)
{
    /// <summary>Writes the figures out.</summary>
    public static ProgressText Of(RunProgress progress, TimeProvider time)
    {
        double seconds = Math.Max(progress.Elapsed.TotalSeconds, 0.001);
        string rate = $"{progress.RowsRead / seconds:N0} rows/s, {new ByteSize((long)(progress.BytesRead / seconds))}/s";
        string lag = progress.SourceTime is { } newest ? Figures.Time(Positive(time.GetUtcNow() - newest)) : "";
        return new($"{progress.RowsRead:N0}", new ByteSize(progress.BytesRead).ToString(), rate, lag, LeftOf(progress));
    }

    private static string LeftOf(RunProgress progress)
    {
        Estimate waiting = progress.Waiting;
        if (waiting.BytesKnown != Certainty.Unknown && waiting.Bytes > 0)
        {
            long left = Math.Max(0, waiting.Bytes - progress.BytesRead);
            string size = Figures.Mark(waiting.BytesKnown, new ByteSize(left).ToString());
            double share = Math.Clamp(100.0 * progress.BytesRead / waiting.Bytes, 0, 100);
            TimeSpan rest = progress.BytesRead > 0 ? progress.Elapsed * ((double)left / progress.BytesRead) : TimeSpan.Zero;
            return $"{size} ({share:0}% read{(rest > TimeSpan.FromSeconds(1) ? $", ~{Figures.Time(rest)}" : "")})";
        }

        return waiting.RowsKnown == Certainty.Unknown
            ? "?"
            : Figures.Mark(waiting.RowsKnown, Quantity.Of(Math.Max(0, waiting.Rows - progress.RowsRead), "row"));
    }

    private static TimeSpan Positive(TimeSpan time) => time < TimeSpan.Zero ? TimeSpan.Zero : time;
}
