using System.Text.Json;

namespace Millrace.EndToEndTests.Support;

/// <summary>The last line of <c>millrace run --json</c>, of its one task.</summary>
/// <param name="Rows">Rows read and committed.</param>
/// <param name="Bytes">Payload bytes of them.</param>
/// <param name="Quarantined">Rows in quarantine.</param>
/// <param name="LimitReached">The budget that ended the run, or null.</param>
internal sealed record RunEnd(long Rows, long Bytes, long Quarantined, string? LimitReached)
{
    public static RunEnd Read(ProcessOutcome outcome)
    {
        string line = outcome.Output.Split('\n').Last(l => l.Contains("\"run_ended\"", StringComparison.Ordinal));
        using JsonDocument document = JsonDocument.Parse(line);
        JsonElement task = document.RootElement.GetProperty("tasks")[0];
        return new(
            task.GetProperty("rows").GetInt64(),
            task.GetProperty("bytes").GetInt64(),
            task.GetProperty("quarantined").GetInt64(),
            task.GetProperty("limit_reached").GetString());
    }
}
