using Millrace.Connectors.MongoDb;
using Millrace.Core.Contracts;
using Millrace.Core.Errors;
using Millrace.Core.Schemas;

namespace Millrace.IntegrationTests.MongoDb;

public sealed class DumpSnapshotTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("millrace-dump-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Theory]
    [InlineData("sample_analytics.accounts", 1746, 223235)]
    [InlineData("sample_analytics.customers", 500, 195806)]
    [InlineData("sample_geospatial.shipwrecks", 11095, 3649283)]
    [InlineData("sample_mflix.theaters", 1564, 349831)]
    [InlineData("sample_training.zips", 29470, 3285790)]
    public async Task Every_document_of_a_real_dump_is_a_row(string dataset, int rows, long bytes)
    {
        SourceRunner run = await new SourceRunner().RunAsync(RealDump(dataset));

        run.Error.ShouldBeNull();
        run.Rejected.ShouldBeEmpty();
        run.Rows.Count.ShouldBe(rows);
        run.Bytes.ShouldBe(bytes);
        run.Rows.ShouldAllBe(r => r.Dataset == dataset && r.Values.ContainsKey("_id"));
        run.Plan.Partitions.ShouldHaveSingleItem().Waiting.Bytes.ShouldBe(bytes);
        run.Plan.Partitions[0].Until.ShouldBe(run.Batches[^1].Position);
    }

    [Fact]
    public async Task The_sample_counts_the_values_of_each_type()
    {
        await using ISource source = new MongoDbConnector().CreateSource(RealDump("sample_geospatial.shipwrecks"));
        TableSchema schema = (await source.DescribeAsync(TestContext.Current.CancellationToken)).ShouldHaveSingleItem();

        ColumnSchema[] depth = [.. schema.Columns.Where(c => c.Name == "depth")];
        depth.Length.ShouldBeGreaterThan(1);
        depth.ShouldAllBe(c => c.SampledValues > 0);
        depth.Sum(c => c.SampledValues).ShouldBeLessThanOrEqualTo(schema.Columns.Single(c => c.Name == "_id").SampledValues);
    }

    [Fact]
    public async Task The_sample_is_of_the_documents_and_fields_that_the_task_takes()
    {
        SourceSettings settings = RealDump("sample_geospatial.shipwrecks") with { Filter = """{"depth":{"$type":"string"}}""", Fields = ["depth"] };
        await using ISource source = new MongoDbConnector().CreateSource(settings);
        TableSchema schema = (await source.DescribeAsync(TestContext.Current.CancellationToken)).ShouldHaveSingleItem();

        schema.Columns.Where(c => c.Name != "_id").ShouldAllBe(c => c.Name == "depth" && c.Type == LogicalType.Text);
    }

    [Fact]
    public async Task A_finished_snapshot_is_left_out_of_the_next_plan()
    {
        SourceRunner first = await new SourceRunner().RunAsync(RealDump("sample_training.zips"));
        SourceRunner second = await new SourceRunner { Committed = first.Committed }.RunAsync(RealDump("sample_training.zips"));

        second.Plan.Partitions.ShouldBeEmpty();
    }

    [Fact]
    public async Task Resuming_at_any_batch_boundary_gives_the_same_rows()
    {
        SourceSettings settings = RealDump("sample_mflix.theaters");
        SourceRunner whole = await new SourceRunner().RunAsync(settings);
        for (int stop = 1; stop <= 15; stop++)
        {
            SourceRunner first = await new SourceRunner { StopAfter = stop, MaxRows = 111 }.RunAsync(settings);
            SourceRunner rest = await new SourceRunner { Committed = first.Committed, MaxRows = 97 }.RunAsync(settings);

            first.Rows.Concat(rest.Rows).Select(r => r.Text).ShouldBe(whole.Rows.Select(r => r.Text));
        }
    }

    [Fact]
    public async Task Plain_gzip_and_one_database_alone_give_the_same_rows()
    {
        string source = Path.Combine(SharedData.Folder("mongodump"), "sample_mflix");
        Directory.CreateDirectory(Path.Combine(_folder.FullName, "sample_mflix"));
        foreach (string file in Directory.EnumerateFiles(source))
        {
            using FileStream plain = File.OpenRead(file);
            using var zipped = new System.IO.Compression.GZipStream(
                File.Create(Path.Combine(_folder.FullName, "sample_mflix", Path.GetFileName(file) + ".gz")), System.IO.Compression.CompressionLevel.Fastest);
            plain.CopyTo(zipped);
        }

        SourceRunner plainRun = await new SourceRunner().RunAsync(RealDump("sample_mflix.theaters"));
        SourceRunner zippedRun = await new SourceRunner().RunAsync(Settings(new() { Dump = _folder.FullName }, "sample_mflix.theaters"));
        SourceRunner singleRun = await new SourceRunner().RunAsync(Settings(new() { Dump = source, Database = "sample_mflix" }, "theaters"));
        SourceRunner stopped = await new SourceRunner { StopAfter = 3, MaxRows = 200 }.RunAsync(
            Settings(new() { Dump = _folder.FullName }, "sample_mflix.theaters"));
        SourceRunner resumed = await new SourceRunner { Committed = stopped.Committed }.RunAsync(
            Settings(new() { Dump = _folder.FullName }, "sample_mflix.theaters"));

        zippedRun.Rows.Select(r => r.Text).ShouldBe(plainRun.Rows.Select(r => r.Text));
        singleRun.Rows.Select(r => r.Values).Select(v => v["_id"]).ShouldBe(plainRun.Rows.Select(r => r.Values["_id"]));
        singleRun.Rows.ShouldAllBe(r => r.Dataset == "theaters");
        stopped.Rows.Concat(resumed.Rows).Select(r => r.Text).ShouldBe(plainRun.Rows.Select(r => r.Text));
    }

    [Fact]
    public async Task An_offset_in_a_compressed_file_says_that_it_counts_uncompressed_bytes()
    {
        byte[] documents = [.. Enumerable.Range(0, 3000).SelectMany(i => DumpWriter.Bson($"{{\"_id\":{i},\"t\":\"{Guid.NewGuid()}\"}}"))];
        using var packed = new MemoryStream();
        using (var gzip = new System.IO.Compression.GZipStream(packed, System.IO.Compression.CompressionLevel.Fastest, leaveOpen: true))
        {
            gzip.Write(documents.AsSpan()[..^10]);
        }

        string dump = Directory.CreateTempSubdirectory("millrace-gzip-").FullName;
        Directory.CreateDirectory(Path.Combine(dump, "shop"));
        string file = Path.Combine(dump, "shop", "orders.bson.gz");
        try
        {
            File.WriteAllBytes(file, packed.ToArray());
            SourceRunner cut = await Read();
            File.WriteAllBytes(file, packed.ToArray()[..^500]);
            SourceRunner truncated = await Read();

            cut.Error.ShouldNotBeNull().Message.ShouldContain("of the uncompressed data");
            cut.Error.Fix.ShouldNotBeNull().ShouldContain("--full-refresh");
            truncated.Error.ShouldNotBeNull().Message.ShouldContain("of the uncompressed data");
            truncated.Rows.Count.ShouldBeInRange(1, 2999);
        }
        finally
        {
            Directory.Delete(dump, recursive: true);
        }

        Task<SourceRunner> Read() =>
            new SourceRunner().RunAsync(SourceRunner.Settings(new MongoDbOptions { Dump = dump }, ReplicationMethod.FullRefresh, "", "shop.orders"));
    }

    [Fact]
    public async Task A_truncated_file_gives_what_stands_before_and_then_the_same_error_every_time()
    {
        SourceSettings settings = Damaged(bytes => bytes[..^1000]);
        SourceRunner whole = await new SourceRunner().RunAsync(RealDump("sample_analytics.accounts"));
        SourceRunner first = await new SourceRunner { MaxRows = 500 }.RunAsync(settings);
        SourceRunner second = await new SourceRunner { Committed = first.Committed }.RunAsync(settings);

        first.Error.ShouldNotBeNull().Code.ShouldBe(ErrorCodes.DumpTruncated);
        first.Error.Message.ShouldContain("accounts.bson");
        first.Rows.Count.ShouldBeInRange(1700, 1745);
        first.Rows.Select(r => r.Text).ShouldBe(whole.Rows.Take(first.Rows.Count).Select(r => r.Text));
        second.Error.ShouldNotBeNull().Message.ShouldBe(first.Error.Message);
        second.Rows.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_corrupt_document_goes_to_quarantine_and_reading_goes_on()
    {
        // The type byte of the first element of the third document.
        SourceSettings settings = Damaged(bytes =>
        {
            int at = 0;
            for (int i = 0; i < 2; i++)
            {
                at += BitConverter.ToInt32(bytes, at);
            }

            bytes[at + 4] = 0x55;
            return bytes;
        });
        SourceRunner run = await new SourceRunner().RunAsync(settings);
        SourceRunner hidden = await new SourceRunner { Configure = s => s with { HidesRaw = true } }.RunAsync(settings);

        run.Error.ShouldBeNull();
        run.Rows.Count.ShouldBe(1745);
        run.Rejected.ShouldHaveSingleItem().Code.ShouldBe(ErrorCodes.BsonCorrupt);
        run.Rejected[0].Position.ShouldStartWith("mongodb.dump/0000000000000");
        run.Rejected[0].Raw.ShouldNotBeNull().ShouldContain("$hex");
        hidden.Rejected.ShouldHaveSingleItem().Raw.ShouldBeNull();
    }

    [Fact]
    public async Task A_length_that_cannot_be_right_ends_reading_with_the_place()
    {
        SourceSettings settings = Damaged(bytes =>
        {
            BitConverter.GetBytes(-5).CopyTo(bytes, BitConverter.ToInt32(bytes, 0));
            return bytes;
        });
        SourceRunner run = await new SourceRunner().RunAsync(settings);

        run.Rows.Count.ShouldBe(1);
        run.Error.ShouldNotBeNull().Code.ShouldBe(ErrorCodes.DumpCorrupt);
        run.Error.Message.ShouldContain($"at byte {run.Bytes}");
    }

    [Fact]
    public async Task A_dump_that_changed_under_an_unfinished_snapshot_is_history_lost()
    {
        SourceSettings settings = Damaged(bytes => bytes);
        SourceRunner first = await new SourceRunner { StopAfter = 1, MaxRows = 100 }.RunAsync(settings);
        Damaged(bytes => bytes[BitConverter.ToInt32(bytes, 0)..]);
        SourceRunner second = await new SourceRunner { Committed = first.Committed }.RunAsync(settings);

        second.Error.ShouldNotBeNull().Code.ShouldBe(ErrorCodes.HistoryLost);
        second.Error.Fix.ShouldNotBeNull().ShouldContain("resnapshot");
    }

    [Fact]
    public async Task Filter_and_fields_are_applied_and_filtered_documents_count_as_payload()
    {
        SourceRunner run = await new SourceRunner
        {
            Configure = s => s with { Filter = """{"state": "AK"}""", Fields = ["city", "pop"] },
        }.RunAsync(RealDump("sample_training.zips"));

        run.Rows.Count.ShouldBeInRange(100, 400);
        run.Rows.ShouldAllBe(r => r.Values.Keys.SequenceEqual(new[] { "_id", "city", "pop" }));
        run.Bytes.ShouldBe(3285790);
    }

    [Fact]
    public async Task A_dataset_that_is_not_there_is_a_coded_error()
    {
        SourceRunner run = await new SourceRunner().RunAsync(RealDump("sample_mflix.nothing"));

        run.Error.ShouldNotBeNull().Code.ShouldBe(ErrorCodes.DatasetNotFound);
    }

    [Fact]
    public async Task Discovery_lists_the_collections_with_exact_sizes()
    {
        IReadOnlyList<DatasetInfo> found = await new MongoDbConnector().DiscoverAsync(
            new("backup", new MongoDbOptions { Dump = SharedData.Folder("mongodump") }, "/"), TestContext.Current.CancellationToken);

        found.Select(d => d.Name).ShouldBe(
            ["sample_analytics.accounts", "sample_analytics.customers", "sample_geospatial.shipwrecks", "sample_mflix.theaters", "sample_mflix.users", "sample_training.zips"]);
        DatasetInfo accounts = found[0];
        accounts.Waiting.ShouldBe(new Estimate(1746, Certainty.Exact, 223235, Certainty.Exact));
        accounts.Schema.Key.ShouldBe(["_id"]);
        accounts.Schema.Columns[0].SourceType.ShouldBe("objectId");
    }

    private static SourceSettings RealDump(string dataset) => Settings(new() { Dump = SharedData.Folder("mongodump") }, dataset);

    private static SourceSettings Settings(MongoDbOptions options, string dataset) =>
        SourceRunner.Settings(options, ReplicationMethod.FullRefresh, "", dataset);

    private SourceSettings Damaged(Func<byte[], byte[]> damage)
    {
        string folder = Path.Combine(_folder.FullName, "sample_analytics");
        Directory.CreateDirectory(folder);
        byte[] bytes = File.ReadAllBytes(Path.Combine(SharedData.Folder("mongodump"), "sample_analytics", "accounts.bson"));
        File.WriteAllBytes(Path.Combine(folder, "accounts.bson"), damage(bytes));
        return Settings(new() { Dump = _folder.FullName }, "sample_analytics.accounts");
    }
}
