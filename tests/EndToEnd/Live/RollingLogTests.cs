using Millrace.EndToEndTests.Support;
using Millrace.Testing.Mongo;
using Millrace.Testing.MongoDb;
using Millrace.Testing.MongoDb.Values;

namespace Millrace.EndToEndTests.Live;

/// <summary>
/// A snapshot of many runs under a tight budget, from a server whose log keeps little: where it keeps enough from one run to the next the snapshot
/// finishes; where not, the run says that history is lost and does as it is set.
/// </summary>
public sealed class RollingLogTests
{
    private const int Documents = 25_000;
    private const int KeptEntries = 400;
    private const int RowsOfARun = 4000;

    public static TheoryData<string> Captures => ["change_streams", "oplog"];

    [Theory]
    [MemberData(nameof(Captures))]
    public async Task A_snapshot_finishes_where_the_log_reaches_from_run_to_run(string capture)
    {
        using var folder = new TemporaryFolder();
        using Warehouse warehouse = Warehouses.Create("duckdb", folder);
        await using MongoSimulator server = await StartAsync();
        ReplicationProject project = Project(folder, warehouse, server, capture, "fail");
        int runs = 0;
        for (bool isDone = false; !isDone; runs++)
        {
            ProcessOutcome run = project.Run().ShouldExitWith(0);
            isDone = !run.Output.Contains("run_max_rows", StringComparison.Ordinal);
            Change(server, isDone ? 0 : KeptEntries / 2, runs);
        }

        runs.ShouldBeGreaterThan(Documents / RowsOfARun);
        server.DroppedEntries.ShouldBeGreaterThan(KeptEntries, "the log rolled over more than all that it keeps");
        Compare(folder, project, server);
    }

    [Theory]
    [MemberData(nameof(Captures))]
    public async Task A_log_that_rolled_past_the_task_fails_the_run_until_it_is_told_to_load_anew(string capture)
    {
        using var folder = new TemporaryFolder();
        using Warehouse warehouse = Warehouses.Create("duckdb", folder);
        await using MongoSimulator server = await StartAsync();
        ReplicationProject project = Project(folder, warehouse, server, capture, "fail");
        project.Run().ShouldExitWith(0);
        Plan(project).ShouldExitWith(0);
        Change(server, KeptEntries + 50, 1);

        Plan(project).ShouldExitWith(1).All.ShouldContain("MR1303: MongoDB's oplog does not reach back to where this task is");
        project.Run().ShouldExitWith(1).All.ShouldContain("MR1303");
        project.Run().ShouldExitWith(1).All.ShouldContain("MR1303", customMessage: "it stays so until somebody decides");

        project.MoreOfSource = ", on_history_lost: resnapshot";
        Change(server, KeptEntries + 50, 2);
        project.Write();
        ProcessOutcome plan = Plan(project).ShouldExitWith(0);
        plan.Output.ShouldContain("The next run starts a new snapshot, as on_history_lost says.");
        plan.Output.ShouldMatch(@"all +2 +~2\d,\d{3} ");
        string all = "";
        for (bool isDone = false; !isDone;)
        {
            ProcessOutcome run = project.Run().ShouldExitWith(0);
            all += run.All;
            isDone = !run.Output.Contains("run_max_rows", StringComparison.Ordinal);
            Change(server, isDone ? 0 : 20, 3);
        }

        all.ShouldContain("MR1303", customMessage: "never in silence");
        all.ShouldContain("\"generation\":2");
        Compare(folder, project, server);
    }

    private static ProcessOutcome Plan(ReplicationProject project) => MillraceProcess.Run(project.Folder, project.Environment, "plan", "load");

    private static async Task<MongoSimulator> StartAsync()
    {
        MongoSimulator server = await MongoSimulator.StartAsync(new() { OplogMaxEntries = KeptEntries });
        server.Load("shop.orders", Enumerable.Range(0, Documents).Select(i => new Doc { { "_id", i }, { "n", i }, { "text", "order " + i } }.ToBytes()));
        return server;
    }

    private static ReplicationProject Project(TemporaryFolder folder, Warehouse warehouse, MongoSimulator server, string capture, string onHistoryLost) => new(folder, warehouse)
    {
        SourceYaml = $"{{ type: mongodb, uri: \"{server.Uri}\", database: shop, capture: {capture} }}",
        MoreOfSource = $", on_history_lost: {onHistoryLost}",
        RunMaxRows = RowsOfARun,
        DeleteMode = "hard",
    };

    private static void Change(MongoSimulator server, int changes, int round)
    {
        var random = new Random(round);
        for (int i = 0; i < changes; i++)
        {
            var id = new Doc { { "_id", random.Next(Documents) } };
            if (random.Next(5) == 0)
            {
                server.Delete("shop.orders", id);
            }
            else
            {
                server.Update("shop.orders", id, new Doc { { "$set", new Doc { { "n", (round * 1_000_000) + i } } } }, upsert: true);
            }
        }
    }

    private static void Compare(TemporaryFolder folder, ReplicationProject project, MongoSimulator server)
    {
        DumpWriter.WriteCollection(folder["server"], "shop.orders", Guid.NewGuid(), server.Documents("shop.orders"));
        ComparisonResult result = project.Compare(IndependentReplay.Run(folder["read"], folder["server"], []));
        result.Differences.ShouldBeEmpty();
        result.Rows.ShouldBeGreaterThan(Documents / 2);
    }
}
