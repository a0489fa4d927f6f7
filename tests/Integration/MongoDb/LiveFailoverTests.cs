using Millrace.Connectors.MongoDb;
using Millrace.Testing.MongoDb.Faults;
using Millrace.Testing.MongoDb.Values;

namespace Millrace.IntegrationTests.MongoDb;

/// <summary>A server that fails over, is slow, or answers in pieces while it is read.</summary>
public sealed class LiveFailoverTests : LiveServerTest
{
    [Theory]
    [InlineData(MongoDbCapture.ChangeStreams)]
    [InlineData(MongoDbCapture.Oplog)]
    public async Task A_failover_in_the_middle_is_gone_over(MongoDbCapture capture)
    {
        Capture = capture;
        Server.Insert("shop.orders", Enumerable.Range(0, 20_000).Select(i => Order(i, i)));
        Server.Faults.Add(new Fault(FaultAction.Delay) { Commands = ["getMore"], Pause = TimeSpan.FromMilliseconds(200), Times = 20 });
        Task failover = Task.Run(
            async () =>
            {
                await Task.Delay(400, TestContext.Current.CancellationToken);
                await Server.FailOverAsync(TimeSpan.FromMilliseconds(700));
            },
            TestContext.Current.CancellationToken);
        await RunAsync(maxRows: 1000);
        await failover;
        Server.Update("shop.orders", new Doc(), new Doc { { "$inc", new Doc { { "n", 1 } } } }, multi: true);
        failover = Server.FailOverAsync(TimeSpan.FromMilliseconds(300));
        await RunAsync(maxRows: 1000);
        await failover;
        await RunAsync();

        Target().ShouldBe(Source());
    }

    [Fact]
    public async Task Answers_in_pieces_are_put_together()
    {
        Server.Insert("shop.orders", Enumerable.Range(0, 500).Select(i => Order(i, i, "some text")));
        Server.Faults.Add(new Fault(FaultAction.SlowReply) { Commands = ["find", "getMore"], Bytes = 512, Pause = TimeSpan.FromMilliseconds(1), Times = 3 });
        await RunAsync();

        Target().ShouldBe(Source());
    }
}
