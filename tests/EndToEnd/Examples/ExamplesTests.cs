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
            .ShouldBe(["mongodb-to-duckdb", "mongodb-to-postgresql"]);

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

    private string CopyExample(string name)
    {
        string project = _folder[name];
        Directory.CreateDirectory(project);
        foreach (string file in Directory.EnumerateFiles(Path.Combine(Repository.Root, "examples", name)))
        {
            File.Copy(file, Path.Combine(project, Path.GetFileName(file)));
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
