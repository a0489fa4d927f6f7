namespace Millrace.Ground;

/// <summary>The cost of a run grows with what changed, not with what is there: 1,000 changes into 100k and into 10M rows.</summary>
internal sealed class CostOfARunScenario(Bench bench)
{
    private const int Changes = 1000;

    public async Task RunAsync()
    {
        bench.Report.Section("Cost of a run");
        bench.Report.Line($"{Changes:N0} changes; the median of {bench.Options.Runs} runs, each with new changes.");
        bench.Report.Line("");
        bench.Report.Table("| target | rows there | seconds | peak MiB |");
        foreach ((string name, Func<Task<string>> target) in new (string, Func<Task<string>>)[]
        {
            ("PostgreSQL", async () => $"{{ type: postgresql, connection_string: \"{await bench.Server.CreateDatabaseAsync().ConfigureAwait(false)}\" }}"),
            ("DuckDB", () => Task.FromResult("{ type: duckdb, path: ground.duckdb }")),
        })
        {
            Measured small = await MeasureAsync(name, await target().ConfigureAwait(false), bench.Options.Documents / 10).ConfigureAwait(false);
            Measured large = await MeasureAsync(name, await target().ConfigureAwait(false), bench.Options.Documents * 10).ConfigureAwait(false);
            bench.Report.Line("");
            bench.Report.Line($"{name}: {large.Seconds / small.Seconds:F2} times the time of the small table.");
            bench.Report.Line("");
        }
    }

    /// <summary>A project that captures changes of the dump and of the files in its folder <c>log</c>.</summary>
    public static string Yaml(string dump, string target) => $$"""
        connections:
          backup: { type: mongodb, dump: "{{dump}}", oplog: ["log/*.bson"], database: ground }
          target: {{target}}
        jobs:
          ground:
            tasks:
              - name: docs
                source: { connection: backup, dataset: docs, replication_method: change_capture }
                target: { connection: target, table: docs }
        """;

    private async Task<Measured> MeasureAsync(string name, string target, int documents)
    {
        (string dump, _) = bench.Dump(documents);
        string project = bench.Project($"cost-{name}-{documents}", Yaml(dump, target));
        await bench.MillraceAsync(project, "run", "ground").ConfigureAwait(false);
        Measured run = await bench.MedianAsync(i =>
        {
            GroundData.WriteOplog(Path.Combine(project, "log", "1.bson"), documents, Changes * (i + 1));
            return bench.MillraceAsync(project, "run", "ground");
        }).ConfigureAwait(false);
        bench.Report.Line($"| {name} | {documents:N0} | {run.Seconds:F2} | {run.PeakMegabytes:F0} |");
        return run;
    }
}
