using System.Globalization;
using Millrace.Catalog;
using Millrace.Catalog.Connections;
using Millrace.Catalog.Jobs;
using Millrace.Catalog.Leases;
using Millrace.Catalog.Logs;
using Millrace.Catalog.Runs;

namespace Millrace.IntegrationTests.Catalog;

/// <summary>Rows of each version of the schema (<c>Upgrades/NNNN.sql</c>), and what a catalog says of them once it is up to date.</summary>
internal static class UpgradeFiles
{
    private static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "Catalog", "Upgrades");

    private const string Orders =
        """
        {"job":"load","name":"orders","step":"E","order":0,"enabled":true,"owner":"ann","source":{"connection":"shop","dataset":["orders","o*"],"replication_method":"change_capture","on_drop":"ignore","on_history_lost":"fail","exclude":["old"],"max_time":null},"target":{"connection":"lake","table":"raw.{dataset}","write_disposition":"merge","merge_strategy":"upsert","delete_mode":"soft","on_target_vanished":"fail"},"limits":{"run_max_bytes":50000000,"run_max_duration":"1h"},"commit_every":{"bytes":1000000000,"seconds":120},"schema_contract":{"tables":"evolve","columns":"evolve","types":"evolve"},"nested":"json","max_columns":500,"max_quarantine":1000,"max_bytes_in_flight":67108864,"columns":[{"from":"customer.email","to":"email","mask":"hmac_sha256","mask_key":"${MASK_KEY}"},{"from":"secret","drop":true},{"to":"currency","constant":"EUR"}],"checks":[{"not_null":["_id"]}],"prices":{"per_gb":0.50,"per_run":null,"per_hour":null,"currency":"USD"}}
        """;

    private const string Conform =
        """
        {"job":"load","name":"conform","step":"T","order":1,"enabled":false,"run_order":3,"depends_on":["orders"],"run":{"connection":"lake","script":"sql/conform.sql","sql":"SELECT '1';\nSELECT 2","parameters":{"region":"north","days":30,"since":"2020-01-01","ratio":1.10,"all":true,"none":null},"timeout":"30m"}}
        """;

    public static readonly CatalogConnection[] Connections =
    [
        new("lake", "sqlserver", """{"type":"sqlserver"}"""),
        new("shop", "mongodb", """{"type":"mongodb","a":"2","b":1,"hosts":["x","y"],"tls":{"ca":"file:ca.pem","on":true},"uri":"${URI}"}"""),
    ];

    public static readonly CatalogJob[] Jobs =
    [
        new("after", false, """{"enabled":false,"parallelism":1}"""),
        new("load", true, """{"enabled":true,"parallelism":2,"description":"what it is for","owner":"ann","schedule":"0 9 * * *","on_success":["after"]}"""),
    ];

    public static readonly CatalogTask[] Tasks =
    [
        new("load/orders", "load", "orders", "E", 0, true, Orders),
        new("load/conform", "load", "conform", "T", 1, false, Conform),
        new("load/publish", "load", "publish", "L", 2, true, """{"job":"load","name":"publish","step":"L","order":2,"enabled":true,"run":{"connection":"lake","procedure":"dbo.publish"}}"""),
    ];

    public static IEnumerable<int> Versions => Directory.EnumerateFiles(Folder, "*.sql")
        .Select(f => int.Parse(Path.GetFileNameWithoutExtension(f), CultureInfo.InvariantCulture)).Order();

    public static string Read(int version) => File.ReadAllText(Path.Combine(Folder, $"{version:0000}.sql"));

    /// <summary>Every version's rows tell this.</summary>
    public static async Task ShouldBeThereAsync(CatalogPlace place)
    {
        CancellationToken ct = TestContext.Current.CancellationToken;
        await using ICatalog catalog = await place.OpenAsync();
        Definitions definitions = await catalog.Definitions.ReadAsync(ct);
        definitions.Version.ShouldBe(2);
        definitions.Connections.ShouldBe(Connections);
        definitions.Jobs.ShouldBe(Jobs);
        definitions.Tasks.ShouldBe(Tasks);
        (await place.TextsAsync("SELECT name FROM metadata.tasks WHERE removed_version = 2")).ShouldBe(["gone"]);
        (await place.TextsAsync("SELECT name FROM metadata.data_sources WHERE removed_version = 2")).ShouldBe(["attic"]);
        (await place.TextsAsync("SELECT v.\"text\" FROM metadata.script_versions v ORDER BY v.version")).ShouldBe(["SELECT 0", "SELECT '1';\nSELECT 2"]);
        (await place.CountAsync("SELECT count(*) FROM metadata.tasks WHERE task_key = 'load/orders' AND added_version = 1 AND changed_version = 2")).ShouldBe(1);
        (await catalog.Definitions.VersionsAsync(1, ct)).Single()
            .ShouldBe(new DefinitionVersion(2, new(2026, 11, 21, 9, 0, 0, 123, TimeSpan.Zero), "bob", 1));

        IReadOnlyList<RunRecord> runs = await catalog.Runs.ListAsync(new(10), ct);
        runs.Select(r => (r.RunId, r.Status, r.Rows, r.ErrorCode)).ShouldBe([(2, RunStatus.Failed, 0, "MR1305"), (1, RunStatus.Succeeded, 7, null)]);
        runs[1].EndedAt.ShouldBe(new(2026, 11, 21, 9, 0, 1, 2, TimeSpan.Zero));
        TaskRunRecord task = (await catalog.Runs.TasksOfAsync(1, ct)).Single();
        (task.Counts.Bytes, task.Tables.Single(), task.NewColumns.Single()).ShouldBe((700, ("raw.orders", 6, 1), "raw.orders.a int64"));
        LogEntry line = (await catalog.Logs.ReadAsync(1, 10, ct)).Single();
        (line.TaskName, line.Line.Rows, line.Line.Context).ShouldBe(("orders", 7, """{"a":1}"""));
        (await catalog.Checkpoints.ReadAsync("load/orders", ct)).Single().Checkpoint.Position.Text.ShouldBe("mongodb.oplog/1");
        Lease lease = (await catalog.Leases.FindAsync("task/load/orders", ct)).ShouldNotBeNull();
        (lease.Token, lease.IsReleased, lease.Holder.Pid).ShouldBe((3, true, 2));
        (await catalog.Runs.StartAsync(new("load", "manual", "ann", "h", 3), ct)).ShouldBe(3);
    }
}
