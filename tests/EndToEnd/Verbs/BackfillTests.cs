using Millrace.EndToEndTests.Support;

namespace Millrace.EndToEndTests.Verbs;

/// <summary><c>--from</c> and <c>--to</c> on a snapshot that is complete.</summary>
public sealed class BackfillTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_backfill_of_a_complete_snapshot_is_refused_and_its_fix_reads_those_dates_and_removes_nothing()
    {
        var shell = new CommandLineShell(_folder);
        (await shell.RunAsync($"sample shop --out {_folder["dump"]} --orders 200")).ShouldExitWith(0);
        await File.WriteAllTextAsync(_folder["millrace.yaml"], """
            connections:
              backup: { type: mongodb, dump: dump, database: shop }
              warehouse: { type: duckdb, path: warehouse.duckdb }
            jobs:
              load:
                tasks:
                  - name: orders
                    source: { connection: backup, dataset: orders }
                    target: { connection: warehouse, table: raw.orders }
            """, TestContext.Current.CancellationToken);
        (await shell.RunAsync("run load")).ShouldExitWith(0);
        string before = Rows();

        foreach (string dates in new[] { "--from 2025-06-01", "--to 2025-06-01", "--from 2025-06-01 --to 2025-07-01" })
        {
            ProcessOutcome refused = (await shell.RunAsync($"run load {dates}")).ShouldExitWith(2);
            refused.Errors.ShouldContain("MR1002");
            refused.Errors.ShouldContain("snapshot is complete");
            refused.Errors.ShouldContain("--full-refresh");
        }

        Rows().ShouldBe(before);
        ProcessOutcome backfill = (await shell.RunAsync("run load --from 2025-06-01 --to 2025-07-01 --full-refresh --json")).ShouldExitWith(0);
        RunEnd.Read(backfill).Rows.ShouldBeLessThan(200);
        Rows().ShouldBe(before);
    }

    private string Rows()
    {
        using var warehouse = new DuckDbWarehouse(_folder["warehouse.duckdb"]);
        return string.Join('\n', warehouse.Read("raw", "orders").Select(r => r["_id"].Text).Order(StringComparer.Ordinal));
    }
}
