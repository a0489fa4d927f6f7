using Millrace.EndToEndTests.Support;

namespace Millrace.EndToEndTests.SqlSteps;

/// <summary>A project of a sample shop with the three steps.</summary>
internal sealed class House : IDisposable
{
    private const string Connect = "connections:\n  backup: { type: mongodb, dump: dump, database: shop }\n  warehouse:\n    ";
    private readonly TemporaryFolder _folder = new();

    private House(string warehouse)
    {
        Warehouse = Warehouses.Create(warehouse, _folder);
        Shell = new(_folder);
    }

    public Warehouse Warehouse { get; }

    public CommandLineShell Shell { get; }

    public string Folder => _folder.Path;

    public static async Task<House> CreateAsync(string warehouse)
    {
        var house = new House(warehouse);
        house.Write("sql/conform.sql", SqlStepTests.Conform);
        house.Write(".env", string.Concat(house.Warehouse.Environment.Select(v => $"{v.Key}={v.Value}\n")));
        house.WriteProject();
        (await house.Shell.RunAsync($"sample shop --out {Path.Combine(house.Folder, "dump")} --orders 200")).ShouldExitWith(0);
        return house;
    }

    /// <summary>Writes the project's file.</summary>
    /// <param name="conform">More settings of the task conform.</param>
    /// <param name="more">More settings of its run.</param>
    /// <param name="production">What the task to_production runs.</param>
    /// <param name="job">More settings of the job, a line each.</param>
    public void WriteProject(string conform = "", string more = "", string production = "sql: \"CREATE SCHEMA IF NOT EXISTS prod; DROP TABLE IF EXISTS prod.orders; CREATE TABLE prod.orders AS SELECT * FROM conformed.orders\"", string job = "") => Write(
        "millrace.yaml",
        $$"""
        {{Connect}}{{Warehouse.ConnectionYaml}}
        jobs:
          shop:
            {{job}}
            tasks:
              - { name: orders, source: { connection: backup, dataset: orders }, target: { connection: warehouse, table: raw.orders } }
              - name: conform
                step: T
                {{conform.TrimEnd(',')}}
                run: { connection: warehouse, script: sql/conform.sql, parameters: { region: "o'hara; --" }, watermark: { query: "SELECT max(_millrace_loaded_at) FROM raw.orders", initial: "2020-01-01" }{{more}} }
              - name: to_production
                step: L
                run: { connection: warehouse, {{production}} }
        """);

    public void Write(string name, string text)
    {
        string path = Path.Combine(Folder, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
    }

    /// <summary>Runs a verb with --json and reads how it ended.</summary>
    public async Task<RunResult> RunAsync(string line) => RunResult.Read((await Shell.RunAsync(line)).Output);

    public void Dispose()
    {
        Warehouse.Dispose();
        _folder.Dispose();
    }
}
