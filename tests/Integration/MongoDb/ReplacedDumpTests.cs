using Millrace.Connectors.MongoDb;
using Millrace.Core.Contracts;
using Millrace.Core.Errors;

namespace Millrace.IntegrationTests.MongoDb;

/// <summary>A dump that another takes the place of before anything of the log was committed: what changed between the two is in neither.</summary>
public sealed class ReplacedDumpTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("millrace-replaced-");

    private string DumpPath => Path.Combine(_folder.FullName, "dump");

    public void Dispose() => _folder.Delete(recursive: true);

    /// <summary>The budget is spent once the snapshot is loaded; of the log only the beginning is committed, as the engine does it with every plan.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_newer_dump_before_the_first_commit_of_the_log_is_lost_history(bool isGone)
    {
        Dump(n: 0, Insert(10, 100));
        SourceRunner first = await Run(stopAfter: 1);
        first.Committed["log"] = new("mongodb.oplog/00000000.00000000");
        Dump(n: 7, Insert(20, 200));
        if (isGone)
        {
            Directory.Delete(Path.Combine(DumpPath, "shop"), recursive: true);
            DumpWriter.Collection(DumpPath, "shop", "people", []);
        }

        SourceRunner second = await Run(first.Committed);

        first.Rows.ShouldHaveSingleItem();
        MillraceException error = second.Error.ShouldNotBeNull();
        error.Code.ShouldBe(ErrorCodes.HistoryLost);
        error.Message.ShouldContain("shop.orders");
        error.Fix.ShouldNotBeNull().ShouldContain("resnapshot");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_dump_after_one_without_a_log_is_lost_history(bool hasLog)
    {
        Dump(n: 0);
        SourceRunner first = await Run();
        Dump(n: 7, hasLog ? [Insert(20, 200)] : []);

        (await Run(first.Committed)).Error.ShouldNotBeNull().Code.ShouldBe(ErrorCodes.HistoryLost);
    }

    [Fact]
    public async Task The_same_dump_in_another_place_is_gone_on_with()
    {
        Dump(n: 0, Insert(10, 100));
        SourceRunner first = await Run(stopAfter: 1);
        string aside = Path.Combine(_folder.FullName, "aside");
        Directory.Move(DumpPath, aside);
        Dump(n: 0, Insert(10, 100));

        SourceRunner second = await Run(first.Committed);

        second.Error.ShouldBeNull();
        second.Rows.ShouldHaveSingleItem().Values["_id"].ShouldBe("100");
    }

    /// <summary>What is left of the log begins after the entry that the first run found at its beginning.</summary>
    [Fact]
    public async Task The_beginning_of_the_log_must_be_there_until_it_was_read()
    {
        Dump(n: 0);
        DumpWriter.Oplog(LogPath(1), [Insert(10, 100), Insert(11, 101)]);
        SourceRunner first = await Run(stopAfter: 1);
        foreach (PartitionPlan partition in first.Plan.Partitions)
        {
            first.Committed.TryAdd(partition.Name, partition.Start);
        }

        DumpWriter.Oplog(LogPath(2), [Insert(20, 200)]);
        File.Delete(LogPath(1));
        SourceRunner lost = await Run(new(first.Committed));
        DumpWriter.Oplog(LogPath(1), [Insert(10, 100), Insert(11, 101), Insert(20, 200)]);
        SourceRunner back = await Run(first.Committed);

        MillraceException error = lost.Error.ShouldNotBeNull();
        error.Code.ShouldBe(ErrorCodes.HistoryLost);
        error.Message.ShouldContain("oplog2.bson");
        back.Error.ShouldBeNull();
        back.Rows.Select(r => r.Values["_id"]).ShouldBe(["100", "101", "200"]);
    }

    private string LogPath(int number) => Path.Combine(_folder.FullName, "log", $"oplog{number}.bson");

    private void Dump(int n, params string[] log)
    {
        DumpWriter.Collection(DumpPath, "shop", "orders", [$"{{\"_id\":1,\"n\":{n}}}"]);
        if (log.Length > 0)
        {
            DumpWriter.Oplog(Path.Combine(DumpPath, "oplog.bson"), log);
        }
    }

    private static string Insert(uint at, int id) => DumpWriter.Entry(at, "i", "shop.orders", $"{{\"_id\":{id}}}");

    private Task<SourceRunner> Run(Dictionary<string, Position>? committed = null, int? stopAfter = null) =>
        new SourceRunner { Committed = committed ?? new(StringComparer.Ordinal), StopAfter = stopAfter }.RunAsync(SourceRunner.Settings(
            new MongoDbOptions { Dump = DumpPath, Oplog = [Path.Combine(_folder.FullName, "log", "*.bson")] }, ReplicationMethod.ChangeCapture, Path.Combine(_folder.FullName, "state"), "shop.orders"));
}
