using Millrace.Core.Config;
using Millrace.Core.Contracts;

namespace Millrace.UnitTests.Config;

/// <summary>Connectors that only say what they are, and short ways to load a project with them.</summary>
internal static class ProjectSamples
{
    public static ConnectorRegistry Connectors { get; } = new(
        new Described(new("mongodb", "MongoDB", "Documents.", typeof(MongoOptions))
        {
            Methods = [ReplicationMethod.ChangeCapture, ReplicationMethod.Incremental, ReplicationMethod.FullRefresh],
            DefaultKey = ["_id"],
            ChangeKey = ["_id"],
            SourceOptions = typeof(MongoSourceOptions),
        }),
        new Described(new("duckdb", "DuckDB", "Embedded.", typeof(DuckOptions))
        {
            Dispositions = [WriteDisposition.Append, WriteDisposition.Replace, WriteDisposition.Merge],
            Strategies = [MergeStrategy.Upsert, MergeStrategy.DeleteInsert, MergeStrategy.InsertOnly, MergeStrategy.Scd2],
        }),
        new Described(new("lab", "Lab", "A database with procedures.", typeof(object)) { RunsSql = true, HasProcedures = true }),
        new Described(new("sqlonly", "SQL only", "A database without procedures.", typeof(object)) { RunsSql = true }),
        new Described(new("files", "Files", "Files.", typeof(FileOptions))
        {
            Methods = [ReplicationMethod.FullRefresh, ReplicationMethod.Incremental],
            Dispositions = [WriteDisposition.Append],
        }));

    /// <summary>The project of DESIGN's section on the project file, without its T step.</summary>
    public const string Shop = """
        # millrace.yaml
        catalog: { type: sqlite, path: .millrace/catalog.db }
        connections:
          shop:      { type: mongodb, uri: "${SHOP_URI}", database: shop }
          backup:    { type: mongodb, dump: backup/dump }
          warehouse: { type: duckdb, path: warehouse.duckdb }
        defaults:
          limits: { run_max_bytes: 50MB }
        jobs:
          shop:
            schedule: "0 9 * * *"
            tasks:
              - name: orders
                source: { connection: shop, dataset: orders, replication_method: change_capture }
                target: { connection: warehouse, table: raw.orders, write_disposition: merge, primary_key: [_id], delete_mode: soft }
                limits: { run_max_rows: 100000, run_max_duration: 10m }
                columns: [ { from: customer.email, to: email_hash, mask: hmac_sha256 } ]
                checks: [ { not_null: [_id] } ]
              - name: everything_else
                source: { connection: shop, dataset: "*", exclude: [orders, tmp_*] }
                target: { connection: warehouse, table: "raw.{dataset}" }
        """;

    private const string Connections = """
        connections:
          shop:      { type: mongodb, uri: "${SHOP_URI}", database: shop }
          warehouse: { type: duckdb, path: warehouse.duckdb }
          lake:      { type: files, path: lake }

        """;

    public static ProjectLoadResult Load(string yaml) => Load(("millrace.yaml", yaml));

    public static ProjectLoadResult Load(params (string Path, string Text)[] files) =>
        ProjectLoader.Load(files.Select(f => new ProjectFile(f.Path, f.Text)), Connectors);

    /// <summary>Loads one task of a job named j, as <see cref="LoadTask"/>, where variables are set.</summary>
    public static ProjectLoadResult LoadTask(string task, params (string Name, string Value)[] variables) => ProjectLoader.Load(
        [new("millrace.yaml", $"{Connections}jobs:\n  j:\n    tasks:\n      - {task}")],
        Connectors,
        [new("the environment", name => variables.FirstOrDefault(v => v.Name == name).Value)]);

    /// <summary>Loads one task, written as a flow map, of a job named j; connections shop, warehouse and lake are there.</summary>
    public static ProjectLoadResult LoadTask(string task) => Load($"{Connections}jobs: {{ j: {{ tasks: [ {task} ] }} }}");

    public static TaskDefinition Task(string task) => LoadTask(task).Required().Jobs[0].Tasks[0].Move.ShouldNotBeNull();

    internal sealed class MongoOptions
    {
        [Option("uri", "Where it is.", Secret = true)]
        public string? Uri { get; init; }

        [Option("database", "The database.")]
        public string? Database { get; init; }

        [Option("dump", "A mongodump folder.")]
        public string? Dump { get; init; }

        [Option("password", "The password.", Secret = true)]
        public string? Password { get; init; }

        [Option("pool_size", "Connections.", Default = "4", Min = "1", Max = "64")]
        public int PoolSize { get; init; }

        [Option("timeout", "How long to wait.", Default = "30s", Min = "1s")]
        public TimeSpan Timeout { get; init; }
    }

    internal sealed class MongoSourceOptions
    {
        [Option("batch_size", "Documents a batch.", Default = "2000", Min = "1")]
        public int BatchSize { get; init; }
    }

    internal sealed class DuckOptions
    {
        [Option("path", "The file.", Required = true)]
        public string Path { get; init; } = "";

        [Option("memory_limit", "Most memory.", Default = "1GiB", Min = "64MiB")]
        public ByteSize MemoryLimit { get; init; }
    }

    internal sealed class FileOptions
    {
        [Option("path", "The folder.", Required = true)]
        public string Path { get; init; } = "";
    }

    private sealed class Described(ConnectorInfo info) : IConnector
    {
        public ConnectorInfo Info { get; } = info;

        public ValueTask<IReadOnlyList<CheckFinding>> CheckAsync(ConnectionSettings connection, CancellationToken cancellationToken) =>
            ValueTask.FromResult<IReadOnlyList<CheckFinding>>([]);
    }
}
