namespace Millrace.Ground;

/// <summary>A log of as many changes as there are documents, merged into PostgreSQL and DuckDB after the snapshot.</summary>
internal sealed class ChangesScenario(Bench bench)
{
    public async Task RunAsync()
    {
        int documents = bench.Options.Documents;
        bench.Report.Section("Changes merged");
        bench.Report.Line($"{documents:N0} oplog entries (70% v2 diffs, 10% each of inserts, replacements, deletes) over {documents:N0} documents.");
        bench.Report.Line("");
        bench.Report.Table("| target | seconds | changes/s | peak MiB |");
        string database = await bench.Server.CreateDatabaseAsync().ConfigureAwait(false);
        await MeasureAsync("PostgreSQL", $"{{ type: postgresql, connection_string: \"{database}\" }}", documents).ConfigureAwait(false);
        await MeasureAsync("DuckDB", "{ type: duckdb, path: ground.duckdb }", documents).ConfigureAwait(false);
        long live = await Bench.CountAsync(database, "docs WHERE _millrace_deleted_at IS NULL").ConfigureAwait(false);
        bench.Report.Line("");
        bench.Report.Line($"Live rows in PostgreSQL afterwards: {live:N0}.");
    }

    private async Task MeasureAsync(string name, string target, int documents)
    {
        (string dump, _) = bench.Dump(documents);
        string project = bench.Project("changes-" + name, CostOfARunScenario.Yaml(dump, target));
        await bench.MillraceAsync(project, "run", "ground").ConfigureAwait(false);
        GroundData.WriteOplog(Path.Combine(project, "log", "1.bson"), documents, documents);
        Measured run = await bench.MillraceAsync(project, "run", "ground").ConfigureAwait(false);
        bench.Report.Line($"| {name} | {run.Seconds:F2} | {documents / run.Seconds:N0} | {run.PeakMegabytes:F0} |");
    }
}
