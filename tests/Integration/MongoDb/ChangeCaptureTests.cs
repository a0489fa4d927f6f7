using System.IO.Compression;
using Millrace.Connectors.MongoDb;
using Millrace.Core.Batches;
using Millrace.Core.Contracts;
using Millrace.Core.Errors;

namespace Millrace.IntegrationTests.MongoDb;

public sealed class ChangeCaptureTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("millrace-log-");

    private string DumpPath => Path.Combine(_folder.FullName, "dump");

    private string LogPath(int number) => Path.Combine(_folder.FullName, "log", $"oplog{number}.bson");

    public void Dispose() => _folder.Delete(recursive: true);

    [Theory]
    [InlineData("dump_oplog_conflict", 5, "test.data")]
    [InlineData("oplogdump", 5, "db1.c1")]
    [InlineData("oplog_partial_skips", 5, "db3.c1")]
    [InlineData("bypassDocumentValidation", 3, "mongodump_test_db.coll1")]
    [InlineData("tools-2002", 0, "foo.bar")]
    [InlineData("drop_collection", 0, "test.foo")]
    public async Task Real_oplogs_of_several_versions_are_read(string file, int rows, string collection)
    {
        Directory.CreateDirectory(DumpPath);
        string oplog = Path.Combine(SharedData.Folder("oplog"), file + ".bson");
        SourceRunner run = await Capture(oplogs: [oplog], datasets: [collection]);

        run.Error.ShouldBeNull();
        run.Rejected.ShouldBeEmpty();
        run.Rows.Count.ShouldBe(rows);
        run.Rows.ShouldAllBe(r => r.Dataset == collection && r.Kind == ChangeKind.Insert);
        run.Rows.Select(r => r.Position).ShouldBeInOrder(SortDirection.Ascending);
        run.Bytes.ShouldBe(new FileInfo(oplog).Length);
        run.Batches[^1].Position.ShouldBe(run.Plan.Partitions[^1].Until);
    }

    [Fact]
    public async Task Vectored_inserts_of_a_real_server_are_rows()
    {
        Directory.CreateDirectory(DumpPath);
        SourceRunner run = await Capture(
            oplogs: [Path.Combine(SharedData.Folder("oplog"), "vectored_insert.bson")], datasets: ["mongodump_test_db.coll1"]);

        run.Error.ShouldBeNull();
        run.Rejected.ShouldBeEmpty();
        run.Rows.Count.ShouldBeGreaterThan(1);
        run.Rows[0].Values["_id"].ShouldBe("100");
    }

    [Fact]
    public async Task Updates_become_whole_rows_after_the_dump()
    {
        DumpWriter.Collection(DumpPath, "shop", "orders", ["""{"_id":1,"state":"new","lines":[{"n":1},{"n":2}]}""", """{"_id":2,"state":"new"}"""]);
        DumpWriter.Oplog(Path.Combine(DumpPath, "oplog.bson"),
        [
            DumpWriter.Entry(100, "u", "shop.orders", """{"$v":2,"diff":{"u":{"state":"paid"},"slines":{"a":true,"s1":{"u":{"n":9}}}}}""", """{"_id":1}"""),
            DumpWriter.Entry(101, "u", "shop.orders", """{"$v":1,"$set":{"state":"sent"},"$unset":{"lines":true}}""", """{"_id":1}"""),
            DumpWriter.Entry(102, "d", "shop.orders", """{"_id":2}"""),
            DumpWriter.Entry(103, "u", "shop.orders", """{"_id":3,"state":"other"}""", """{"_id":3}"""),
        ]);
        SourceRunner run = await Capture(datasets: ["shop.orders"]);

        run.Error.ShouldBeNull();
        run.Rows.Count.ShouldBe(6);
        run.Rows[2].Values["state"].ShouldBe("paid");
        run.Rows[2].Values["lines"].ShouldBe("""[{"n":1},{"n":9}]""");
        run.Rows[2].Position.ShouldBe("mongodb.oplog/00000064.00000001.0000");
        run.Rows[3].Values["state"].ShouldBe("sent");
        run.Rows[3].Values.ContainsKey("lines").ShouldBeFalse();
        run.Rows[4].Kind.ShouldBe(ChangeKind.Delete);
        run.Rows[5].Kind.ShouldBe(ChangeKind.Update);
        run.Rows.Select(r => r.Position).ShouldBeInOrder(SortDirection.Ascending);
    }

    [Fact]
    public async Task An_update_without_a_document_before_it_is_set_aside_and_said()
    {
        DumpWriter.Collection(DumpPath, "shop", "orders", []);
        DumpWriter.Oplog(LogPath(1), [DumpWriter.Entry(100, "u", "shop.orders", """{"$v":2,"diff":{"u":{"a":1}}}""", """{"_id":7}""")]);
        SourceRunner run = await Capture(oplogs: [LogPath(1)], datasets: ["shop.orders"]);

        run.Rows.ShouldBeEmpty();
        run.Rejected.ShouldHaveSingleItem().Code.ShouldBe(ErrorCodes.OplogEntryRejected);
        run.Committed["log"].Text.ShouldBe("mongodb.oplog/00000064.00000001");
    }

    [Fact]
    public async Task A_transaction_over_several_entries_counts_from_its_commit_and_has_one_commit_point()
    {
        const string Session = """
            ,"lsid":{"id":{"$uuid":"cdd84f08-0bee-4fb1-ac6a-0c6a9a49fb07"}},"txnNumber":{"$numberLong":"5"}
            """;
        DumpWriter.Collection(DumpPath, "shop", "a", ["""{"_id":1,"n":0}"""]);
        DumpWriter.Collection(DumpPath, "shop", "b", []);
        DumpWriter.Oplog(LogPath(1),
        [
            DumpWriter.Entry(100, "c", "admin.$cmd", """{"applyOps":[{"op":"i","ns":"shop.b","o":{"_id":1}},{"op":"u","ns":"shop.a","o":{"$v":2,"diff":{"u":{"n":5}}},"o2":{"_id":1}}],"partialTxn":true}""", more: Session),
            DumpWriter.Entry(101, "i", "shop.b", """{"_id":50}"""),
            DumpWriter.Entry(102, "c", "admin.$cmd", """{"applyOps":[{"op":"i","ns":"shop.b","o":{"_id":2}}],"partialTxn":true}""", more: Session),
            DumpWriter.Entry(103, "c", "admin.$cmd", """{"applyOps":[{"op":"i","ns":"shop.b","o":{"_id":3}}],"count":4}""", more: Session),
            DumpWriter.Entry(104, "c", "admin.$cmd", """{"applyOps":[{"op":"i","ns":"shop.b","o":{"_id":90}}],"prepare":true}""", more: Session.Replace("5\"", "6\"")),
            DumpWriter.Entry(105, "c", "admin.$cmd", """{"applyOps":[{"op":"i","ns":"shop.b","o":{"_id":80}}],"prepare":true}""", more: Session.Replace("5\"", "7\"")),
            DumpWriter.Entry(106, "c", "admin.$cmd", """{"abortTransaction":1}""", more: Session.Replace("5\"", "7\"")),
            DumpWriter.Entry(107, "c", "admin.$cmd", """{"commitTransaction":1}""", more: Session.Replace("5\"", "6\"")),
        ]);

        // With a row a batch every window is due at once: a commit must still not fall into the transaction.
        for (int stop = 1; stop < 9; stop++)
        {
            string state = Path.Combine(_folder.FullName, $"state{stop}");
            SourceRunner first = await Capture(oplogs: [LogPath(1)], datasets: ["shop.a", "shop.b"], maxRows: 1, stopAfter: stop, state: state);
            SourceRunner rest = await Capture(oplogs: [LogPath(1)], datasets: ["shop.a", "shop.b"], committed: first.Committed, state: state);

            first.Error.ShouldBeNull();
            rest.Error.ShouldBeNull();
            List<SeenRow> b = [.. first.Rows.Concat(rest.Rows).Where(r => r.Dataset == "shop.b")];
            b.Select(r => r.Values["_id"]).ShouldBe(["50", "1", "2", "3", "90"]);
            b.Select(r => r.Position[^22..]).ShouldBe(
                ["00000065.00000001.0000", "00000067.00000001.0000", "00000067.00000001.0002", "00000067.00000001.0003", "0000006b.00000001.0000"]);
            SeenRow update = first.Rows.Concat(rest.Rows).Last(r => r.Dataset == "shop.a");
            update.Values["n"].ShouldBe("5");
            update.Position.ShouldEndWith("00000067.00000001.0001");
        }
    }

    /// <summary>What the transaction changed stands in entries before the first one that is there.</summary>
    [Fact]
    public async Task A_transaction_that_was_prepared_before_the_log_begins_is_lost_history()
    {
        const string Session = """
            ,"lsid":{"id":{"$uuid":"cdd84f08-0bee-4fb1-ac6a-0c6a9a49fb07"}},"txnNumber":{"$numberLong":"5"}
            """;
        DumpWriter.Collection(DumpPath, "shop", "a", ["""{"_id":1,"n":0}"""]);
        string before = DumpWriter.Entry(100, "i", "shop.a", """{"_id":2}""");
        string commit = DumpWriter.Entry(107, "c", "admin.$cmd", """{"commitTransaction":1}""", more: Session);
        DumpWriter.Oplog(LogPath(1), [before, commit]);
        SourceRunner lost = await Capture(oplogs: [LogPath(1)], datasets: ["shop.a"]);
        string prepare = DumpWriter.Entry(
            99, "c", "admin.$cmd", """{"applyOps":[{"op":"i","ns":"shop.a","o":{"_id":90}}],"prepare":true}""", more: Session);
        DumpWriter.Oplog(LogPath(1), [prepare, before, commit]);
        SourceRunner whole = await Capture(oplogs: [LogPath(1)], datasets: ["shop.a"]);

        lost.Error.ShouldNotBeNull().Code.ShouldBe(ErrorCodes.HistoryLost);
        whole.Error.ShouldBeNull();
        whole.Rows.Select(r => r.Values["_id"]).ShouldBe(["1", "2", "90"]);
    }

    [Fact]
    public async Task Files_that_overlap_are_read_once_and_a_gap_is_history_lost()
    {
        DumpWriter.Collection(DumpPath, "shop", "orders", []);
        DumpWriter.Oplog(LogPath(2), [Insert(100), Insert(101)]);
        DumpWriter.Oplog(LogPath(1), [Insert(101), Insert(102)]);
        string pattern = Path.Combine(_folder.FullName, "log", "*.bson");
        SourceRunner first = await Capture(oplogs: [pattern], datasets: ["shop.orders"]);
        DumpWriter.Oplog(LogPath(3), [Insert(104), Insert(105)]);
        SourceRunner gap = await Capture(oplogs: [pattern], datasets: ["shop.orders"], committed: first.Committed);
        SourceRunner declared = await Capture(
            oplogs: [pattern], datasets: ["shop.orders"], committed: new(first.Committed), continuity: LogContinuity.Declared);
        DumpWriter.Oplog(LogPath(4), [Insert(102), Insert(103), Insert(104)]);
        SourceRunner healed = await Capture(oplogs: [pattern], datasets: ["shop.orders"], committed: new(first.Committed));

        first.Rows.Select(r => r.Values["_id"]).ShouldBe(["100", "101", "102"]);
        gap.Error.ShouldNotBeNull().Code.ShouldBe(ErrorCodes.HistoryLost);
        gap.Error.Message.ShouldContain("oplog3.bson");
        gap.Error.Fix.ShouldNotBeNull().ShouldContain("log_continuity: declared");
        declared.Rows.Select(r => r.Values["_id"]).ShouldBe(["104", "105"]);
        healed.Rows.Select(r => r.Values["_id"]).ShouldBe(["103", "104", "105"]);
    }

    [Fact]
    public async Task The_newest_file_may_end_inside_an_entry_and_grow()
    {
        DumpWriter.Collection(DumpPath, "shop", "orders", []);
        byte[] all = DumpWriter.Bson([Insert(100), Insert(101), Insert(102)]);
        Directory.CreateDirectory(Path.GetDirectoryName(LogPath(1))!);
        File.WriteAllBytes(LogPath(1), all[..^20]);
        SourceRunner first = await Capture(oplogs: [LogPath(1)], datasets: ["shop.orders"]);
        SourceRunner none = await Capture(oplogs: [LogPath(1)], datasets: ["shop.orders"], committed: new(first.Committed));
        File.WriteAllBytes(LogPath(1), all);
        SourceRunner second = await Capture(oplogs: [LogPath(1)], datasets: ["shop.orders"], committed: first.Committed);
        File.WriteAllBytes(LogPath(1), all[..^20]);
        DumpWriter.Oplog(LogPath(2), [Insert(101), Insert(103)]);
        SourceRunner broken = await Capture(oplogs: [LogPath(1), LogPath(2)], datasets: ["shop.orders"]);

        first.Error.ShouldBeNull();
        first.Rows.Select(r => r.Values["_id"]).ShouldBe(["100", "101"]);
        int end = DumpWriter.Bson([Insert(100), Insert(101)]).Length;
        string unfinished = $"{LogPath(1)} ends in the middle of an entry that starts at byte {end}: the entry is read when the file is complete.";
        first.Plan.Notes.Count(n => n.StartsWith(unfinished, StringComparison.Ordinal)).ShouldBe(1);
        none.Plan.Notes.ShouldHaveSingleItem().ShouldStartWith(unfinished);
        second.Plan.Notes.ShouldBeEmpty();
        none.Plan.Partitions.ShouldBeEmpty();
        second.Rows.Select(r => r.Values["_id"]).ShouldBe(["102"]);
        broken.Error.ShouldNotBeNull().Code.ShouldBe(ErrorCodes.DumpTruncated);
    }

    [Theory]
    [InlineData(OnDrop.Ignore, 0)]
    [InlineData(OnDrop.Delete, 1)]
    public async Task A_drop_does_what_on_drop_says(OnDrop onDrop, int dropped)
    {
        WriteDrop();
        SourceRunner run = await Capture(oplogs: [LogPath(1)], datasets: ["shop.orders"], configure: s => s with { OnDrop = onDrop });

        run.Error.ShouldBeNull();
        run.Dropped.Count.ShouldBe(dropped);
        if (onDrop == OnDrop.Ignore)
        {
            run.Notes.ShouldHaveSingleItem().ShouldMatch(@"^shop\.orders was dropped or renamed in the source at .+\. Its rows stay in the target, as on_drop: ignore says\.$");
        }
        else
        {
            run.Notes.ShouldBeEmpty();
        }

        (await Capture(oplogs: [LogPath(1)], datasets: ["shop.orders"], committed: run.Committed, configure: s => s with { OnDrop = onDrop })).Notes.ShouldBeEmpty();
        run.Rejected.ShouldHaveSingleItem().Reason.ShouldContain("neither the dump nor the log");
        run.Rows[^1].Values["_id"].ShouldBe("5");
    }

    [Fact]
    public async Task A_drop_can_fail_the_run()
    {
        WriteDrop();
        SourceRunner run = await Capture(oplogs: [LogPath(1)], datasets: ["shop.orders"], configure: s => s with { OnDrop = OnDrop.Fail });

        run.Error.ShouldNotBeNull().Code.ShouldBe(ErrorCodes.DatasetDropped);
    }

    [Fact]
    public async Task A_rename_brings_the_documents_along()
    {
        DumpWriter.Collection(DumpPath, "shop", "orders", ["""{"_id":1,"n":0}""", """{"_id":2,"n":0}"""]);
        DumpWriter.Oplog(Path.Combine(DumpPath, "oplog.bson"),
        [
            DumpWriter.Entry(100, "u", "shop.orders", """{"$v":2,"diff":{"u":{"n":7}}}""", """{"_id":1}"""),
            DumpWriter.Entry(101, "c", "shop.$cmd", """{"renameCollection":"shop.orders","to":"shop.sales","dropTarget":false}"""),
            DumpWriter.Entry(102, "u", "shop.sales", """{"$v":2,"diff":{"u":{"n":8}}}""", """{"_id":1}"""),
        ]);
        SourceRunner run = await Capture(datasets: ["shop.orders"], configure: s => s with { Selector = DatasetSelector.All, OnDrop = OnDrop.Delete });

        run.Error.ShouldBeNull();
        run.Dropped.ShouldBe(["shop.orders"]);
        run.Rows.Where(r => r.Dataset == "shop.sales").Select(r => $"{r.Values["_id"]}:{r.Values["n"]}").ShouldBe(["1:7", "2:0", "1:8"]);
    }

    [Fact]
    public async Task A_collection_that_is_filled_aside_and_renamed_into_place_replaces_what_was_there()
    {
        DumpWriter.Collection(DumpPath, "shop", "totals", ["""{"_id":1}"""]);
        DumpWriter.Oplog(Path.Combine(DumpPath, "oplog.bson"),
        [
            DumpWriter.Entry(100, "c", "shop.$cmd", """{"create":"tmp.agg_out.1"}"""),
            DumpWriter.Entry(101, "i", "shop.tmp.agg_out.1", """{"_id":2}"""),
            DumpWriter.Entry(102, "c", "shop.$cmd", """{"renameCollection":"shop.tmp.agg_out.1","to":"shop.totals","dropTarget":true}"""),
        ]);
        SourceRunner run = await Capture(datasets: ["shop.totals"]);

        run.Dropped.ShouldBe(["shop.totals"]);
        run.Rows.Select(r => r.Values["_id"]).ShouldBe(["1", "2"]);
    }

    [Fact]
    public async Task Log_files_alone_wait_for_nothing_and_a_dump_without_log_ends_after_the_snapshot()
    {
        DumpWriter.Collection(DumpPath, "shop", "orders", ["""{"_id":1}"""]);
        SourceRunner first = await Capture(datasets: ["shop.orders"]);
        SourceRunner second = await Capture(datasets: ["shop.orders"], committed: first.Committed);

        first.Rows.Count.ShouldBe(1);
        second.Plan.Partitions.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_log_that_ends_inside_its_first_entry_is_told_too()
    {
        DumpWriter.Collection(DumpPath, "shop", "orders", []);
        Directory.CreateDirectory(Path.GetDirectoryName(LogPath(1))!);
        File.WriteAllBytes(LogPath(1), DumpWriter.Bson([Insert(100)])[..^1]);

        SourceRunner run = await Capture(oplogs: [LogPath(1)], datasets: ["shop.orders"]);

        run.Error.ShouldBeNull();
        run.Plan.Notes.ShouldContain(n => n.StartsWith($"{LogPath(1)} ends in the middle of an entry that starts at byte 0: ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_compressed_log_that_is_cut_is_told()
    {
        DumpWriter.Collection(DumpPath, "shop", "orders", []);
        Directory.CreateDirectory(Path.GetDirectoryName(LogPath(1))!);
        using var zipped = new MemoryStream();
        using (var zip = new GZipStream(zipped, CompressionMode.Compress, leaveOpen: true))
        {
            zip.Write(DumpWriter.Bson([.. Enumerable.Range(100, 50).Select(i => Insert((uint)i))]));
        }

        File.WriteAllBytes(LogPath(1), zipped.ToArray()[..^30]);
        SourceRunner run = await Capture(oplogs: [LogPath(1)], datasets: ["shop.orders"]);

        (run.Error?.Message + string.Concat(run.Plan.Notes)).ShouldContain(LogPath(1) + (run.Error is null ? " ends in the middle" : ""));
        (run.Error?.Message + string.Concat(run.Plan.Notes)).ShouldContain("of the uncompressed data");
    }

    private void WriteDrop()
    {
        DumpWriter.Collection(DumpPath, "shop", "orders", ["""{"_id":1,"n":0}"""]);
        DumpWriter.Oplog(LogPath(1),
        [
            DumpWriter.Entry(100, "c", "shop.$cmd", """{"drop":"orders"}"""),
            DumpWriter.Entry(101, "u", "shop.orders", """{"$v":2,"diff":{"u":{"n":7}}}""", """{"_id":1}"""),
            DumpWriter.Entry(102, "i", "shop.orders", """{"_id":5}"""),
        ]);
    }

    private static string Insert(uint at) => DumpWriter.Entry(at, "i", "shop.orders", $$"""{"_id":{{at}}}""");

    private Task<SourceRunner> Capture(
        string[] datasets,
        string[]? oplogs = null,
        Dictionary<string, Position>? committed = null,
        int maxRows = 8192,
        int? stopAfter = null,
        string? state = null,
        LogContinuity continuity = LogContinuity.Overlap,
        Func<SourceSettings, SourceSettings>? configure = null)
    {
        var options = new MongoDbOptions { Dump = DumpPath, Oplog = [.. oplogs ?? []], LogContinuity = continuity };
        var runner = new SourceRunner
        {
            Committed = committed ?? new(StringComparer.Ordinal),
            MaxRows = maxRows,
            StopAfter = stopAfter,
            Configure = configure ?? (s => s),
        };
        return runner.RunAsync(SourceRunner.Settings(
            options, ReplicationMethod.ChangeCapture, state ?? Path.Combine(_folder.FullName, "state"), datasets));
    }
}
