using System.Globalization;
using Millrace.Catalog;
using Millrace.Catalog.Jobs;
using Millrace.Catalog.Leases;
using Millrace.Catalog.Logs;
using Millrace.Catalog.Runs;

namespace Millrace.IntegrationTests.Catalog;

/// <summary>Rows of each version of the schema (<c>Upgrades/NNNN.sql</c>), and what a catalog says of them once it is up to date.</summary>
internal static class UpgradeFiles
{
    private static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "Catalog", "Upgrades");

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
        definitions.Connections.Single().Definition.ShouldBe("""{"type":"mongodb","uri":"${URI}","b":1,"a":2}""");
        definitions.Tasks.ShouldBe([new CatalogTask("load/orders", "load", "orders", "E", 0, true, """{"name":"orders"}""")]);
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
