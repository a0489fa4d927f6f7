using System.Globalization;

namespace Millrace.Ground;

/// <summary>
/// Documents of a .bson file into PostgreSQL and DuckDB, against (a) a raw binary COPY of the same rows, already encoded, and (b) the usual
/// Python script.
/// </summary>
internal sealed class SnapshotScenario(Bench bench)
{
    private readonly Peers _peers = new(bench);

    public async Task RunAsync()
    {
        int documents = bench.Options.Documents;
        (string dump, long bytes) = bench.Dump(documents);
        bench.Report.Section("Snapshot of a .bson file");
        bench.Report.Line($"{documents:N0} documents of {bytes / documents} bytes on average; seconds are those of the whole process.");
        bench.Report.Line("");
        bench.Report.Table("| load | seconds | rows/s | against raw COPY | peak MiB | rows at the target |");

        string database = await bench.Server.CreateDatabaseAsync().ConfigureAwait(false);
        (Measured append, long rows) = await MillraceAsync(dump, database, "append", "full_refresh", "append").ConfigureAwait(false);
        (Measured raw, long rawRows) = await _peers.RawCopyAsync(database, "append", false).ConfigureAwait(false);
        (Measured again, _) = await _peers.RawCopyAsync(database, "append", false).ConfigureAwait(false);
        (Measured python, long pythonRows) = await _peers.PythonAsync(Path.Combine(dump, "ground", "docs.bson"), database).ConfigureAwait(false);
        Line("raw binary COPY, no key", raw, raw, rawRows);
        Line("raw binary COPY again (A/A control)", again, raw, rawRows);
        Line("millrace, append, no key → PostgreSQL", append, raw, rows);
        Line("Python (python3-bson, psycopg2 COPY), no key → PostgreSQL", python, raw, pythonRows);

        (Measured merge, long mergeRows) = await MillraceAsync(dump, database, "merged", "change_capture", "merge").ConfigureAwait(false);
        (Measured rawKey, long rawKeyRows) = await _peers.RawCopyAsync(database, "merged", true).ConfigureAwait(false);
        Line("raw binary COPY, then the key's index", rawKey, rawKey, rawKeyRows);
        Line("millrace, change_capture, key and after-image store → PostgreSQL", merge, rawKey, mergeRows);

        Measured duck = await bench.MedianAsync(i => DuckDbAsync(dump, i)).ConfigureAwait(false);
        Line("millrace, append, no key → DuckDB", duck, raw, documents);
        bench.Report.Line("");
        bench.Report.Line($"Millrace against Python: {python.Seconds / append.Seconds:F1} times as fast.");
    }

    private void Line(string load, Measured measured, Measured raw, long rows) => bench.Report.Line(
        $"| {load} | {measured.Seconds:F2} | {rows / measured.Seconds:N0} | {raw.Seconds / measured.Seconds:P0} | {measured.PeakMegabytes:F0} | {rows:N0} |");

    private async Task<(Measured Run, long Rows)> MillraceAsync(string dump, string database, string table, string method, string disposition)
    {
        Measured run = await bench.MedianAsync(async i =>
        {
            await Testing.Servers.PostgreSqlServer.ExecuteAsync(
                database, "DROP SCHEMA public CASCADE; CREATE SCHEMA public; CHECKPOINT").ConfigureAwait(false);
            string project = bench.Project($"snapshot-{table}", Yaml(dump, $"{{ type: postgresql, connection_string: \"{database}\" }}", table, method, disposition));
            return await bench.MillraceAsync(project, "run", "ground").ConfigureAwait(false);
        }).ConfigureAwait(false);
        return (run, await Bench.CountAsync(database, table).ConfigureAwait(false));
    }

    private async Task<Measured> DuckDbAsync(string dump, int run)
    {
        string name = string.Create(CultureInfo.InvariantCulture, $"duckdb-{run}");
        string project = bench.Project(name, Yaml(dump, "{ type: duckdb, path: ground.duckdb }", "docs", "full_refresh", "append"));
        return await bench.MillraceAsync(project, "run", "ground").ConfigureAwait(false);
    }

    private static string Yaml(string dump, string target, string table, string method, string disposition) => $$"""
        connections:
          backup: { type: mongodb, dump: "{{dump}}", database: ground }
          target: {{target}}
        jobs:
          ground:
            tasks:
              - name: docs
                source: { connection: backup, dataset: docs, replication_method: {{method}} }
                target: { connection: target, table: {{table}}, write_disposition: {{disposition}} }
        """;
}
