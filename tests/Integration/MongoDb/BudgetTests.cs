using Millrace.Connectors.MongoDb;
using Millrace.Core.Contracts;

namespace Millrace.IntegrationTests.MongoDb;

/// <summary>A run reads no more than its budget, runs that follow each other miss and repeat nothing, and only one indivisible unit may exceed it.</summary>
public sealed class BudgetTests : IDisposable
{
    private const string Session = ",\"lsid\":{\"id\":\"s\"},\"txnNumber\":5";

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("millrace-budget-");

    private string DumpPath => Path.Combine(_folder.FullName, "dump");

    public void Dispose() => _folder.Delete(recursive: true);

    [Theory]
    [InlineData(1, null)]
    [InlineData(7, null)]
    [InlineData(null, 1)]
    [InlineData(null, 500)]
    public async Task Bounded_runs_of_a_snapshot_and_its_log_give_what_one_run_gives(int? maxRows, int? maxBytes)
    {
        WriteDump();
        SourceRunner whole = await Run("whole", new(StringComparer.Ordinal), ReadBudget.Unlimited);
        List<string> rows = [];
        var committed = new Dictionary<string, Position>(StringComparer.Ordinal);
        ReadBudget budget;
        int runs = 0;
        do
        {
            budget = new(maxRows, maxBytes, null, TimeProvider.System);
            SourceRunner run = await Run("bounded", committed, budget);
            run.Error.ShouldBeNull();
            run.Rows.Count.ShouldBeLessThanOrEqualTo(Math.Max(maxRows ?? int.MaxValue, 1));
            (maxBytes is null || run.Bytes <= maxBytes || run.Rows.Count <= 1).ShouldBeTrue();
            rows.AddRange(run.Rows.Select(r => r.Text));
            (++runs).ShouldBeLessThan(200);
        }
        while (budget.Reached is not null);

        whole.Rows.Count.ShouldBe(80);
        runs.ShouldBeGreaterThan(3);
        rows.ShouldBe(whole.Rows.Select(r => r.Text));
    }

    [Fact]
    public async Task A_transaction_is_one_unit_with_the_entries_that_waited_for_it()
    {
        DumpWriter.Collection(DumpPath, "shop", "orders", []);
        DumpWriter.Oplog(Path.Combine(DumpPath, "oplog.bson"),
        [
            DumpWriter.Entry(100, "i", "shop.orders", """{"_id":1}"""),
            DumpWriter.Entry(101, "c", "admin.$cmd", Operations(2, 3, "\"partialTxn\":true"), more: Session),
            DumpWriter.Entry(102, "c", "admin.$cmd", Operations(4, 5, "\"count\":4"), more: Session),
            DumpWriter.Entry(103, "i", "shop.orders", """{"_id":6}"""),
        ]);
        var committed = new Dictionary<string, Position>(StringComparer.Ordinal);
        List<string> perRun = [];
        for (int run = 0; run < 3; run++)
        {
            SourceRunner runner = await Run("state", committed, new(3, null, null, TimeProvider.System));
            runner.Error.ShouldBeNull();
            perRun.Add(string.Join(" ", runner.Rows.Select(r => r.Values["_id"])));
        }

        perRun.ShouldBe(["1", "2 3 4 5", "6"]);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(9)]
    public async Task Bounded_incremental_reads_take_every_document_once(int maxRows)
    {
        DumpWriter.Collection(DumpPath, "shop", "orders", Enumerable.Range(0, 40).Select(i => $"{{\"_id\":{i},\"at\":{i * 7 % 13}}}"));
        var committed = new Dictionary<string, Position>(StringComparer.Ordinal);
        List<string> ids = [];
        ReadBudget budget;
        do
        {
            budget = new(maxRows, null, null, TimeProvider.System);
            SourceRunner run = await Run("state", committed, budget, ReplicationMethod.Incremental, s => s with { CursorField = "at" });
            run.Error.ShouldBeNull();
            run.Rows.Count.ShouldBeLessThanOrEqualTo(maxRows);
            ids.AddRange(run.Rows.Select(r => r.Values["_id"]));
        }
        while (budget.Reached is not null);

        ids.ShouldBe(Enumerable.Range(0, 40).Select(i => i.ToString(System.Globalization.CultureInfo.InvariantCulture)));
    }

    private static string Operations(int first, int second, string more) =>
        $"{{\"applyOps\":[{{\"op\":\"i\",\"ns\":\"shop.orders\",\"o\":{{\"_id\":{first}}}}},{{\"op\":\"i\",\"ns\":\"shop.orders\",\"o\":{{\"_id\":{second}}}}}],{more}}}";

    private void WriteDump()
    {
        DumpWriter.Collection(DumpPath, "shop", "orders", Enumerable.Range(0, 30).Select(i => $"{{\"_id\":{i},\"n\":0}}"));
        DumpWriter.Oplog(Path.Combine(DumpPath, "oplog.bson"), Enumerable.Range(0, 50).Select(i =>
            i % 3 == 0
                ? DumpWriter.Entry((uint)(100 + i), "u", "shop.orders", $"{{\"$v\":2,\"diff\":{{\"u\":{{\"n\":{i}}}}}}}", $"{{\"_id\":{i % 30}}}")
                : DumpWriter.Entry((uint)(100 + i), "i", "shop.orders", $"{{\"_id\":{100 + i}}}")));
    }

    private Task<SourceRunner> Run(
        string state,
        Dictionary<string, Position> committed,
        ReadBudget budget,
        ReplicationMethod method = ReplicationMethod.ChangeCapture,
        Func<SourceSettings, SourceSettings>? configure = null)
    {
        var runner = new SourceRunner { Committed = committed, Budget = budget, Configure = configure ?? (s => s) };
        return runner.RunAsync(SourceRunner.Settings(
            new MongoDbOptions { Dump = DumpPath }, method, Path.Combine(_folder.FullName, state), "shop.orders"));
    }
}
