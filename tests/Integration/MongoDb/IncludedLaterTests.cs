using Millrace.Connectors.MongoDb;
using Millrace.Core.Batches;
using Millrace.Core.Contracts;
using Millrace.Core.Errors;

namespace Millrace.IntegrationTests.MongoDb;

/// <summary>Collections that a task takes only after it has read from the log.</summary>
public sealed class IncludedLaterTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("millrace-later-");

    private string DumpPath => Path.Combine(_folder.FullName, "dump");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task A_collection_that_is_included_later_is_loaded_then_and_the_others_are_not_loaded_again()
    {
        WriteDump();
        Log(1, Insert("orders", 10, 100), Update("people", 11, 1, 5), Insert("people", 12, 2));
        var committed = new Dictionary<string, Position>(StringComparer.Ordinal);
        SourceRunner before = await Run(committed, "orders");
        Log(2, Insert("people", 12, 2), Update("people", 13, 2, 7), Insert("orders", 14, 101));
        SourceRunner after = await Run(committed, "*");
        SourceRunner idle = await Run(committed, "*");

        before.Rows.ShouldAllBe(r => r.Dataset == "shop.orders");
        after.Error.ShouldBeNull();
        after.Plan.Partitions.Select(p => p.Name).ShouldBe(["snapshot:shop.people", "log.datasets", "log.catch-up", "log"], ignoreOrder: true);
        after.Rows.Select(r => $"{r.Dataset[5..]} {r.Kind} {r.Values["_id"]} {r.Values.GetValueOrDefault("n")}").ShouldBe(
            ["people Insert 1 0", "people Update 1 5", "people Insert 2 0", "people Update 2 7", "orders Insert 101 0"]);
        after.Rows.Where(r => r.Dataset == "shop.people").Select(r => r.Position).ShouldBeInOrder(SortDirection.Ascending);
        idle.Plan.Partitions.ShouldBeEmpty();
    }

    /// <summary>It may be a slip of the pen, or a collection that the application makes tomorrow.</summary>
    [Fact]
    public async Task A_dataset_that_is_not_there_yet_is_said_once()
    {
        WriteDump();
        Log(1, Insert("orders", 10, 100));
        var committed = new Dictionary<string, Position>(StringComparer.Ordinal);
        SourceRunner first = await Run(committed, "ordres");
        SourceRunner second = await Run(committed, "ordres");

        first.Plan.Notes.Single(n => n.Contains("no collection shop.ordres", StringComparison.Ordinal)).ShouldContain("shop.orders");
        second.Plan.Notes.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_collection_that_was_left_out_for_a_while_gets_what_it_missed_and_no_more()
    {
        WriteDump();
        Log(1, Insert("people", 10, 2), Insert("orders", 11, 100));
        var committed = new Dictionary<string, Position>(StringComparer.Ordinal);
        await Run(committed, "*");
        Log(2, Insert("orders", 11, 100), Update("people", 12, 1, 8), Insert("people", 13, 3));
        await Run(committed, "orders");
        Log(3, Insert("people", 13, 3), Update("people", 14, 3, 9));
        SourceRunner back = await Run(committed, "*");

        back.Error.ShouldBeNull();
        back.Rows.Select(r => $"{r.Kind} {r.Values["_id"]} {r.Values["n"]}").ShouldBe(["Update 1 8", "Insert 3 0", "Update 3 9"]);
        back.Rows.ShouldAllBe(r => r.Dataset == "shop.people");
    }

    /// <summary>The run without people dies before its first commit, so no checkpoint tells of it; what it did to the after-images must not count.</summary>
    [Fact]
    public async Task A_run_that_left_a_collection_out_and_died_leaves_no_trace()
    {
        WriteDump();
        var committed = new Dictionary<string, Position>(StringComparer.Ordinal);
        Log(1, Insert("people", 10, 2), Insert("orders", 11, 100));
        await Run(committed, "*", new() { Acknowledges = false });
        Log(2, Insert("orders", 11, 100), Insert("orders", 12, 101), Update("people", 13, 2, 8), Update("people", 14, 1, 9));
        await Run(committed, "orders", new() { CommitEvery = 10, DieAfter = 2 });
        SourceRunner back = await Run(committed, "*");

        back.Error.ShouldBeNull();
        back.Rejected.ShouldBeEmpty();
        back.Rows.Where(r => r.Dataset == "shop.people").Select(r => $"{r.Values["_id"]}: {r.Values["n"]}").ShouldBe(["2: 8", "1: 9"]);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_collection_that_appears_in_the_log_needs_no_dump(bool isCreated)
    {
        WriteDump();
        var committed = new Dictionary<string, Position>(StringComparer.Ordinal);
        Log(1, Insert("orders", 10, 100));
        await Run(committed, "*");
        string[] first = isCreated ? [DumpWriter.Entry(11, "c", "shop.$cmd", """{"create":"fresh"}""")] : [];
        Log(2, [Insert("orders", 10, 100), .. first, Insert("fresh", 12, 1), Update("fresh", 13, 1, 4)]);
        SourceRunner run = await Run(committed, "*");

        run.Error.ShouldBeNull();
        run.Rejected.ShouldBeEmpty();
        run.Rows.Select(r => $"{r.Dataset} {r.Kind} {r.Values["n"]}").ShouldBe(["shop.fresh Insert 0", "shop.fresh Update 4"]);
    }

    [Fact]
    public async Task A_collection_that_only_the_log_has_is_caught_up_with()
    {
        WriteDump();
        var committed = new Dictionary<string, Position>(StringComparer.Ordinal);
        Log(1, Insert("orders", 10, 100), Insert("fresh", 11, 1), Insert("orders", 12, 101));
        await Run(committed, "orders");
        Log(2, Insert("orders", 12, 101), Update("fresh", 13, 1, 4));
        SourceRunner run = await Run(committed, "*");

        run.Rejected.ShouldBeEmpty();
        run.Rows.Where(r => r.Dataset == "shop.fresh").Select(r => $"{r.Kind} {r.Values["n"]}").ShouldBe(["Insert 0", "Update 4"]);
    }

    /// <summary>An entry of dropDatabase stands for every collection of the database, those too that have no drop of their own.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_database_that_was_dropped_while_a_collection_was_left_out_is_dropped_when_it_is_back(bool hasImages)
    {
        WriteDump();
        var committed = new Dictionary<string, Position>(StringComparer.Ordinal);
        Log(1, Insert("people", 10, 2), Insert("orders", 11, 100));
        await Run(committed, "*");
        Log(2, Insert("orders", 11, 100), DumpWriter.Entry(12, "c", "shop.$cmd", """{"dropDatabase":1}"""), Insert("orders", 13, 101));
        await Run(committed, "orders");
        if (!hasImages)
        {
            Directory.Delete(Path.Combine(_folder.FullName, "state"), recursive: true);
        }

        Log(3, Insert("orders", 13, 101), Insert("people", 14, 3));
        SourceRunner back = await Run(committed, "*");

        back.Error.ShouldBeNull();
        back.Rejected.ShouldBeEmpty();
        back.Dropped.ShouldBe(["people"]);
        back.Rows.ShouldHaveSingleItem().Text.ShouldContain("people Insert");
    }

    /// <summary>The newer dump's own log begins after the drop, so the older oplog files alone tell of it.</summary>
    [Theory]
    [InlineData("""{"drop":"fresh"}""")]
    [InlineData("""{"dropDatabase":1}""")]
    public async Task A_collection_that_only_the_log_has_is_gone_with_its_database_before_a_newer_dump(string command)
    {
        DumpWriter.Collection(DumpPath, "shop", "orders", ["""{"_id":50,"n":0}"""]);
        var committed = new Dictionary<string, Position>(StringComparer.Ordinal);
        Log(1, Insert("fresh", 10, 1), Insert("orders", 11, 100));
        await Run(committed, "*");
        Log(2, Insert("orders", 11, 100), Update("fresh", 12, 1, 8), DumpWriter.Entry(13, "c", "shop.$cmd", command), Insert("orders", 15, 101));
        await Run(committed, "orders");
        DumpWriter.Oplog(Path.Combine(DumpPath, "oplog.bson"), [Insert("orders", 15, 101)]);
        SourceRunner back = await Run(committed, "*");

        back.Error.ShouldBeNull();
        back.Dropped.ShouldBe(["fresh"]);
    }

    [Fact]
    public async Task What_it_missed_must_still_be_there()
    {
        WriteDump();
        var committed = new Dictionary<string, Position>(StringComparer.Ordinal);
        Log(1, Insert("people", 10, 2), Insert("orders", 11, 100));
        Log(2, Insert("orders", 11, 100), Insert("orders", 12, 101));
        await Run(committed, "orders");
        File.Delete(LogPath(1));
        SourceRunner run = await Run(committed, "*");
        File.Delete(LogPath(2));
        SourceRunner none = await Run(committed, "*");
        Log(2, Insert("orders", 11, 100), Insert("orders", 12, 101), Insert("orders", 13, 102));
        SourceRunner others = await Run(committed, "orders");

        run.Error.ShouldNotBeNull().Code.ShouldBe(ErrorCodes.HistoryLost);
        run.Error.Message.ShouldContain("oplog2.bson");
        run.Error.Fix.ShouldNotBeNull().ShouldContain("Put the oplog files back");
        none.Error.ShouldNotBeNull().Code.ShouldBe(ErrorCodes.HistoryLost);
        others.Error.ShouldBeNull();
        others.Rows.ShouldHaveSingleItem().Values["_id"].ShouldBe("102");
    }

    [Fact]
    public async Task A_dump_that_is_newer_than_the_log_s_position_is_loaded_once_the_log_is_there()
    {
        WriteDump();
        var committed = new Dictionary<string, Position>(StringComparer.Ordinal);
        Log(1, Insert("orders", 10, 100), Insert("people", 11, 2));
        await Run(committed, "orders");
        Log(2, Insert("people", 11, 2), Insert("orders", 12, 101), Update("people", 13, 2, 3));
        DumpWriter.Collection(DumpPath, "shop", "people", ["""{"_id":1,"n":0}""", """{"_id":2,"n":3}"""]);
        DumpWriter.Oplog(Path.Combine(DumpPath, "oplog.bson"), [Update("people", 13, 2, 3), Update("people", 14, 1, 6)]);
        SourceRunner waiting = await Run(committed, "*");
        SourceRunner loading = await Run(committed, "*");

        waiting.Error.ShouldBeNull();
        waiting.Rows.ShouldHaveSingleItem().Values["_id"].ShouldBe("101");
        waiting.Plan.Notes.ShouldHaveSingleItem().ShouldContain("shop.people is included since, and is loaded in the next run");
        loading.Plan.Notes.ShouldBeEmpty();
        loading.Error.ShouldBeNull();
        loading.Rows.ShouldAllBe(r => r.Dataset == "shop.people");
        loading.Rows.GroupBy(r => r.Values["_id"]).Select(g => $"{g.Key}: {g.Last().Values["n"]}").ShouldBe(["1: 6", "2: 3"], ignoreOrder: true);
    }

    /// <summary>A collection that was loaded is not loaded again, so what it missed is only in the log, and a newer dump's log begins too late.</summary>
    [Fact]
    public async Task What_a_collection_missed_before_a_newer_dump_is_not_skipped()
    {
        WriteDump();
        var committed = new Dictionary<string, Position>(StringComparer.Ordinal);
        Log(1, Insert("people", 10, 2), Insert("orders", 11, 100));
        await Run(committed, "*");
        Log(2, Insert("orders", 11, 100), Update("people", 12, 1, 8), Insert("orders", 15, 101), Insert("orders", 20, 102));
        await Run(committed, "orders");
        byte[] saved = File.ReadAllBytes(Path.Combine(DumpPath, "shop", "people.bson"));
        DumpWriter.Collection(DumpPath, "shop", "people", ["""{"_id":1,"n":8}""", """{"_id":2,"n":0}"""]);
        DumpWriter.Oplog(Path.Combine(DumpPath, "oplog.bson"), [Insert("orders", 15, 101), Insert("orders", 20, 102)]);
        SourceRunner lost = await Run(committed, "*");
        SourceRunner others = await Run(committed, "orders");

        lost.Error.ShouldNotBeNull().Code.ShouldBe(ErrorCodes.HistoryLost);
        lost.Error.Message.ShouldContain("shop.people");
        lost.Error.Fix.ShouldNotBeNull().ShouldContain("Put the earlier dump");
        others.Error.ShouldBeNull();

        // The fix that it says.
        File.Delete(Path.Combine(DumpPath, "oplog.bson"));
        File.WriteAllBytes(Path.Combine(DumpPath, "shop", "people.bson"), saved);
        SourceRunner back = await Run(committed, "*");
        back.Error.ShouldBeNull();
        back.Rows.ShouldHaveSingleItem().Text.ShouldContain("_id=1, n=8");
    }

    /// <summary>Its rows came from the log, and the dump's rows would sort before them.</summary>
    [Fact]
    public async Task A_newer_dump_does_not_serve_a_collection_that_was_followed_in_the_log()
    {
        WriteDump();
        var committed = new Dictionary<string, Position>(StringComparer.Ordinal);
        Log(1, Insert("fresh", 10, 1), Insert("orders", 11, 100));
        await Run(committed, "*");
        Log(2, Insert("orders", 11, 100), Update("fresh", 12, 1, 8), Insert("orders", 15, 101));
        await Run(committed, "orders");
        DumpWriter.Collection(DumpPath, "shop", "fresh", ["""{"_id":1,"n":8}"""]);
        DumpWriter.Oplog(Path.Combine(DumpPath, "oplog.bson"), [Insert("orders", 15, 101)]);
        SourceRunner back = await Run(committed, "*");

        back.Error.ShouldNotBeNull().Code.ShouldBe(ErrorCodes.HistoryLost);
        back.Error.Message.ShouldContain("shop.fresh");
    }

    /// <summary>The log gave it until it was left out, and the dump is older than that: a document deleted since must not come back.</summary>
    [Fact]
    public async Task A_collection_that_was_followed_in_the_log_is_not_loaded_over_what_it_has()
    {
        WriteDump();
        var committed = new Dictionary<string, Position>(StringComparer.Ordinal);
        string delete = DumpWriter.Entry(11, "d", "shop.fresh", """{"_id":1}""");
        Log(1, Insert("fresh", 9, 1), Insert("fresh", 10, 2), delete, Insert("orders", 12, 100));
        await Run(committed, "*");
        Log(2, Insert("orders", 12, 100), Update("fresh", 13, 2, 7), Insert("orders", 14, 101));
        await Run(committed, "orders");
        DumpWriter.Collection(DumpPath, "shop", "fresh", ["""{"_id":1,"n":0}""", """{"_id":2,"n":0}"""]);
        DumpWriter.Oplog(Path.Combine(DumpPath, "oplog.bson"), [Insert("fresh", 10, 2), delete, Insert("orders", 12, 100)]);
        SourceRunner back = await Run(committed, "*");

        back.Error.ShouldBeNull();
        back.Rows.Select(r => $"{r.Dataset} {r.Kind} {r.Values["_id"]} {r.Values["n"]}").ShouldBe(["shop.fresh Update 2 7"]);
    }

    [Fact]
    public async Task Lost_after_images_are_rebuilt_from_a_newer_dump_and_its_log()
    {
        WriteDump();
        var committed = new Dictionary<string, Position>(StringComparer.Ordinal);
        Log(1, Insert("people", 10, 2), Insert("orders", 11, 100), Update("people", 12, 2, 3));
        await Run(committed, "*");
        Directory.Delete(Path.Combine(_folder.FullName, "state"), recursive: true);
        DumpWriter.Collection(DumpPath, "shop", "people", ["""{"_id":1,"n":0,"old":true}""", """{"_id":2,"n":0}"""]);
        DumpWriter.Oplog(Path.Combine(DumpPath, "oplog.bson"), [Insert("orders", 11, 100), Update("people", 12, 2, 3)]);
        File.Delete(LogPath(1));
        Log(2, Update("people", 12, 2, 3), Update("people", 13, 1, 9), DumpWriter.Entry(14, "u", "shop.people", """{"$v":2,"diff":{"i":{"m":1}}}""", """{"_id":2}"""));
        SourceRunner run = await Run(committed, "*");

        run.Error.ShouldBeNull();
        run.Rejected.ShouldBeEmpty();
        run.Rows.Select(r => $"{r.Kind} {r.Values["_id"]} {r.Values["n"]} {r.Values.GetValueOrDefault("m")}").ShouldBe(["Update 1 9 ", "Update 2 3 1"]);
    }

    /// <summary>Its log begins after the place that the task has read to, so what the documents looked like there cannot be known.</summary>
    [Fact]
    public async Task Lost_after_images_are_not_rebuilt_from_a_dump_of_a_later_time()
    {
        WriteDump();
        var committed = new Dictionary<string, Position>(StringComparer.Ordinal);
        Log(1, Insert("people", 10, 2), Insert("orders", 11, 100));
        await Run(committed, "*");
        Directory.Delete(Path.Combine(_folder.FullName, "state"), recursive: true);
        DumpWriter.Collection(DumpPath, "shop", "people", ["""{"_id":1,"n":9}"""]);
        DumpWriter.Oplog(Path.Combine(DumpPath, "oplog.bson"), [Insert("orders", 13, 101)]);
        Log(2, Insert("orders", 11, 100), DumpWriter.Entry(12, "d", "shop.people", """{"_id":2}"""), Insert("orders", 13, 101));
        SourceRunner run = await Run(committed, "*");

        run.Error.ShouldNotBeNull().Code.ShouldBe(ErrorCodes.HistoryLost);
    }

    /// <summary>It was loaded from this dump, and the run died before it caught up.</summary>
    [Fact]
    public async Task A_collection_that_was_loaded_and_has_not_caught_up_yet_is_no_loss()
    {
        WriteDump();
        DumpWriter.Oplog(Path.Combine(DumpPath, "oplog.bson"), [Insert("orders", 10, 100)]);
        var committed = new Dictionary<string, Position>(StringComparer.Ordinal);
        Log(1, Insert("orders", 10, 100), Update("people", 11, 1, 5), Insert("orders", 12, 101));
        await Run(committed, "orders");
        SourceRunner died = await Run(committed, "*", new() { DieAfter = 2 });
        SourceRunner after = await Run(committed, "*");

        died.Rows.ShouldHaveSingleItem().Dataset.ShouldBe("shop.people");
        after.Error.ShouldBeNull();
        after.Rows.Select(r => $"{r.Dataset} {r.Kind} {r.Values["_id"]} {r.Values["n"]}").ShouldBe(["shop.people Update 1 5"]);
    }

    [Fact]
    public async Task A_new_dump_does_not_close_a_gap_of_the_log()
    {
        WriteDump();
        var committed = new Dictionary<string, Position>(StringComparer.Ordinal);
        Log(1, Insert("orders", 10, 100));
        await Run(committed, "orders");
        File.Delete(LogPath(1));
        DumpWriter.Oplog(Path.Combine(DumpPath, "oplog.bson"), [Insert("orders", 20, 200)]);
        SourceRunner run = await Run(committed, "orders");

        run.Error.ShouldNotBeNull().Code.ShouldBe(ErrorCodes.HistoryLost);
    }

    private string LogPath(int number) => Path.Combine(_folder.FullName, "log", $"oplog{number}.bson");

    private void WriteDump()
    {
        DumpWriter.Collection(DumpPath, "shop", "orders", ["""{"_id":50,"n":0}"""]);
        DumpWriter.Collection(DumpPath, "shop", "people", ["""{"_id":1,"n":0}"""]);
    }

    private void Log(int number, params string[] entries) => DumpWriter.Oplog(LogPath(number), entries);

    private static string Insert(string collection, uint at, int id) => DumpWriter.Entry(at, "i", "shop." + collection, $"{{\"_id\":{id},\"n\":0}}");

    private static string Update(string collection, uint at, int id, int n) =>
        DumpWriter.Entry(at, "u", "shop." + collection, $"{{\"$v\":2,\"diff\":{{\"u\":{{\"n\":{n}}}}}}}", $"{{\"_id\":{id}}}");

    private async Task<SourceRunner> Run(Dictionary<string, Position> committed, string pattern, SourceRunner? like = null)
    {
        var options = new MongoDbOptions { Dump = DumpPath, Oplog = [Path.Combine(_folder.FullName, "log", "*.bson")], Database = "shop" };
        string[] dumped = [.. Directory.GetFiles(Path.Combine(DumpPath, "shop"), "*.bson").Select(f => Path.GetFileNameWithoutExtension(f))];
        string[] datasets = pattern == "*" ? dumped : [pattern];
        like ??= new();
        var runner = new SourceRunner { Committed = committed, Acknowledges = like.Acknowledges, CommitEvery = like.CommitEvery, DieAfter = like.DieAfter };
        await runner.RunAsync(SourceRunner.Settings(options, ReplicationMethod.ChangeCapture, Path.Combine(_folder.FullName, "state"), datasets)
            with { Selector = new([pattern], []), OnDrop = OnDrop.Delete });
        for (int i = 0; i < runner.Rows.Count; i++)
        {
            runner.Rows[i] = runner.Rows[i] with { Dataset = "shop." + runner.Rows[i].Dataset };
        }

        return runner;
    }
}
