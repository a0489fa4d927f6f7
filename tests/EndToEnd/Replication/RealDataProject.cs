using Millrace.EndToEndTests.Support;

namespace Millrace.EndToEndTests.Replication;

/// <summary>A project over dumps of several databases: a dataset is <c>database.collection</c>.</summary>
internal sealed class RealDataProject(TemporaryFolder folder, Warehouse warehouse, string dump, string[] oplogs)
{
    // MongoDB's own databases are replicated only where they are named.
    private static readonly string[] Hidden = ["admin.", "config.", "local."];

    public ProcessOutcome Run()
    {
        File.WriteAllText(folder["millrace.yaml"], $$"""
            connections:
              backup: { type: mongodb, dump: "{{dump}}", oplog: [{{string.Join(", ", oplogs.Select(o => $"\"{o}\""))}}] }
              warehouse:
                {{warehouse.ConnectionYaml}}
            jobs:
              load:
                tasks:
                  - name: all
                    source: { connection: backup, dataset: "*", on_drop: delete }
                    target: { connection: warehouse, table: "raw.{dataset}" }
            """);
        return MillraceProcess.Run(folder.Path, warehouse.Environment, "run", "load", "--json");
    }

    public ComparisonResult Compare(Dictionary<string, string[]> expected) => ComparisonResult.Sum(expected
        .Where(c => c.Value.Length > 0 && !Hidden.Any(h => c.Key.StartsWith(h, StringComparison.Ordinal)))
        .Select(c => TableComparison.Compare(warehouse, "raw", c.Key.Replace('.', '_'), c.Value)));
}
