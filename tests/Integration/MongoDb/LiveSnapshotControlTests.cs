using Millrace.Connectors.MongoDb;
using Millrace.Core.Contracts;
using Millrace.Testing.MongoDb.Faults;

namespace Millrace.IntegrationTests.MongoDb;

/// <summary>Snapshots of a server that breaks connections, answers late, or counts what it gave.</summary>
public sealed class LiveSnapshotControlTests : LiveServerTest
{
    public LiveSnapshotControlTests()
    {
        Method = ReplicationMethod.FullRefresh;
    }

    [Fact]
    public async Task A_range_goes_on_after_the_connection_broke()
    {
        Server.Insert("shop.orders", Enumerable.Range(0, 20_000).Select(i => Order(i, i)));
        Server.Faults.DropAtMessage(2, "getMore");

        LiveRun run = await RunAsync(maxRows: 500);

        run.Rows.Count.ShouldBe(20_000);
        Target().ShouldBe(Source());
    }

    [Fact]
    public async Task Filter_and_fields_are_the_servers_work()
    {
        Server.Insert("shop.orders", Enumerable.Range(0, 100).Select(i => Order(i, i, "x")));
        long before = Server.Counters.DocumentsServed;

        LiveRun run = await RunAsync(s => s with { Filter = """{"n":{"$gte":90}}""", Fields = ["n"] });

        run.Rows.Count.ShouldBe(10);
        run.Rows.ShouldAllBe(r => r.Values.Count == 2);
        (Server.Counters.DocumentsServed - before).ShouldBeLessThan(30);
    }

    [Fact]
    public async Task Whoever_cancels_a_read_that_blocks_is_let_go_within_two_seconds()
    {
        Server.Insert("shop.orders", Enumerable.Range(0, 5000).Select(i => Order(i, i)));
        Server.Faults.Add(new Fault(FaultAction.Delay) { Commands = ["getMore"], Pause = TimeSpan.FromSeconds(15) });
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        await using ISource source = new MongoDbConnector().CreateSource(Settings());
        ReadPlan plan = await source.PlanAsync(new([], 1), TestContext.Current.CancellationToken);

        Task reading = Task.Run(ReadAsync, TestContext.Current.CancellationToken);

        await Should.ThrowAsync<OperationCanceledException>(() => reading.WaitAsync(TimeSpan.FromSeconds(2), TestContext.Current.CancellationToken));

        async Task ReadAsync()
        {
            await foreach (Core.Batches.RecordBatch batch in source.ReadAsync(new(plan.Partitions[0], 500), cancel.Token))
            {
                batch.Dispose();
                await cancel.CancelAsync();
            }
        }
    }
}
