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
