using Millrace.EndToEndTests.Support;

namespace Millrace.EndToEndTests.Verbs;

/// <summary><c>--from</c> and <c>--to</c>: a part is read beside the task's own reading, of which nothing moves.</summary>
public sealed class BackfillTests : IDisposable
{
    private const string Window = "--from 2025-01-01T01:00:00Z --to 2025-01-01T03:00:00Z";

    private readonly TemporaryFolder _folder = new();
    private readonly CommandLineShell _shell;

    public BackfillTests() => _shell = new(_folder);

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("replication_method: change_capture", "write_disposition: merge", "")]
    [InlineData("replication_method: incremental, cursor_field: ordered_at", "write_disposition: merge, primary_key: [_id]", "")]
    [InlineData("replication_method: change_capture", "write_disposition: merge", "--max-rows 60")]
    [InlineData("replication_method: full_refresh", "write_disposition: merge, primary_key: [_id]", "--max-rows 60")]
    public async Task A_backfill_leaves_the_task_where_it_was(string method, string disposition, string begunWith)
    {
        await PrepareAsync(method, disposition);
        if (begunWith.Length > 0)
        {
            (await _shell.RunAsync($"run load {begunWith}")).ShouldExitWith(0);
        }

        long window = RunEnd.Read((await _shell.RunAsync($"run load {Window} --json")).ShouldExitWith(0)).Rows;
        window.ShouldBeInRange(1, 199);
        (await _shell.RunAsync("run load")).ShouldExitWith(0);
        string all = Rows();
        all.Split('\n').Length.ShouldBeGreaterThanOrEqualTo(200);

        // Read again, and once more: the same rows, and nothing of the table moves.
        for (int i = 0; i < 2; i++)
        {
            RunEnd.Read((await _shell.RunAsync($"run load {Window} --json")).ShouldExitWith(0)).Rows.ShouldBe(window);
            Rows().ShouldBe(all);
        }

        if (method.Contains("change_capture", StringComparison.Ordinal))
        {
            RunEnd.Read((await _shell.RunAsync("run load --json")).ShouldExitWith(0)).Rows.ShouldBe(0);
        }
    }

    [Fact]
    public async Task A_backfill_that_a_budget_cut_short_goes_on()
    {
        await PrepareAsync("replication_method: change_capture", "write_disposition: merge");
        (await _shell.RunAsync("run load")).ShouldExitWith(0);
        long whole = RunEnd.Read((await _shell.RunAsync($"run load {Window} --json")).ShouldExitWith(0)).Rows;
        long first = RunEnd.Read((await _shell.RunAsync($"run load {Window} --max-rows 3 --json")).ShouldExitWith(0)).Rows;
        long rest = RunEnd.Read((await _shell.RunAsync($"run load {Window} --json")).ShouldExitWith(0)).Rows;
        first.ShouldBe(3);
        (first + rest).ShouldBe(whole);
    }

    [Theory]
    [InlineData("write_disposition: append", "", "double")]
    [InlineData("write_disposition: replace", "", "whole")]
    [InlineData("write_disposition: merge, primary_key: [_id]", "--full-refresh", "--full-refresh")]
    public async Task What_does_not_go_with_a_backfill_is_refused(string disposition, string option, string says)
    {
        await PrepareAsync("replication_method: full_refresh", disposition);
        ProcessOutcome refused = (await _shell.RunAsync($"run load {Window} {option}".TrimEnd())).ShouldExitWith(2);
        refused.Errors.ShouldContain("MR1002");
        refused.Errors.ShouldContain(says);
    }

    [Theory]
    [InlineData("run load --from 2023-11-14 --to 2023-11-13", "--from")]
    [InlineData("run load --max-rows 0", "a number of rows")]
    [InlineData("run load --max-rows -5", "a number of rows")]
    [InlineData("run load --max-duration 1ms", "a duration")]
    public async Task Words_that_would_move_nothing_are_refused(string command, string says)
    {
        await PrepareAsync("replication_method: change_capture", "write_disposition: merge");
        (await _shell.RunAsync(command)).ShouldExitWith(2).All.ShouldContain(says);
    }

    /// <summary>The checkpoints in the destination are those of a task that wrote other tables: nothing may pass for loaded here.</summary>
    [Fact]
    public async Task A_task_that_is_given_another_table_is_told()
    {
        await PrepareAsync("replication_method: change_capture", "write_disposition: merge");
        (await _shell.RunAsync("run load")).ShouldExitWith(0);
        string yaml = await File.ReadAllTextAsync(_folder["millrace.yaml"], TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(
            _folder["millrace.yaml"], yaml.Replace("raw.orders", "other.orders", StringComparison.Ordinal), TestContext.Current.CancellationToken);
        ProcessOutcome told = (await _shell.RunAsync("run load")).ShouldExitWith(2);
        told.Errors.ShouldContain("MR1313");
        (await _shell.RunAsync("run load --full-refresh")).ShouldExitWith(0);
        using var warehouse = new DuckDbWarehouse(_folder["warehouse.duckdb"]);
        warehouse.Read("other", "orders").Count.ShouldBeGreaterThanOrEqualTo(200);
    }

    /// <summary>Tables of a pattern say by their names that they are the task's, though the datasets that it takes now have none yet.</summary>
    [Theory]
    [InlineData("raw.{dataset}", "raw.{dataset}", "customers", 0)]
    [InlineData("raw.{dataset}", "raw.the_{dataset}", "customers", 2)]
    [InlineData("raw.the_{dataset}", "raw.{dataset}", "orders", 2)]
    [InlineData("raw.{dataset}", "other.{dataset}", "customers", 2)]
    public async Task A_task_whose_datasets_change_goes_on_where_its_tables_do_not(string first, string table, string dataset, int exitCode)
    {
        await PrepareAsync("replication_method: change_capture", "write_disposition: merge");
        string yaml = (await File.ReadAllTextAsync(_folder["millrace.yaml"], TestContext.Current.CancellationToken))
            .Replace("raw.orders", $"\"{first}\"", StringComparison.Ordinal);
        await File.WriteAllTextAsync(_folder["millrace.yaml"], yaml, TestContext.Current.CancellationToken);
        (await _shell.RunAsync("run load --max-rows 20")).ShouldExitWith(0);
        await File.WriteAllTextAsync(
            _folder["millrace.yaml"],
            yaml.Replace("dataset: orders", $"dataset: {dataset}", StringComparison.Ordinal).Replace(first, table, StringComparison.Ordinal),
            TestContext.Current.CancellationToken);
        ProcessOutcome outcome = (await _shell.RunAsync("run load")).ShouldExitWith(exitCode);
        outcome.Errors.Contains("MR1313", StringComparison.Ordinal).ShouldBe(exitCode != 0);
    }

    private async Task PrepareAsync(string method, string disposition)
    {
        (await _shell.RunAsync($"sample shop --out {_folder["dump"]} --orders 200")).ShouldExitWith(0);
        await File.WriteAllTextAsync(
            _folder["millrace.yaml"],
            $$"""
            connections:
              backup: { type: mongodb, dump: dump, database: shop }
              warehouse: { type: duckdb, path: warehouse.duckdb }
            jobs:
              load:
                tasks:
                  - name: orders
                    source: { connection: backup, dataset: orders, {{method}} }
                    target: { connection: warehouse, table: raw.orders, {{disposition}} }
            """,
            TestContext.Current.CancellationToken);
    }

    private string Rows()
    {
        using var warehouse = new DuckDbWarehouse(_folder["warehouse.duckdb"]);
        return string.Join('\n', warehouse.Read("raw", "orders").Select(r => r["_id"].Text).Order(StringComparer.Ordinal));
    }
}
