using System.Text;

namespace Millrace.EndToEndTests.Support;

/// <summary>A project that replicates a dump and its chain of oplog files, and what is checked of it.</summary>
/// <param name="folder">The project's folder.</param>
/// <param name="warehouse">The destination.</param>
internal sealed class ReplicationProject(TemporaryFolder folder, Warehouse warehouse)
{
    /// <summary>The schema of its target tables.</summary>
    public const string Schema = "raw";

    /// <summary>The database whose collections are replicated.</summary>
    public const string Database = "shop";

    /// <summary>Rows of a commit, or null for the default.</summary>
    public int? CommitEveryRows { get; set; }

    /// <summary>The budget of a run, or null for none.</summary>
    public int? RunMaxRows { get; set; }

    /// <summary>The budget of a run, or null for none.</summary>
    public string? RunMaxBytes { get; set; }

    /// <summary>What deletes do.</summary>
    public string DeleteMode { get; set; } = "soft";

    /// <summary>What drops do.</summary>
    public string OnDrop { get; set; } = "delete";

    /// <summary>Further settings of the target, each after a comma.</summary>
    public string MoreOfTarget { get; set; } = "";

    /// <summary>Further settings of the source, each after a comma.</summary>
    public string MoreOfSource { get; set; } = "";

    /// <summary>Further lines of the task.</summary>
    public string MoreOfTask { get; set; } = "";

    /// <summary>The dump, from the project's folder; null where there are only oplog files.</summary>
    public string Dump { get; set; } = "dump";

    /// <summary>The source's connection where it is not the dump's, its further lines indented by four.</summary>
    public string? SourceYaml { get; set; }

    private string FilesYaml => $"""
        type: mongodb
            dump: {Dump}
            oplog: ["oplog/*.bson", "oplog/*.bson.gz"]
            database: {Database}
        """;

    /// <summary>The collections that are replicated.</summary>
    public string Dataset { get; set; } = "\"*\"";

    /// <summary>The folder.</summary>
    public string Folder => folder.Path;

    /// <summary>The environment that runs need.</summary>
    public Dictionary<string, string> Environment { get; } = new(warehouse.Environment);

    /// <summary>The destination's connection, where it is to differ from the warehouse's own.</summary>
    public string? ConnectionYaml { get; set; }

    /// <summary>Writes the project file with the settings as they are now.</summary>
    public void Write()
    {
        var limits = new List<string>();
        if (RunMaxRows is { } rows)
        {
            limits.Add($"run_max_rows: {rows}");
        }

        if (RunMaxBytes is { } bytes)
        {
            limits.Add($"run_max_bytes: {bytes}");
        }

        var text = new StringBuilder($$"""
            connections:
              backup:
                {{SourceYaml ?? FilesYaml}}
              warehouse:
                {{ConnectionYaml ?? warehouse.ConnectionYaml}}
            jobs:
              load:
                tasks:
                  - name: all
                    source: { connection: backup, dataset: {{Dataset}}, replication_method: change_capture, on_drop: {{OnDrop}}{{MoreOfSource}} }
                    target: { connection: warehouse, table: "{{Schema}}.{dataset}", delete_mode: {{DeleteMode}}{{MoreOfTarget}} }

            """);
        string indent = new(' ', 8);
        if (limits.Count > 0)
        {
            text.Append($"{indent}limits: {{ {string.Join(", ", limits)} }}\n");
        }

        if (CommitEveryRows is { } every)
        {
            text.Append($"{indent}commit_every: {{ rows: {every} }}\n");
        }

        text.Append(MoreOfTask);
        File.WriteAllText(folder["millrace.yaml"], text.ToString());
    }

    /// <summary>Starts a run with the settings as they are now.</summary>
    public MillraceProcess Start(params string[] under)
    {
        Write();
        return MillraceProcess.Start(Folder, Environment, under, ["run", "load", "--json"]);
    }

    /// <summary>Runs once, to the end or to the budget.</summary>
    public ProcessOutcome Run()
    {
        using MillraceProcess process = Start();
        return process.WaitForEnd();
    }

    /// <summary>Compares every table with what the replayed chain holds.</summary>
    /// <param name="expected">Documents by namespace.</param>
    public ComparisonResult Compare(Dictionary<string, string[]> expected)
    {
        IReadOnlyList<string> tables = warehouse.Tables(Schema);
        var results = new List<ComparisonResult>();
        foreach ((string ns, string[] documents) in expected.Where(c => c.Key.StartsWith(Database + ".", StringComparison.Ordinal)))
        {
            string table = TableOf(ns);
            results.Add(tables.Contains(table)
                ? TableComparison.Compare(warehouse, Schema, table, documents)
                : new(0, 0, documents.Length == 0 ? [] : [$"there is no table for {ns}, which has {documents.Length} documents"]));
        }

        // What was dropped or renamed away leaves no live row behind.
        foreach (string table in tables.Except(expected.Keys.Select(TableOf)))
        {
            results.Add(TableComparison.Compare(warehouse, Schema, table, []));
        }

        return ComparisonResult.Sum(results);
    }

    /// <summary>Why rows are in quarantine, each reason once.</summary>
    public IReadOnlyList<string> Quarantined() =>
        [.. warehouse.Query($"SELECT DISTINCT table_name || ': ' || code || ' ' || reason AS why FROM {warehouse.DefaultSchema}._millrace_quarantine").Select(r => r["why"].Text)];

    /// <summary>The table of a collection.</summary>
    public static string TableOf(string ns) => ns[(ns.IndexOf('.', StringComparison.Ordinal) + 1)..].Replace('.', '_');
}
