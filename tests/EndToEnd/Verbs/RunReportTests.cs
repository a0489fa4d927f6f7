using Millrace.Connectors.MongoDb.Bson;
using Millrace.EndToEndTests.Support;
using Millrace.Testing.Mongo;

namespace Millrace.EndToEndTests.Verbs;

/// <summary>What <c>run</c> says at its end.</summary>
public sealed class RunReportTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly CommandLineShell _shell;

    public RunReportTests() => _shell = new(_folder);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_run_that_fails_names_the_rows_that_are_in_quarantine_by_then()
    {
        await WriteAsync("commit_every: { rows: 1 }, max_quarantine: 1", "1", "\"a\"", "3", "4", "\"b\"");

        ProcessOutcome run = (await _shell.RunAsync("run load")).ShouldExitWith(1);

        run.Output.ShouldContain("everything: failed; ");
        run.Output.ShouldContain("quarantined: 1 row (millrace quarantine list load)");
        run.Errors.ShouldContain("2 rows of this run would go to quarantine, more than max_quarantine (1) allows");
        (await _shell.RunAsync("quarantine list load --json")).ShouldExitWith(0).Output.Split("\"id\":").Length.ShouldBe(2);
    }

    [Fact]
    public async Task One_row_is_no_rows()
    {
        await WriteAsync("max_columns: 10", "1");

        string output = (await _shell.RunAsync("run load")).ShouldExitWith(0).Output;
        output.ShouldContain("1 partition to read");
        output.ShouldContain("everything: 1 row, ");
        output.ShouldContain("moved in 1 load,");
        output.ShouldNotContain("1 rows");
        string log = (await _shell.RunAsync("logs")).ShouldExitWith(0).Output;
        log.ShouldContain("committed: 1 row,");
        log.ShouldNotContain("1 rows");
        log.ShouldNotContain("1 loads");
        log.ShouldNotContain("1 partitions");
    }

    [Fact]
    public async Task What_only_reading_shows_is_printed_and_logged_once()
    {
        await WriteAsync("max_columns: 10", "1");
        byte[][] log =
        [
            Document("""{"ts":{"$timestamp":{"t":100,"i":1}},"v":2,"op":"n","ns":"","o":{}}"""),
            Document("""{"ts":{"$timestamp":{"t":101,"i":1}},"v":2,"op":"c","ns":"shop.$cmd","o":{"drop":"orders"}}"""),
            Document("""{"ts":{"$timestamp":{"t":102,"i":1}},"v":2,"op":"n","ns":"","o":{}}"""),
        ];
        Directory.CreateDirectory(_folder["log"]);
        await File.WriteAllBytesAsync(_folder["log/1.bson"], [.. log.SelectMany(d => d).SkipLast(5)], TestContext.Current.CancellationToken);
        string project = (await File.ReadAllTextAsync(_folder["millrace.yaml"], TestContext.Current.CancellationToken))
            .Replace("dump: dump", "dump: dump, oplog: \"log/*.bson\"", StringComparison.Ordinal)
            .Replace("full_refresh", "change_capture", StringComparison.Ordinal);
        await File.WriteAllTextAsync(_folder["millrace.yaml"], project, TestContext.Current.CancellationToken);

        string unfinished = $"{_folder["log/1.bson"]} ends in the middle of an entry that starts at byte {log[0].Length + log[1].Length}: ";
        const string Dropped = "warning: shop.orders was dropped or renamed in the source at ";
        (await _shell.RunAsync("check")).ShouldExitWith(0).Output.ShouldContain(unfinished);
        string first = (await _shell.RunAsync("run load")).ShouldExitWith(0).Output;
        first.Split(Dropped).Length.ShouldBe(2);
        first.ShouldContain("warning: " + unfinished);
        (await _shell.RunAsync("logs")).ShouldExitWith(0).Output.ShouldContain("shop.orders was dropped or renamed in the source at ");
        string second = (await _shell.RunAsync("run load")).ShouldExitWith(0).Output;
        second.ShouldNotContain(Dropped);
        second.ShouldContain("warning: " + unfinished);
        (await _shell.RunAsync("tables load --json")).ShouldExitWith(0).Output.ShouldContain("\"rows\": 1");
    }

    private static byte[] Document(string json) => ExtendedJsonReader.ReadDocument(json);

    private Task WriteAsync(string settings, params string[] values)
    {
        DumpWriter.WriteCollection(
            _folder["dump"],
            "shop.orders",
            Guid.NewGuid(),
            values.Select((v, i) => ExtendedJsonReader.ReadDocument($"{{\"_id\":{i + 1},\"n\":{v}}}")));
        return File.WriteAllTextAsync(_folder["millrace.yaml"], $$"""
            connections:
              backup: { type: mongodb, dump: dump, database: shop }
              warehouse: { type: duckdb, path: warehouse.duckdb }
            defaults: { {{settings}} }
            jobs:
              load:
                tasks:
                  - name: everything
                    source: { connection: backup, dataset: orders, replication_method: full_refresh }
                    target: { connection: warehouse, table: raw.orders }
                    columns: [ { from: n, to: n, cast: int64 } ]
                    schema_contract: { types: quarantine }
            """, TestContext.Current.CancellationToken);
    }
}
