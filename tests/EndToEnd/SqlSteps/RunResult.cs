using System.Text.Json;

namespace Millrace.EndToEndTests.SqlSteps;

/// <summary>What <c>run --json</c> said at its end.</summary>
/// <param name="RunId">The run.</param>
/// <param name="Status">How it ended.</param>
/// <param name="Tasks">Each task and how it ended.</param>
/// <param name="Skipped">Each task that did not run, and why.</param>
internal sealed record RunResult(long RunId, string Status, (string Task, string Status)[] Tasks, (string Task, string Reason)[] Skipped)
{
    public static RunResult Read(string output)
    {
        string last = output.TrimEnd().Split('\n')[^1];
        JsonElement run = JsonDocument.Parse(last).RootElement;
        return new(
            run.GetProperty("run_id").GetInt64(),
            run.GetProperty("status").GetString()!,
            [.. run.GetProperty("tasks").EnumerateArray().Select(t => (t.GetProperty("task").GetString()!, t.GetProperty("status").GetString()!))],
            [.. run.GetProperty("skipped").EnumerateArray().Select(t => (t.GetProperty("task").GetString()!, t.GetProperty("reason").GetString()!))]);
    }
}
