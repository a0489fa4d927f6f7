using System.Security.Cryptography;
using Millrace.Cli.Samples;
using Millrace.Connectors.MongoDb.Bson;

namespace Millrace.UnitTests.Cli;

public sealed class ShopSampleTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("millrace-sample-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void The_same_seed_gives_the_same_bytes()
    {
        Write("a", changes: 200, seed: 7);
        Write("b", changes: 200, seed: 7);
        Write("c", changes: 200, seed: 8);

        Hashes("a").ShouldBe(Hashes("b"));
        Hashes("a").ShouldNotBe(Hashes("c"));
    }

    [Fact]
    public void Changes_come_after_the_same_dump()
    {
        Write("before", changes: 0, seed: 3);
        Write("after", changes: 500, seed: 3);

        Hashes("after").Where(f => !f.Key.StartsWith("changes", StringComparison.Ordinal)).ShouldBe(Hashes("before"));
    }

    [Fact]
    public void Oplog_files_overlap_by_one_entry_and_go_up()
    {
        ShopSampleResult sample = Write("a", changes: 500, seed: 1);
        List<List<byte[]>> files = [.. sample.LogFiles.Prepend("oplog.bson").Select(f => Documents(Path.Combine(sample.Folder, f)))];

        sample.LogFiles.Count.ShouldBeGreaterThan(1);
        foreach ((List<byte[]> before, List<byte[]> after) in files.Zip(files.Skip(1)))
        {
            after[0].ShouldBe(before[^1]);
        }

        foreach (List<byte[]> file in files)
        {
            ulong[] times = [.. file.Select(Timestamp)];
            times.ShouldBe(times.Order());
            times.ShouldBeUnique();
        }
    }

    [Fact]
    public void Orders_are_of_the_size_that_benchmarks_speak_of()
    {
        ShopSampleResult sample = Write("a", changes: 0, seed: 1);
        List<byte[]> orders = Documents(Path.Combine(sample.Folder, "shop", "orders.bson"));

        orders.Average(o => o.Length).ShouldBeInRange(320, 360);
        orders.Count.ShouldBe(sample.Documents[0].Documents);
        orders.ForEach(o => BsonValidator.Validate(o));
    }

    [Fact]
    public void What_is_said_of_the_log_is_what_stands_on_the_disk_and_nothing_of_an_earlier_sample_stays()
    {
        ShopSampleResult sample = Write("a", changes: 500, seed: 1);
        sample.LogBytes.ShouldBe(sample.LogFiles.Sum(f => new FileInfo(Path.Combine(sample.Folder, f)).Length));
        string[] files = [.. sample.LogFiles.Select(f => Path.Combine(sample.Folder, f))];

        sample = Write("a", changes: 0, seed: 1);
        files.ShouldAllBe(f => !File.Exists(f));
        sample.DumpLogBytes.ShouldBe(new FileInfo(Path.Combine(sample.Folder, "oplog.bson")).Length);
    }

    private ShopSampleResult Write(string name, int changes, long seed) =>
        ShopSample.Write(new ShopSampleOptions(Path.Combine(_folder.FullName, name), 2_000, changes, seed));

    private Dictionary<string, string> Hashes(string name)
    {
        string root = Path.Combine(_folder.FullName, name);
        return Directory.EnumerateFiles(root, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)
            .ToDictionary(f => Path.GetRelativePath(root, f), f => Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(f))));
    }

    private static List<byte[]> Documents(string path)
    {
        byte[] bytes = File.ReadAllBytes(path);
        List<byte[]> documents = [];
        for (int at = 0; at < bytes.Length;)
        {
            int length = BitConverter.ToInt32(bytes, at);
            documents.Add(bytes[at..(at + length)]);
            at += length;
        }

        return documents;
    }

    // The entry's ts is its last timestamp field: type byte, "ts", NUL, eight bytes.
    private static ulong Timestamp(byte[] entry)
    {
        int at = entry.AsSpan().LastIndexOf("\u0011ts\0"u8);
        return BitConverter.ToUInt64(entry, at + 4);
    }
}
