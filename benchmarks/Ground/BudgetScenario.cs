using System.Text.Json;

namespace Millrace.Ground;

/// <summary>A backlog of 200 MB in runs of 10 MB: how many runs, the bytes of each, and the end state beside that of one unbounded run.</summary>
internal sealed class BudgetScenario(Bench bench)
{
    private const int Documents = 600_000;

    public async Task RunAsync()
    {
        (string dump, long bytes) = bench.Dump(Documents);
        string database = await bench.Server.CreateDatabaseAsync().ConfigureAwait(false);
        string target = $"{{ type: postgresql, connection_string: \"{database}\" }}";
        string yaml = CostOfARunScenario.Yaml(dump, target);
        string whole = bench.Project("budget-whole", yaml.Replace("table: docs", "table: whole", StringComparison.Ordinal));
        string bounded = bench.Project("budget-bounded", yaml.Replace("table: docs }", "table: bounded }\n        limits: { run_max_bytes: 10MB }", StringComparison.Ordinal)
            .Replace("name: docs", "name: bounded", StringComparison.Ordinal));
        bench.Report.Section("A budget of 10 MB a run");
        bench.Report.Line($"A backlog of {bytes / 1e6:F1} MB, {Documents:N0} documents. The forecast before the first run:");
        Measured plan = await bench.MillraceAsync(bounded, "plan", "ground").ConfigureAwait(false);
        bench.Report.Line($"\n```\n{plan.Output.Trim()}\n```\n");
        List<string> sizes = [];
        while (true)
        {
            Measured run = await bench.MillraceAsync(bounded, "run", "ground", "--json").ConfigureAwait(false);
            JsonElement task = Last(run.Output);
            sizes.Add((task.GetProperty("bytes").GetInt64() / 1e6).ToString("F2", System.Globalization.CultureInfo.InvariantCulture));
            if (task.GetProperty("limit_reached").ValueKind == JsonValueKind.Null)
            {
                break;
            }
        }

        await bench.MillraceAsync(whole, "run", "ground").ConfigureAwait(false);
        long differences = await Bench.CountAsync(database, """
            (SELECT to_jsonb(w) - '_millrace_run_id' - '_millrace_loaded_at' AS row FROM whole AS w
             EXCEPT ALL
             SELECT to_jsonb(b) - '_millrace_run_id' - '_millrace_loaded_at' FROM bounded AS b) AS differences
            """).ConfigureAwait(false);
        long rows = await Bench.CountAsync(database, "bounded").ConfigureAwait(false);
        bench.Report.Line($"Runs: {sizes.Count}; MB of each: {string.Join(", ", sizes)}. Rows: {rows:N0}; rows that differ from one unbounded run: {differences}.");
    }

    private static JsonElement Last(string output)
    {
        foreach (string line in output.Split('\n').Reverse())
        {
            if (line.Contains("limit_reached", StringComparison.Ordinal))
            {
                JsonElement root = JsonDocument.Parse(line).RootElement;
                return root.TryGetProperty("tasks", out JsonElement tasks) ? tasks[0] : root;
            }
        }

        throw new InvalidOperationException("The run printed no outcome:\n" + output);
    }
}
