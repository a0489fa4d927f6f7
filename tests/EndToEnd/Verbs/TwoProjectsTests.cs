using Millrace.EndToEndTests.Support;

namespace Millrace.EndToEndTests.Verbs;

/// <summary>Projects whose jobs and tasks have the same names, and which load into one destination.</summary>
public sealed class TwoProjectsTests : IDisposable
{
    private readonly TemporaryFolder _first = new();
    private readonly TemporaryFolder _second = new();

    public void Dispose()
    {
        _first.Dispose();
        _second.Dispose();
    }

    [Fact]
    public async Task The_second_project_is_refused_before_it_moves_anything_and_each_fix_works()
    {
        CommandLineShell one = await InitAsync(_first, 40);
        CommandLineShell two = await InitAsync(_second, 60);
        string name = NameIn(_first);
        name.ShouldNotBe(NameIn(_second));
        Edit(_second, "path: warehouse.duckdb", $"path: {_first["warehouse.duckdb"]}");
        (await one.RunAsync("run load")).ShouldExitWith(0);
        string rows = Rows("raw.orders");
        string checkpoints = Rows("main._millrace_checkpoints");

        foreach (string line in new[] { "run load", "run load --full-refresh", "run load --from 2025-01-01", "checkpoints reset load" })
        {
            ProcessOutcome refused = (await two.RunAsync(line)).ShouldExitWith(2);
            refused.All.ShouldContain("MR1314", customMessage: line);
            refused.All.ShouldContain(name);
        }

        Rows("raw.orders").ShouldBe(rows);
        Rows("main._millrace_checkpoints").ShouldBe(checkpoints);
        (await one.RunAsync("checkpoints reset load")).ShouldExitWith(0);
        (await two.RunAsync("run load")).ShouldExitWith(2);
        (await one.RunAsync("run load")).ShouldExitWith(0);

        // A key of its own, as the fix says, and tables of its own.
        Edit(_second, "- name: everything ", "- name: everything\n        id: second/everything ");
        Edit(_second, "raw.{dataset}", "second.{dataset}");
        (await two.RunAsync("run load")).ShouldExitWith(0);
        using var warehouse = new DuckDbWarehouse(_first["warehouse.duckdb"]);
        warehouse.Count("SELECT count(*) FROM second.orders").ShouldBeGreaterThanOrEqualTo(60);
        warehouse.Count("SELECT count(*) FROM raw.orders").ShouldBe(rows.Split('\n').Length);
    }

    [Fact]
    public async Task A_project_without_a_name_goes_on_takes_one_and_may_not_lose_it()
    {
        CommandLineShell shell = await InitAsync(_first, 40);
        string name = NameIn(_first);
        Edit(_first, $"project: {name}", "");
        (await shell.RunAsync("run load")).ShouldExitWith(0).All.ShouldNotContain("project");
        (await shell.RunAsync("run load")).ShouldExitWith(0).All.ShouldNotContain("project");

        Edit(_first, "connections:", $"project: {name}\nconnections:");
        (await shell.RunAsync("run load")).ShouldExitWith(0).All.ShouldContain($"taken for those of {name}");
        (await shell.RunAsync("run load")).ShouldExitWith(0).All.ShouldNotContain("taken for");

        Edit(_first, $"project: {name}", "");
        (await shell.RunAsync("run load")).ShouldExitWith(2).All.ShouldContain($"set 'project: {name}'");
    }

    private static async Task<CommandLineShell> InitAsync(TemporaryFolder folder, int orders)
    {
        var shell = new CommandLineShell(folder);
        (await shell.RunAsync($"sample shop --out {folder["dump"]} --orders {orders}")).ShouldExitWith(0);
        (await shell.RunAsync("init --dump dump --database shop")).ShouldExitWith(0);
        return shell;
    }

    private static string NameIn(TemporaryFolder folder) =>
        File.ReadLines(folder["millrace.yaml"]).Single(l => l.StartsWith("project: ", StringComparison.Ordinal)).Split(' ')[1];

    private static void Edit(TemporaryFolder folder, string from, string to)
    {
        string text = File.ReadAllText(folder["millrace.yaml"]);
        text.ShouldContain(from);
        File.WriteAllText(folder["millrace.yaml"], text.Replace(from, to));
    }

    private string Rows(string table)
    {
        using var warehouse = new DuckDbWarehouse(_first["warehouse.duckdb"]);
        return string.Join('\n', warehouse.Query($"SELECT CAST(t AS VARCHAR) AS t FROM {table} AS t ORDER BY 1").Select(r => r["t"].Text));
    }
}
