using System.Text;
using Millrace.Core.Config;
using Millrace.Core.Contracts;
using Millrace.Connectors.DuckDb;
using Millrace.Connectors.MongoDb;
using Millrace.Connectors.PostgreSql;

namespace Millrace.IntegrationTests.Catalog;

/// <summary>Valid projects with any of their settings, from a seed.</summary>
internal sealed class RandomProjects(int seed)
{
    // Texts that YAML, SQL, JSON or variables would make something else of.
    private static readonly string[] Texts =
    [
        "plain", "two words", "a: b", "# no comment", "it's", "say \\\"so\\\"", @"back\\slash", @"tab\there", @"two\nlines", " around ", "true", "null", "~", "007", "1.10", "1e3",
        "2020-01-01", "- item", "[a]", "{a}", "*", "&a", "%", "@", "zürich", "日本", "$${LITERAL}", "a$b", @"a\u2028b", "!tag", "yes", "-", "?", "|", ">",
    ];

    private readonly Random _random = new(seed);
    private readonly Dictionary<string, string> _scripts = new(StringComparer.Ordinal);

    public static ConnectorRegistry Connectors { get; } = new(new MongoDbConnector(), new DuckDbConnector(), new PostgreSqlConnector());

    /// <summary>Loads a project file as the command line does; the variable <c>SET</c> has a value.</summary>
    public static ProjectLoadResult Load(string yaml, IReadOnlyDictionary<string, string> scripts) => ProjectLoader.Load(
        [new(ProjectLoader.MainFile, yaml)],
        Connectors,
        [new("the environment", name => name == "SET" ? "from ${elsewhere}" : null)],
        scripts.GetValueOrDefault);

    /// <summary>A project file and its scripts.</summary>
    public (string Yaml, IReadOnlyDictionary<string, string> Scripts) Next()
    {
        _scripts.Clear();
        var yaml = new StringBuilder("project: round-trip\nconnections:\n  shop: { type: mongodb, uri: \"${SHOP}\", database: \"shop\" }\n");
        yaml.Append(Maybe("  old_shop: { type: mongodb, dump: 'dump', oplog: [a.bson, 'b c.bson'], database: 007, data_source: old }\n"));
        yaml.Append("  lake: { type: duckdb, path: lake.duckdb }\n  pg: { type: postgresql, connection_string: \"${PG}\" }\n");
        yaml.Append(Maybe($"defaults:\n  limits: {{ run_max_rows: {_random.Next(1, 1000)} }}\n  max_columns: 77\n"));
        yaml.Append("jobs:\n");
        int jobs = _random.Next(1, 4);
        for (int job = 0; job < jobs; job++)
        {
            AddJob(yaml, job, isLast: job == jobs - 1);
        }

        return (yaml.ToString(), new Dictionary<string, string>(_scripts));
    }

    private void AddJob(StringBuilder yaml, int job, bool isLast)
    {
        yaml.Append($"  job{job}:\n");
        yaml.Append(Maybe($"    description: {Text()}\n")).Append(Maybe($"    owner: {Text()}\n")).Append(Maybe("    schedule: \"0 9 * * *\"\n"));
        yaml.Append(Maybe("    sla: 2h30m\n")).Append(Maybe("    enabled: false\n")).Append(Maybe("    parallelism: 4\n"));
        yaml.Append(isLast ? "" : Maybe($"    on_success: [job{job + 1}]\n")).Append("    tasks:\n");
        int moves = _random.Next(0, 3);
        for (int task = 0; task < moves; task++)
        {
            AddMove(yaml, job, task);
        }

        int steps = _random.Next(moves == 0 ? 1 : 0, 4);
        for (int task = 0; task < steps; task++)
        {
            AddStep(yaml, job, task, moves);
        }
    }

    private void AddMove(StringBuilder yaml, int job, int task)
    {
        yaml.Append($"      - name: move{task}\n").Append(Common(job, task));
        string source = One(
            "replication_method: change_capture", "replication_method: full_refresh", "cursor_field: updated_at", "on_drop: delete", "on_history_lost: resnapshot");
        bool isFull = source.Contains("full_refresh", StringComparison.Ordinal);
        string target = isFull ? One("write_disposition: replace", "write_disposition: append", "merge_strategy: upsert") : One("delete_mode: hard", "merge_strategy: delete_insert", "primary_key: [_id]");
        yaml.Append($"        source: {{ connection: shop, dataset: {One("d", "[a, b]", "\"*\"")}, {source}{Maybe(", filter: { status: paid, n: 5 }")}{Maybe(", fields: [a, b.c]")} }}\n");
        yaml.Append($"        target: {{ connection: {One("lake", "pg")}, table: \"raw{job}_{task}.{{dataset}}\", {target} }}\n");
        yaml.Append(Maybe("        limits: { run_max_bytes: 50MB, run_max_duration: 90s }\n")).Append(Maybe("        commit_every: { rows: 10, seconds: 30 }\n"));
        yaml.Append(Maybe("        schema_contract: freeze\n")).Append(Maybe("        nested: { mode: flatten, separator: _ }\n"));
        yaml.Append(Maybe("        max_quarantine: 0\n")).Append(Maybe("        prices: { per_gb: 0.50 }\n"));
        yaml.Append(Maybe($"        columns: [ {{ from: a.b, to: c, mask: hmac_sha256, mask_key: \"${{KEY}}\" }}, {{ from: x, drop: true }}, {{ to: k, constant: {Text()} }}, {{ from: n, cast: \"decimal(18,2)\" }} ]\n"));
        yaml.Append(Maybe("        checks: [ { not_null: [_id], unique: [_id] }, { row_count: { min: 1 } }, { accepted_values: { column: s, values: [a, \"1\"] } }, { sql: \"total >= 0\" } ]\n"));
    }

    private void AddStep(StringBuilder yaml, int job, int task, int moves)
    {
        yaml.Append($"      - name: step{task}\n        step: {One("T", "L")}\n").Append(Common(job, 10 + task)).Append(moves > 0 ? Maybe("        depends_on: [move0]\n") : "");
        string what = One("sql", "script", "procedure");
        string said = what switch
        {
            "sql" => $"connection: lake, sql: {Text()}",
            "procedure" => "connection: pg, procedure: 's.\"odd name\"'",
            _ => $"connection: lake, script: {Script(task)}",
        };
        string parameters = Maybe($", parameters: {{ a: {Text()}, b: 30, c: 1.10, d: 2020-01-01, e: \"2020-01-01\", f: true, g: null, h: \"${{SECRET}}\", i: \"5\", j: {Text()} }}");
        string more = Maybe(", timeout: 30m") + Maybe(", watermark: { query: \"SELECT max(at) FROM t\", initial: 2020-01-01, lookback: 1d }") + One("", ", retries: 3", ", transaction: false");
        yaml.Append(Maybe("        lineage: [ { from: [raw.a], to: c.b, columns: { x: [raw.a.y], z: [] } } ]\n"));
        yaml.Append($"        run: {{ {said}{parameters}{more} }}\n");
    }

    private string Script(int task)
    {
        string path = One("sql/shared.sql", $"sql/step {task}.sql");
        _scripts.TryAdd(path, One("SELECT 1", "SELECT 1;\nSELECT '${no variable}'\n", "-- zürich\r\n\tSELECT 2;\n\n", "  leading"));
        return $"\"{path}\"";
    }

    private string Common(int job, int task) =>
        Maybe($"        id: stable/{job}.{task}\n") + Maybe($"        description: {Text()}\n") + Maybe($"        owner: {Text()}\n") + Maybe("        enabled: false\n")
        + Maybe($"        order: {task}\n");

    private string Text() => $"\"{One(Texts)}{Maybe(" ${SET}")}\"";

    private string Maybe(string text) => _random.Next(3) == 0 ? text : "";

    private string One(params ReadOnlySpan<string> of) => of[_random.Next(of.Length)];
}
