using Millrace.Connectors.MongoDb;
using Millrace.Connectors.MongoDb.Decoding;
using Millrace.Connectors.MongoDb.Files;
using Millrace.Core.Batches;
using Millrace.Core.Contracts;
using Millrace.Core.Errors;

namespace Millrace.IntegrationTests.MongoDb;

public sealed class IncrementalAndArchiveTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("millrace-incr-");

    private string ArchivePath => Path.Combine(_folder.FullName, "dump.archive");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task A_new_dump_gives_only_what_is_at_or_after_the_watermark_and_no_tie_twice()
    {
        Write("""{"_id":1,"at":5}""", """{"_id":2,"at":3}""", """{"_id":3,"at":5}""", """{"_id":4}""");
        SourceRunner first = await Incremental();
        SourceRunner same = await Incremental(new(first.Committed));
        Write("""{"_id":1,"at":5}""", """{"_id":2,"at":4}""", """{"_id":3,"at":5}""", """{"_id":5,"at":5}""", """{"_id":6,"at":9}""", """{"_id":4}""");
        SourceRunner second = await Incremental(first.Committed);

        first.Rows.Select(r => r.Values["_id"]).ShouldBe(["1", "2", "3", "4"]);
        same.Plan.Partitions.ShouldBeEmpty();
        second.Rows.Select(r => r.Values["_id"]).ShouldBe(["5", "6"]);
    }

    [Fact]
    public async Task Thousands_of_ties_at_the_watermark_are_not_read_twice()
    {
        string[] ties = [.. Enumerable.Range(0, 5000).Select(i => $$"""{"_id":{{i}},"at":7}""")];
        Write(ties);
        SourceRunner first = await Incremental();
        Write([.. ties, """{"_id":5000,"at":7}"""]);
        SourceRunner second = await Incremental(first.Committed);

        first.Rows.Count.ShouldBe(5000);
        second.Rows.Select(r => r.Values["_id"]).ShouldBe(["5000"]);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task More_ties_than_are_remembered_are_read_again_only_where_that_does_no_harm(bool mayRepeat)
    {
        string[] ties = [.. Enumerable.Range(0, CursorState.MostTies + 1).Select(i => $$"""{"_id":{{i}},"at":7}""")];
        Write(ties);
        SourceRunner first = await Incremental(mayRepeat: mayRepeat);
        Write([.. ties, """{"_id":-1,"at":8}"""]);
        SourceRunner second = await Incremental(first.Committed, mayRepeat: mayRepeat);

        first.Rows.Count.ShouldBe(ties.Length);
        first.Error.ShouldBeNull();
        if (mayRepeat)
        {
            second.Rows.Select(r => r.Values["_id"]).ShouldBe([CursorState.MostTies.ToString(), "-1"]);
        }
        else
        {
            MillraceException error = second.Error.ShouldNotBeNull();
            error.Code.ShouldBe(ErrorCodes.InvalidConfiguration);
            error.Fix.ShouldNotBeNull().ShouldContain("merge");
        }
    }

    /// <summary>The field may be misspelt: which of the documents without it are loaded already is not known.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Documents_without_the_cursor_field_are_read_again_only_where_that_does_no_harm(bool mayRepeat)
    {
        string[] documents = [.. Enumerable.Range(0, 30).Select(i => $$"""{"_id":{{i}},"att":{{i}}}""")];
        Write(documents);
        SourceRunner first = await Incremental(mayRepeat: mayRepeat);
        Write([.. documents, """{"_id":30,"att":30}"""]);
        SourceRunner stopped = await Incremental(first.Committed, stopAfter: mayRepeat ? 1 : null, mayRepeat: mayRepeat);
        SourceRunner second = await Incremental(stopped.Committed, mayRepeat: mayRepeat);

        first.Rows.Count.ShouldBe(30);
        if (mayRepeat)
        {
            stopped.Rows.Concat(second.Rows).Count().ShouldBe(31);
        }
        else
        {
            second.Rows.ShouldBeEmpty();
            MillraceException error = second.Error.ShouldNotBeNull();
            error.Code.ShouldBe(ErrorCodes.InvalidConfiguration);
            error.ConfigPath.ShouldBe("cursor_field");
            error.Message.ShouldContain("'at'");
        }
    }

    [Fact]
    public async Task Documents_without_the_cursor_field_are_read_from_the_first_dump_that_has_any()
    {
        Write();
        SourceRunner none = await Incremental();
        Write("""{"_id":1}""", """{"_id":2}""");
        SourceRunner first = await Incremental(none.Committed);
        Write("""{"_id":1}""", """{"_id":2,"at":5}""");
        SourceRunner second = await Incremental(new(first.Committed));
        Write("""{"_id":2,"at":5}""");
        SourceRunner dated = await Incremental(first.Committed);
        Write("""{"_id":1}""", """{"_id":2,"at":5}""", """{"_id":3,"at":6}""");
        SourceRunner third = await Incremental(dated.Committed);

        first.Rows.Count.ShouldBe(2);
        second.Error.ShouldNotBeNull();
        dated.Rows.ShouldHaveSingleItem();
        third.Rows.ShouldHaveSingleItem().Values["_id"].ShouldBe("3");
    }

    [Fact]
    public async Task An_incremental_read_resumes_within_a_file_and_moves_the_watermark_at_its_end()
    {
        Write([.. Enumerable.Range(0, 100).Select(i => $$"""{"_id":{{i}},"at":{{(i * 37) % 100}}}""")]);
        for (int stop = 1; stop < 10; stop++)
        {
            SourceRunner first = await Incremental(stopAfter: stop);
            SourceRunner rest = await Incremental(first.Committed);

            first.Rows.Concat(rest.Rows).Select(r => r.Values["_id"]).ShouldBe(Enumerable.Range(0, 100).Select(i => i.ToString()));
            rest.Committed.Values.ShouldHaveSingleItem().Text.ShouldStartWith("""mongodb.cursor/{"high":{"$numberInt":"99"}""");
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_archive_gives_the_rows_of_its_interleaved_collections_and_its_oplog(bool gzip)
    {
        WriteArchive(gzip, truncate: 0, checksumFault: false);
        SourceRunner a = await Archive(ReplicationMethod.FullRefresh, "shop.a");
        SourceRunner stopped = await Archive(ReplicationMethod.FullRefresh, "shop.b", stopAfter: 2);
        SourceRunner rest = await Archive(ReplicationMethod.FullRefresh, "shop.b", committed: stopped.Committed);
        SourceRunner capture = await Archive(ReplicationMethod.ChangeCapture, "shop.a");

        a.Error.ShouldBeNull();
        a.Rows.Select(r => r.Values["_id"]).ShouldBe(["0", "1", "2", "3", "4", "5"]);
        stopped.Rows.Concat(rest.Rows).Select(r => r.Values["_id"]).ShouldBe(["0", "1", "2", "3", "4", "5"]);
        capture.Error.ShouldBeNull();
        capture.Rows[^1].Values["n"].ShouldBe("42");
    }

    [Fact]
    public async Task A_truncated_archive_and_a_wrong_checksum_are_coded_errors_after_the_rows_before_them()
    {
        WriteArchive(gzip: false, truncate: 150, checksumFault: false);
        SourceRunner truncated = await Archive(ReplicationMethod.FullRefresh, "shop.b");
        WriteArchive(gzip: false, truncate: 0, checksumFault: true);
        SourceRunner wrong = await Archive(ReplicationMethod.FullRefresh, "shop.b");

        truncated.Error.ShouldNotBeNull().Code.ShouldBe(ErrorCodes.DumpTruncated);
        wrong.Error.ShouldNotBeNull().Code.ShouldBe(ErrorCodes.ArchiveInvalid);
        wrong.Rows.Count.ShouldBe(6);
    }

    [Fact]
    public async Task A_check_names_each_collection_and_the_log()
    {
        WriteArchive(gzip: false, truncate: 0, checksumFault: false);
        IReadOnlyList<CheckFinding> findings = await new MongoDbConnector().CheckAsync(
            new("backup", new MongoDbOptions { Dump = ArchivePath }, "/"), TestContext.Current.CancellationToken);

        findings.ShouldAllBe(f => f.Error == null);
        findings.Count.ShouldBe(4);
        findings[^1].Detail.ShouldNotBeNull().ShouldContain("without a gap");
    }

    [Fact]
    public void Decoding_allocates_nothing_for_a_row()
    {
        byte[] document = DumpWriter.Bson("""
            {"_id":{"$oid":"5e596abc8fb0dfa67688a115"},"name":"a name","n":5,"big":{"$numberLong":"9007199254740993"},"d":1.5,"yes":true,
            "at":{"$date":"2024-01-01T00:00:00Z"},"price":{"$numberDecimal":"19.90"},"inner":{"x":[1,2,{"y":"z"}]},"none":null,
            "id":{"$uuid":"cdd84f08-0bee-4fb1-ac6a-0c6a9a49fb07"}}
            """);
        using var builder = new DocumentBatchBuilder(new("", "orders"), "p", hidesRaw: false, isLog: false);
        long few = Measure(builder, document, 4096);
        long many = Measure(builder, document, 65536);

        // Both grow pooled buffers; beyond that a row costs nothing.
        // The pool is everybody's, so a buffer may be gone when it is wanted again: the best of some tries counts.
        Measure(builder, document, 65536);
        long again = Enumerable.Range(0, 5).Min(_ => Measure(builder, document, 65536));
        (again / 65536.0).ShouldBeLessThan(0.5, $"4096 rows: {few} bytes, 65536 rows: {many}, again: {again}");
    }

    private static long Measure(DocumentBatchBuilder builder, byte[] document, int rows)
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < rows; i++)
        {
            builder.Add(document, "mongodb.dump/0000000000000001"u8);
        }

        long used = GC.GetAllocatedBytesForCurrentThread() - before;
        using RecordBatch batch = builder.Build(null);
        batch.RowCount.ShouldBe(rows);
        return used;
    }

    private void Write(params string[] documents) => DumpWriter.Collection(Path.Combine(_folder.FullName, "dump"), "shop", "orders", documents);

    private Task<SourceRunner> Incremental(Dictionary<string, Position>? committed = null, int? stopAfter = null, bool mayRepeat = false) => new SourceRunner
    {
        Committed = committed ?? new(StringComparer.Ordinal),
        StopAfter = stopAfter,
        MaxRows = stopAfter is null ? 8192 : 10,
        Configure = s => s with { CursorField = "at", MayRepeat = mayRepeat },
    }.RunAsync(SourceRunner.Settings(
        new MongoDbOptions { Dump = Path.Combine(_folder.FullName, "dump") }, ReplicationMethod.Incremental, "", "shop.orders"));

    private Task<SourceRunner> Archive(
        ReplicationMethod method, string dataset, Dictionary<string, Position>? committed = null, int? stopAfter = null) => new SourceRunner
    {
        Committed = committed ?? new(StringComparer.Ordinal),
        StopAfter = stopAfter,
        MaxRows = 2,
    }.RunAsync(SourceRunner.Settings(new MongoDbOptions { Dump = ArchivePath }, method, Path.Combine(_folder.FullName, "state"), dataset));

    private void WriteArchive(bool gzip, int truncate, bool checksumFault)
    {
        var archive = new ArchiveWriter();
        archive.Prelude(("shop", "a"), ("shop", "b"), ("", "oplog"));
        for (int i = 0; i < 6; i += 2)
        {
            archive.Block("shop", "a", $$"""{"_id":{{i}},"n":0}""", $$"""{"_id":{{i + 1}},"n":0}""");
            archive.Block("shop", "b", $$"""{"_id":{{i}}}""", $$"""{"_id":{{i + 1}}}""");
        }

        archive.Block("", "oplog", DumpWriter.Entry(100, "u", "shop.a", """{"$v":2,"diff":{"u":{"n":42}}}""", """{"_id":5}"""));
        archive.End("shop", "a");
        archive.End("", "oplog");
        archive.End("shop", "b", checksumFault ? 1UL : 0);
        byte[] bytes = archive.Bytes[..^truncate];
        using Stream file = gzip
            ? new System.IO.Compression.GZipStream(File.Create(ArchivePath), System.IO.Compression.CompressionLevel.Fastest)
            : File.Create(ArchivePath);
        file.Write(bytes);
    }
}
