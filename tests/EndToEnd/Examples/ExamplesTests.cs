using System.Text.Json;
using Millrace.EndToEndTests.Packaging;
using Millrace.EndToEndTests.Support;

namespace Millrace.EndToEndTests.Examples;

/// <summary>Every folder under examples/ works as its README says, and what lands is what an independent replay of the same files gives.</summary>
public sealed class ExamplesTests : IDisposable
{
    private const string Orders = "2000";
    private const string Changes = "300";

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Every_example_has_a_test() =>
        Directory.EnumerateDirectories(Path.Combine(Repository.Root, "examples")).Select(f => Path.GetFileName(f)!).Order(StringComparer.Ordinal)
            .ShouldBe(["mongodb-to-duckdb", "mongodb-to-postgresql", "stage-to-production"]);

    [Theory]
    [InlineData("duckdb", "raw", true)]
    [InlineData("postgresql", "shop", false)]
    public void An_example_loads_and_then_moves_only_what_changed(string destination, string schema, bool masksMail)
    {
        string project = CopyExample("mongodb-to-" + destination);
        using Warehouse warehouse = Warehouses.Create(destination, _folder);
        ProcessOutcome Run(params string[] words) => MillraceProcess.Run(project, warehouse.Environment, words).ShouldExitWith(0);

        Run("sample", "shop", "--out", "dump", "--orders", Orders);
        Run("check");
        long first = RowsOf(Run("run", "shop", "--json"));
        Run("sample", "shop", "--out", "dump", "--orders", Orders, "--changes", Changes);
        long second = RowsOf(Run("run", "shop", "--json"));
        JsonElement tables = Json(Run("tables", "shop", "--json"));

        first.ShouldBeGreaterThan(int.Parse(Orders));
        second.ShouldBeLessThan(int.Parse(Changes) + 100);
        Dictionary<string, string[]> expected = Replay(project);
        foreach (string collection in (string[])["orders", "customers", "products"])
        {
            JsonElement table = tables.EnumerateArray().Single(t => t.GetProperty("table").GetString() == $"{schema}.{collection}");
            table.GetProperty("rows").GetInt64().ShouldBe(expected["shop." + collection].Length, collection);
        }

        if (masksMail)
        {
            string preview = Run("preview", "shop", "--task", "orders", "--json").Output;
            preview.ShouldContain("email_hash");
            preview.ShouldNotContain("@example.com");
        }
    }

    [Theory]
    [InlineData("duckdb")]
    [InlineData("postgresql")]
    public void What_the_readme_of_an_example_says_works_as_it_stands(string destination)
    {
        string project = CopyExample("mongodb-to-" + destination);
        using Warehouse warehouse = Warehouses.Create(destination, _folder);
        string[] lines = [.. MarkdownCode.Blocks("sh", $"examples/mongodb-to-{destination}/README.md").SelectMany(b => b.Split('\n'))];

        lines.Count(l => l.StartsWith("millrace ", StringComparison.Ordinal)).ShouldBeGreaterThan(4);
        foreach (string line in lines.Where(l => l.StartsWith("millrace ", StringComparison.Ordinal)))
        {
            MillraceProcess.Run(project, warehouse.Environment, line.Split(' ')[1..]).ShouldExitWith(0);
        }
    }

    [Theory]
    [InlineData("duckdb")]
    [InlineData("postgresql")]
    public void Rows_go_from_stage_to_production_with_one_connection_changed(string destination)
    {
        const string name = "stage-to-production";
        string project = CopyExample(name);
        using Warehouse warehouse = Warehouses.Create(destination, _folder);
        string file = Path.Combine(project, "millrace.yaml");
        string text = File.ReadAllText(file);
        string changed = text.Replace("  warehouse: { type: duckdb, path: warehouse.duckdb }", $"  warehouse:\n    {warehouse.ConnectionYaml}", StringComparison.Ordinal);
        changed.ShouldNotBe(text);
        File.WriteAllText(file, changed);

        foreach (string line in MarkdownCode.Blocks("sh", $"examples/{name}/README.md").SelectMany(b => b.Split('\n')).Where(l => l.StartsWith("millrace ", StringComparison.Ordinal)))
        {
            MillraceProcess.Run(project, warehouse.Environment, line.Replace("10000", Orders, StringComparison.Ordinal).Split(' ')[1..]).ShouldExitWith(0);
        }

        // Every layer holds what an independent replay of the same files holds, and each row the run that made it.
        long orders = Replay(project)["shop.orders"].Length;
        warehouse.Count("SELECT count(*) FROM raw.orders WHERE _millrace_deleted_at IS NULL").ShouldBe(orders);
        warehouse.Count("SELECT count(*) FROM dbo.orders").ShouldBe(orders);
        warehouse.Count("SELECT count(DISTINCT run_id) FROM dbo.orders").ShouldBe(2);
        warehouse.Count("SELECT count(*) FROM transform.order_facts WHERE run_id = 4").ShouldBe(orders);
        warehouse.Count("SELECT CAST(sum(orders) AS bigint) FROM conformed.daily_revenue WHERE run_id = 5")
            .ShouldBe(warehouse.Count("SELECT count(*) FROM dbo.orders WHERE currency = 'EUR' AND status <> 'cancelled'"));
    }

    private string CopyExample(string name)
    {
        string project = _folder[name];
        string source = Path.Combine(Repository.Root, "examples", name);
        foreach (string file in Directory.EnumerateFiles(source, "*", SearchOption.AllDirectories))
        {
            string copy = Path.Combine(project, Path.GetRelativePath(source, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }

        return project;
    }

    private Dictionary<string, string[]> Replay(string project)
    {
        string dump = Path.Combine(project, "dump");
        string output = _folder["replay"];
        Directory.CreateDirectory(output);
        // The replay takes every folder in a dump for a database.
        string later = _folder["later"];
        Directory.Move(Path.Combine(dump, "changes"), later);
        string[] oplogs = [Path.Combine(dump, "oplog.bson"), .. Directory.EnumerateFiles(Path.Combine(later, "oplog")).Order(StringComparer.Ordinal)];
        return IndependentReplay.Run(output, dump, oplogs);
    }

    private static long RowsOf(ProcessOutcome run)
    {
        JsonElement ended = JsonDocument.Parse(run.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries)[^1]).RootElement;
        ended.GetProperty("event").GetString().ShouldBe("run_ended");
        return ended.GetProperty("tasks").EnumerateArray().Sum(t => t.GetProperty("rows").GetInt64());
    }

    private static JsonElement Json(ProcessOutcome outcome) => JsonDocument.Parse(outcome.Output).RootElement;
}
