using Millrace.Testing.MongoDb;
using Millrace.Testing.MongoDb.Faults;
using Millrace.Testing.MongoDb.Values;
using Millrace.Testing.MongoDb.Wire;

namespace Millrace.IntegrationTests.MongoSimulators;

/// <summary>What is asked to go wrong does, and nothing else.</summary>
public sealed class FaultTests
{
    private static Doc Ping => new() { { "ping", 1 } };

    [Fact]
    public async Task The_socket_closes_at_the_message_that_was_named()
    {
        await using MongoSimulator simulator = await MongoSimulator.StartAsync();
        simulator.Faults.DropAtMessage(3);
        await using MongoWireClient client = await MongoWireClient.ConnectAsync(simulator.Port);
        await client.RunAsync("admin", Ping);
        await client.RunAsync("admin", new Doc { { "hello", 1 } });
        await client.RunAsync("admin", Ping);
        await Should.ThrowAsync<IOException>(() => client.RunAsync("admin", Ping));
        await using MongoWireClient next = await MongoWireClient.ConnectAsync(simulator.Port);
        await next.RunAsync("admin", Ping);
    }

    [Fact]
    public async Task A_write_whose_answer_is_lost_is_done_once()
    {
        await using MongoSimulator simulator = await MongoSimulator.StartAsync();
        simulator.Faults.Add(new Fault(FaultAction.CloseAfter) { Commands = ["update"] });
        var session = new Doc { { "id", Leaf.Uuid(Guid.NewGuid()) } };
        var update = new Doc
        {
            { "update", "c" }, { "updates", Arr.Of([new Doc { { "q", new Doc { { "_id", 1 } } }, { "u", new Doc { { "$inc", new Doc { { "n", 1 } } } } }, { "upsert", true } }]) },
            { "lsid", session }, { "txnNumber", 1L },
        };
        await using (MongoWireClient client = await MongoWireClient.ConnectAsync(simulator.Port))
        {
            await Should.ThrowAsync<IOException>(() => client.RunAsync("d", update));
        }

        await using MongoWireClient again = await MongoWireClient.ConnectAsync(simulator.Port);
        (await again.RunAsync("d", update))["upserted"].ShouldBeOfType<Arr>().Items.Count.ShouldBe(1);
        Doc.Parse(simulator.Documents("d.c").ShouldHaveSingleItem()).ToBytes().ShouldBe(new Doc { { "_id", 1 }, { "n", 1 } }.ToBytes());
    }

    [Fact]
    public async Task A_part_of_an_answer_and_then_nothing()
    {
        await using MongoSimulator simulator = await MongoSimulator.StartAsync();
        simulator.Insert("d.c", Enumerable.Range(0, 100).Select(i => new Doc { { "_id", i } }));
        simulator.Faults.Add(new Fault(FaultAction.PartialReply) { Commands = ["find"], Bytes = 200 });
        await using MongoWireClient client = await MongoWireClient.ConnectAsync(simulator.Port);
        await Should.ThrowAsync<IOException>(() => client.RunAsync("d", new Doc { { "find", "c" } }));
    }

    [Fact]
    public async Task A_slow_answer_is_whole()
    {
        await using MongoSimulator simulator = await MongoSimulator.StartAsync();
        simulator.Insert("d.c", Enumerable.Range(0, 100).Select(i => new Doc { { "_id", i } }));
        simulator.Faults.Add(new Fault(FaultAction.SlowReply) { Commands = ["find"], Bytes = 500, Pause = TimeSpan.FromMilliseconds(1) });
        await using MongoWireClient client = await MongoWireClient.ConnectAsync(simulator.Port);
        Doc reply = await client.RunAsync("d", new Doc { { "find", "c" } });
        ((Arr)((Doc)reply["cursor"]!)["firstBatch"]!).Items.Count.ShouldBe(100);
    }

    [Fact]
    public async Task A_namespace_without_privilege()
    {
        await using MongoSimulator simulator = await MongoSimulator.StartAsync();
        simulator.Insert("d.c", new Doc { { "_id", 1 } });
        simulator.Insert("d.open", new Doc { { "_id", 1 } });
        simulator.Faults.Deny("d.c");
        await using MongoWireClient client = await MongoWireClient.ConnectAsync(simulator.Port);
        await FailsAsync(ErrorCode.Unauthorized, client, "d", new Doc { { "find", "c" } });
        await client.RunAsync("d", new Doc { { "find", "open" } });
        simulator.Faults.Allow("d.c");
        await client.RunAsync("d", new Doc { { "find", "c" } });
    }

    [Fact]
    public async Task A_log_that_has_rolled_over_is_lost_to_whoever_was_behind()
    {
        await using MongoSimulator simulator = await MongoSimulator.StartAsync(new MongoSimulatorOptions { OplogMaxEntries = 10 });
        simulator.Insert("d.c", new Doc { { "_id", -1 } });
        ulong start = simulator.LastTimestamp;
        await using MongoWireClient client = await MongoWireClient.ConnectAsync(simulator.Port);
        Doc filter = new() { { "ts", new Doc { { "$gte", Leaf.Timestamp(start) } } } };
        Doc tail = await client.RunAsync("local", new Doc { { "find", "oplog.rs" }, { "filter", filter }, { "tailable", true }, { "awaitData", true } });
        Doc watch = Aggregate(new Doc { { "startAtOperationTime", Leaf.Timestamp(start) } });
        Doc stream = await client.RunAsync("d", watch);
        Node token = ((Doc)stream["cursor"]!)["postBatchResumeToken"]!;

        simulator.Insert("d.c", Enumerable.Range(0, 20).Select(i => new Doc { { "_id", i } }));
        simulator.OplogEntries().Count.ShouldBe(10);
        await FailsAsync(ErrorCode.CappedPositionLost, client, "local", GetMore(tail, "oplog.rs"));
        await FailsAsync(ErrorCode.CappedPositionLost, client, "d", GetMore(stream, "c"));
        await FailsAsync(ErrorCode.ChangeStreamHistoryLost, client, "d", watch);
        await FailsAsync(ErrorCode.ChangeStreamHistoryLost, client, "d", Aggregate(new Doc { { "resumeAfter", token } }));
        await FailsAsync(ErrorCode.CursorNotFound, client, "d", GetMore(stream, "c"));
    }

    [Fact]
    public async Task A_secondary_takes_no_writes()
    {
        await using MongoSimulator simulator = await MongoSimulator.StartAsync();
        simulator.StepDown();
        await using MongoWireClient client = await MongoWireClient.ConnectAsync(simulator.Port);
        (await client.RunAsync("admin", new Doc { { "hello", 1 } }))["isWritablePrimary"].IsTrue().ShouldBeFalse();
        var insert = new Doc { { "insert", "c" }, { "documents", Arr.Of([new Doc { { "_id", 1 } }]) } };
        await FailsAsync(ErrorCode.NotWritablePrimary, client, "d", insert);
        Doc retryable = insert.Clone();
        retryable.Add("lsid", new Doc { { "id", Leaf.Uuid(Guid.NewGuid()) } });
        retryable.Add("txnNumber", 1L);
        (await Should.ThrowAsync<CommandException>(() => client.RunAsync("d", retryable))).Labels.ShouldBe(["RetryableWriteError"]);
        await FailsAsync(ErrorCode.NotPrimaryNoSecondaryOk, client, "d", new Doc { { "find", "c" } });
        await client.RunAsync("d", new Doc { { "find", "c" }, { "$readPreference", new Doc { { "mode", "secondaryPreferred" } } } });
        simulator.StepUp();
        await client.RunAsync("d", insert);
    }

    [Fact]
    public async Task An_image_that_was_forgotten_is_missed_where_it_is_required()
    {
        await using MongoSimulator simulator = await MongoSimulator.StartAsync();
        simulator.Create("d.c", new Doc { { "changeStreamPreAndPostImages", new Doc { { "enabled", true } } } });
        ulong start = simulator.LastTimestamp;
        simulator.Insert("d.c", new Doc { { "_id", 1 }, { "v", 1 } });
        simulator.Update("d.c", new Doc { { "_id", 1 } }, new Doc { { "$set", new Doc { { "v", 2 } } } });
        await using MongoWireClient client = await MongoWireClient.ConnectAsync(simulator.Port);
        Doc required = Aggregate(new Doc { { "startAtOperationTime", Leaf.Timestamp(start) }, { "fullDocumentBeforeChange", "required" } });
        await client.RunAsync("d", required);
        simulator.ForgetImages();
        await FailsAsync(ErrorCode.NoMatchingDocument, client, "d", required);
        Doc available = Aggregate(new Doc { { "startAtOperationTime", Leaf.Timestamp(start) }, { "fullDocumentBeforeChange", "whenAvailable" } });
        var batch = (Arr)((Doc)(await client.RunAsync("d", available))["cursor"]!)["firstBatch"]!;
        ((Doc)batch.Items[1])["fullDocumentBeforeChange"]!.Same(Leaf.Null).ShouldBeTrue();
    }

    private static Doc Aggregate(Doc options) => new()
    {
        { "aggregate", "c" }, { "pipeline", Arr.Of([new Doc { { "$changeStream", options } }]) }, { "cursor", new Doc() },
    };

    private static Doc GetMore(Doc reply, string collection) => new() { { "getMore", ((Doc)reply["cursor"]!)["id"]! }, { "collection", collection }, { "maxTimeMS", 100 } };

    private static async Task FailsAsync(int code, MongoWireClient client, string database, Doc command) =>
        (await Should.ThrowAsync<CommandException>(() => client.RunAsync(database, command))).Code.ShouldBe(code);
}
