using System.Text.Json;
using Millrace.EndToEndTests.Support;

namespace Millrace.EndToEndTests.Lineage;

/// <summary>The example stage-to-production with its one connection changed, run in this process.</summary>
internal sealed class ExampleHouse : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly CommandLineShell _shell;

    public ExampleHouse(string warehouse)
    {
        Warehouse = Warehouses.Create(warehouse, _folder);
        _shell = new(_folder);
        string source = Path.Combine(Repository.Root, "examples", "stage-to-production");
        foreach (string file in Directory.EnumerateFiles(source, "*", SearchOption.AllDirectories))
        {
            string copy = Path.Combine(_folder.Path, Path.GetRelativePath(source, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }

        Edit(text => text.Replace("  warehouse: { type: duckdb, path: warehouse.duckdb }", $"  warehouse:\n    {Warehouse.ConnectionYaml}", StringComparison.Ordinal)
            .Replace("dump: dump, oplog: \"dump/", $"dump: {Dump}, oplog: \"{Dump}/", StringComparison.Ordinal));
        File.WriteAllText(Path.Combine(_folder.Path, ".env"), string.Concat(Warehouse.Environment.Select(v => $"{v.Key}={v.Value}\n")));
    }

    public Warehouse Warehouse { get; }

    public string Dump => Path.Combine(_folder.Path, "dump");

    /// <summary>Changes the project's file.</summary>
    public void Edit(Func<string, string> change)
    {
        string file = Path.Combine(_folder.Path, "millrace.yaml");
        string before = File.ReadAllText(file);
        string after = change(before);
        after.ShouldNotBe(before);
        File.WriteAllText(file, after);
    }

    /// <summary>Runs a line that must go well.</summary>
    public async Task<string> RunAsync(string line, int exit = 0) => (await _shell.RunAsync(line)).ShouldExitWith(exit).Output;

    /// <summary>Runs a line and gives all of what it ended with.</summary>
    public Task<ProcessOutcome> TryAsync(string line) => _shell.RunAsync(line);

    /// <summary>Runs a line with --json.</summary>
    public async Task<JsonElement> JsonAsync(string line, int exit = 0) => JsonDocument.Parse(await RunAsync(line + " --json", exit)).RootElement;

    public void Dispose()
    {
        Warehouse.Dispose();
        _folder.Dispose();
    }
}
