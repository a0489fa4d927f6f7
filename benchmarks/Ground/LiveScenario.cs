using System.Diagnostics;
using System.Globalization;
using Millrace.Testing.MongoDb;
using Millrace.Testing.MongoDb.Values;
using Millrace.Testing.MongoDb.Wire;
using Millrace.Testing.Servers;

namespace Millrace.Ground;

/// <summary>
/// A running server: its documents into PostgreSQL and DuckDB beside pymongo and psycopg2 against the same server, then its changes. The server is
/// the simulator, in this process; what it can give at most is measured too.
/// </summary>
internal sealed class LiveScenario(Bench bench)
{
    private const int LargeEvents = 20_000;
    private const int LargeBytes = 20_000;
    private const string Namespace = "ground.docs";

    private readonly Peers _peers = new(bench);

    public async Task RunAsync()
    {
        int documents = bench.Options.Documents;
        (string dump, long bytes) = bench.Dump(documents);
        string file = Path.Combine(dump, "ground", "docs.bson");
        await SnapshotAsync(file, documents, bytes).ConfigureAwait(false);
        bench.Report.Section("Changes from a running server");
        bench.Report.Line($"{documents:N0} log entries of about 220 bytes over {documents:N0} documents, no document twice, then {LargeEvents:N0} inserts of {LargeBytes / 1000} kB. One run each.");
        bench.Report.Line("");
        bench.Report.Table("| capture | target | events | seconds | events/s | MB/s | peak MiB | live rows |");
        foreach (string capture in (string[])["change_streams", "oplog"])
        {
            string database = await bench.Server.CreateDatabaseAsync().ConfigureAwait(false);
            await ChangesAsync(file, documents, capture, "PostgreSQL", $"{{ type: postgresql, connection_string: \"{database}\" }}", database).ConfigureAwait(false);
            await ChangesAsync(file, documents, capture, "DuckDB", "{ type: duckdb, path: ground.duckdb }", null).ConfigureAwait(false);
        }
    }

    private async Task SnapshotAsync(string file, int documents, long bytes)
    {
        await using MongoSimulator server = await MongoSimulator.StartAsync().ConfigureAwait(false);
        server.Load(Namespace, file);
        bench.Report.Section("Snapshot of a running server");
        bench.Report.Line($"{documents:N0} documents of {bytes / documents} bytes on average; seconds are those of the whole process.");
        bench.Report.Line("");
        bench.Report.Table("| load | seconds | rows/s | against raw COPY | peak MiB | rows at the target |");
        double ceiling = await CeilingAsync(server).ConfigureAwait(false);
        string database = await bench.Server.CreateDatabaseAsync().ConfigureAwait(false);
        Measured append = await bench.MedianAsync(async i =>
        {
            await PostgreSqlServer.ExecuteAsync(database, "DROP SCHEMA public CASCADE; CREATE SCHEMA public; CHECKPOINT").ConfigureAwait(false);
            return await RefreshAsync(server, i, $"{{ type: postgresql, connection_string: \"{database}\" }}").ConfigureAwait(false);
        }).ConfigureAwait(false);
        long rows = await Bench.CountAsync(database, "docs").ConfigureAwait(false);
        (Measured raw, long rawRows) = await _peers.RawCopyAsync(database, "docs", false).ConfigureAwait(false);
        (Measured again, _) = await _peers.RawCopyAsync(database, "docs", false).ConfigureAwait(false);
        (Measured python, long pythonRows) = await _peers.PythonAsync($"{server.Uri}#{Namespace}", database).ConfigureAwait(false);
        Measured duck = await bench.MedianAsync(i => RefreshAsync(server, i, "{ type: duckdb, path: ground.duckdb }")).ConfigureAwait(false);
        Line("raw binary COPY, no key", raw, raw, rawRows);
        Line("raw binary COPY again (A/A control)", again, raw, rawRows);
        Line("millrace, append → PostgreSQL", append, raw, rows);
        Line("Python (pymongo, psycopg2 COPY) → PostgreSQL", python, raw, pythonRows);
        Line("millrace, append → DuckDB", duck, raw, documents);
        bench.Report.Line("");
        bench.Report.Line($"Millrace against Python: {python.Seconds / append.Seconds:F1} times as fast. The simulator alone, to a client that drops what it gets: {documents / ceiling:N0} documents/s.");
    }

    private void Line(string load, Measured measured, Measured raw, long rows) => bench.Report.Line(
        $"| {load} | {measured.Seconds:F2} | {rows / measured.Seconds:N0} | {raw.Seconds / measured.Seconds:P0} | {measured.PeakMegabytes:F0} | {rows:N0} |");

    private Task<Measured> RefreshAsync(MongoSimulator server, int run, string target)
    {
        string name = string.Create(CultureInfo.InvariantCulture, $"live-{run}");
        return bench.MillraceAsync(bench.Project(name, Yaml(server, target, "replication_method: full_refresh", "write_disposition: append")), "run", "ground");
    }

    private async Task ChangesAsync(string file, int documents, string capture, string name, string target, string? database)
    {
        await using MongoSimulator server = await MongoSimulator.StartAsync().ConfigureAwait(false);
        server.Load(Namespace, file);
        string project = bench.Project("live-" + name, Yaml(server, target, $"replication_method: change_capture", "write_disposition: merge", $", capture: {capture}"));
        await bench.MillraceAsync(project, "run", "ground").ConfigureAwait(false);
        string log = Path.Combine(project, "log.bson");
        GroundData.WriteOplog(log, documents, documents);
        server.ReplayOplog(log);
        await LineAsync(capture, name, documents, new FileInfo(log).Length, await bench.MillraceAsync(project, "run", "ground").ConfigureAwait(false), database)
            .ConfigureAwait(false);
        GroundData.WriteLargeInserts(log, LargeEvents, LargeBytes);
        server.ReplayOplog(log);
        await LineAsync(capture, name, LargeEvents, new FileInfo(log).Length, await bench.MillraceAsync(project, "run", "ground").ConfigureAwait(false), database)
            .ConfigureAwait(false);
    }

    private async Task LineAsync(string capture, string name, int events, long bytes, Measured run, string? database)
    {
        string live = database is null ? "" : (await Bench.CountAsync(database, "docs WHERE _millrace_deleted_at IS NULL").ConfigureAwait(false)).ToString("N0", CultureInfo.InvariantCulture);
        bench.Report.Line(
            $"| {capture} | {name} | {events:N0} | {run.Seconds:F2} | {events / run.Seconds:N0} | {bytes / run.Seconds / 1e6:F0} | {run.PeakMegabytes:F0} | {live} |");
    }

    private static async Task<double> CeilingAsync(MongoSimulator server)
    {
        double best = double.MaxValue;
        for (int i = 0; i < 3; i++)
        {
            await using MongoWireClient client = await MongoWireClient.ConnectAsync(server.Port).ConfigureAwait(false);
            long began = Stopwatch.GetTimestamp();
            await client.DrainAsync("ground", new Doc { { "find", "docs" }, { "batchSize", 2000 } }, 2000).ConfigureAwait(false);
            best = Math.Min(best, Stopwatch.GetElapsedTime(began).TotalSeconds);
        }

        return best;
    }

    private static string Yaml(MongoSimulator server, string target, string method, string disposition, string capture = "") => $$"""
        connections:
          server: { type: mongodb, uri: "{{server.Uri}}", database: ground{{capture}} }
          target: {{target}}
        jobs:
          ground:
            tasks:
              - name: docs
                source: { connection: server, dataset: docs, {{method}} }
                target: { connection: target, table: docs, {{disposition}} }
        """;
}
