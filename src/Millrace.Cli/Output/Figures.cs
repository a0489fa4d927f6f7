using System.Text.Json;
using Millrace.Core.Config;
using Millrace.Core.Config.Options;
using Millrace.Core.Contracts;

namespace Millrace.Cli.Output;

/// <summary>Estimates as people and programs read them: a figure never stands without how it is known.</summary>
internal static class Figures
{
    /// <summary>Rows: <c>1,234</c>, <c>~1,234</c> where estimated, <c>?</c> where unknown.</summary>
    public static string Rows(Estimate estimate) => Mark(estimate.RowsKnown, $"{estimate.Rows:N0}");

    /// <summary>Bytes: <c>12.3 MB</c>, <c>~12.3 MB</c>, <c>?</c>.</summary>
    public static string Bytes(Estimate estimate) => Mark(estimate.BytesKnown, new ByteSize(estimate.Bytes).ToString());

    /// <summary>A figure with its certainty.</summary>
    public static string Mark(Certainty certainty, string figure) => certainty switch
    {
        Certainty.Exact => figure,
        Certainty.Estimated => "~" + figure,
        _ => "?",
    };

    /// <summary>A span of time: <c>850 ms</c>, <c>12.3 s</c>, <c>4 min 05 s</c>, <c>2 h 10 min</c>, <c>3.5 days</c>.</summary>
    public static string Time(TimeSpan time) => time switch
    {
        { TotalSeconds: < 1 } => $"{time.TotalMilliseconds:0} ms",
        { TotalMinutes: < 1 } => $"{time.TotalSeconds:0.0} s",
        { TotalHours: < 1 } => $"{(int)time.TotalMinutes} min {time.Seconds:00} s",
        { TotalDays: < 1 } => $"{(int)time.TotalHours} h {time.Minutes:00} min",
        _ => $"{time.TotalDays:0.0} days",
    };

    /// <summary>Writes rows and bytes with how each is known, and the age of the oldest.</summary>
    public static void Write(Utf8JsonWriter writer, Estimate estimate)
    {
        Write(writer, "rows", estimate.Rows, estimate.RowsKnown);
        Write(writer, "bytes", estimate.Bytes, estimate.BytesKnown);
        if (estimate.Oldest is { } oldest)
        {
            writer.WriteString("oldest", oldest);
        }
    }

    private static void Write(Utf8JsonWriter writer, string name, long value, Certainty certainty)
    {
        if (certainty == Certainty.Unknown)
        {
            writer.WriteNull(name);
        }
        else
        {
            writer.WriteNumber(name, value);
        }

        writer.WriteString(name + "_known", SnakeCase.Of(certainty));
    }
}
