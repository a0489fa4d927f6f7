using Millrace.Connectors.DuckDb;
using Millrace.Connectors.DuckDb.Native;
using Millrace.Connectors.MongoDb;
using Millrace.Core.Config;
using Millrace.Core.Contracts;
using Millrace.Core.Engine;

namespace Millrace.IntegrationTests.MongoDb;

/// <summary><c>run_max_duration</c> over a dump and its log into DuckDB, with a clock that goes on whenever it is looked at.</summary>
public sealed class DurationTests : IDisposable
{
    private const int Documents = 1500;
    private const int Changes = 600;

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("millrace-duration-");
    private readonly SteppingTime _time = new();

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task A_run_ends_when_its_time_is_over_and_the_next_one_goes_on()
    {
        string dump = Path.Combine(_folder.FullName, "dump");
        DumpWriter.Collection(dump, "shop", "orders", Enumerable.Range(0, Documents).Select(i => $"{{\"_id\":{i},\"n\":0}}"));
        DumpWriter.Oplog(Path.Combine(dump, "oplog.bson"), Enumerable.Range(0, Changes).Select(i =>
            DumpWriter.Entry((uint)(100 + i), "u", "shop.orders", $"{{\"$v\":2,\"diff\":{{\"u\":{{\"n\":{i + 1}}}}}}}", $"{{\"_id\":{i % 100}}}")));

        List<TaskOutcome> outcomes = [];
        do
        {
            outcomes.Add(await RunAsync(dump, outcomes.Count + 1));
            outcomes.Count.ShouldBeLessThan(100);
        }
        while (outcomes[^1].LimitReached is not null);

        outcomes.Count.ShouldBeGreaterThan(3);
        outcomes.SkipLast(1).ShouldAllBe(o => o.LimitReached == "run_max_duration" && o.Rows > 0);
        outcomes.Sum(o => o.Rows).ShouldBe(Documents + Changes);
        using DuckDbDatabase database = DuckDbDatabase.TryOpen(Path.Combine(_folder.FullName, "w.duckdb"), [], out _).ShouldNotBeNull();
        using DuckDbConnection connection = database.Connect();
        using DuckDbResult result = connection.Query("SELECT count(*)::BIGINT, sum(n)::BIGINT FROM orders", TestContext.Current.CancellationToken);
        result.Read().ShouldBeTrue();
        result.GetInt64(0).ShouldBe(Documents);
        result.GetInt64(1).ShouldBe(Enumerable.Range(Changes - 100, 100).Sum(i => i + 1));
    }

    private async Task<TaskOutcome> RunAsync(string dump, int run)
    {
        var task = new TaskDefinition(
            "load/orders",
            "load",
            "orders",
            new("backup", new(["orders"], []), ReplicationMethod.ChangeCapture),
            new("warehouse", "orders", WriteDisposition.Merge))
        {
            Limits = new(null, null, TimeSpan.FromSeconds(5)),
        };
        var context = new RunContext(
            run,
            new("backup", new MongoDbOptions { Dump = dump, Database = "shop" }, _folder.FullName),
            new("warehouse", new DuckDbOptions { Path = "w.duckdb" }, _folder.FullName),
            Path.Combine(_folder.FullName, "state"))
        {
            Time = _time,
        };
        return await new TaskEngine(task, new MongoDbConnector(), new DuckDbConnector(), context).RunAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>A second passes from one look to the next.</summary>
    private sealed class SteppingTime : TimeProvider
    {
        private long _looks;

        public override long TimestampFrequency => 1;

        public override long GetTimestamp() => Interlocked.Increment(ref _looks);

        public override DateTimeOffset GetUtcNow() => new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    }
}
