using Millrace.Connectors.MongoDb;
using Millrace.Core.Contracts;
using Millrace.Core.Errors;

namespace Millrace.IntegrationTests.MongoDb;

/// <summary>The local store of after-images is damaged between two runs: it can be rebuilt, so a task goes on with it rebuilt.</summary>
public sealed class DamagedImagesTests : IDisposable
{
    private const int PageSize = 4096;

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("millrace-damaged-");

    private string DumpPath => Path.Combine(_folder.FullName, "dump");

    private string State => Path.Combine(_folder.FullName, "state");

    private string Store => Path.Combine(State, "mongodb-images");

    private string Index => Path.Combine(Store, "index.db");

    private string Documents => Directory.GetFiles(Store, "*.images").ShouldHaveSingleItem();

    public void Dispose() => _folder.Delete(recursive: true);

    /// <summary>Where the damage shows only when documents are looked up, one run fails, and the next one rebuilds the store.</summary>
    [Theory]
    [InlineData("index", 0)]
    [InlineData("index", 0.2)]
    [InlineData("index", 0.5)]
    [InlineData("index", 0.8)]
    [InlineData("documents", 0)]
    [InlineData("documents", 0.5)]
    [InlineData("documents", 0.8)]
    [InlineData("documents", -1)]
    [InlineData("key", 0x0f)]
    [InlineData("key", 0x80)]
    public async Task A_damaged_store_is_built_anew_and_no_change_is_lost(string file, double where)
    {
        var committed = new Dictionary<string, Position>(StringComparer.Ordinal);
        await FirstRun(committed);
        if (file == "key")
        {
            ChangeKey((byte)where);
        }
        else
        {
            Damage(file == "index" ? Index : Documents, where);
        }

        SourceRunner run = await Run(committed);
        List<SeenRow> rows = run.Rows;
        if (run.Error is { } error)
        {
            error.Code.ShouldBe(ErrorCodes.ImageStoreFailed);
            Directory.Exists(Store).ShouldBeFalse();
            SourceRunner again = await Run(committed);
            again.Error.ShouldBeNull();
            rows.AddRange(again.Rows);
        }

        run.Rejected.ShouldBeEmpty();
        rows.Select(r => $"{r.Values["_id"]} {r.Values["n"]} {r.Values["pad"].Length}").ShouldBe(
            Enumerable.Range(0, 400).Select(i => $"{i} {i + 1} 300"));
    }

    [Fact]
    public async Task A_damaged_header_is_no_error()
    {
        var committed = new Dictionary<string, Position>(StringComparer.Ordinal);
        await FirstRun(committed);
        File.WriteAllBytes(Index, Noise(8 * PageSize));
        SourceRunner run = await Run(committed);

        run.Error.ShouldBeNull();
        run.Rows.Count.ShouldBe(400);
        run.Rows.ShouldAllBe(r => r.Values["pad"].Length == 300);
    }

    [Fact]
    public async Task A_file_in_the_place_of_the_store_is_told_and_left_alone()
    {
        Directory.CreateDirectory(State);
        File.WriteAllText(Store, "mine");
        WriteFirst();

        SourceRunner run = await Run([]);

        MillraceException error = run.Error.ShouldNotBeNull();
        error.Code.ShouldBe(ErrorCodes.ImageStoreFailed);
        error.Message.ShouldContain(Store);
        error.Fix.ShouldNotBeNull();
        File.ReadAllText(Store).ShouldBe("mine");

        File.Delete(Store);
        SourceRunner again = await Run(run.Committed);
        again.Error.ShouldBeNull();
        run.Rows.Concat(again.Rows).Count().ShouldBe(401);
    }

    private async Task FirstRun(Dictionary<string, Position> committed)
    {
        string first = WriteFirst();
        (await Run(committed)).Error.ShouldBeNull();
        DumpWriter.Oplog(Path.Combine(_folder.FullName, "log", "2.bson"), Enumerable.Range(0, 400).Select(Update).Prepend(first));
    }

    private string WriteFirst()
    {
        string pad = new('x', 300);
        DumpWriter.Collection(DumpPath, "shop", "people", Enumerable.Range(0, 400).Select(i => $"{{\"_id\":{i},\"n\":0,\"pad\":\"{pad}\"}}"));
        string first = DumpWriter.Entry(10, "i", "shop.people", $"{{\"_id\":1000,\"n\":0,\"pad\":\"{pad}\"}}");
        DumpWriter.Oplog(Path.Combine(_folder.FullName, "log", "1.bson"), [first]);
        return first;
    }

    private static string Update(int id) =>
        DumpWriter.Entry((uint)(11 + id), "u", "shop.people", $"{{\"$v\":2,\"diff\":{{\"u\":{{\"n\":{id + 1}}}}}}}", $"{{\"_id\":{id}}}");

    /// <summary>Overwrites four whole pages, or cuts the last bytes off.</summary>
    private static void Damage(string path, double where)
    {
        using FileStream file = File.OpenWrite(path);
        if (where < 0)
        {
            file.SetLength(file.Length - 100);
            return;
        }

        file.Position = (long)(file.Length / PageSize * where) * PageSize;
        file.Write(Noise(4 * PageSize));
    }

    /// <summary>Turns a key of the index into another one: SQLite keeps no checksums.</summary>
    private void ChangeKey(byte mask)
    {
        byte[] bytes = File.ReadAllBytes(Index);
        int key = bytes.AsSpan().IndexOf((ReadOnlySpan<byte>)[0x12, 0x80, 0, 0, 0, 0, 0, 0, 0x56]);
        key.ShouldBeGreaterThan(0);
        bytes[key + 8] ^= mask;
        File.WriteAllBytes(Index, bytes);
    }

    private static byte[] Noise(int length)
    {
        byte[] noise = new byte[length];
        new Random(7).NextBytes(noise);
        return noise;
    }

    private async Task<SourceRunner> Run(Dictionary<string, Position> committed)
    {
        var options = new MongoDbOptions { Dump = DumpPath, Oplog = [Path.Combine(_folder.FullName, "log", "*.bson")], Database = "shop" };
        return await new SourceRunner { Committed = committed }.RunAsync(
            SourceRunner.Settings(options, ReplicationMethod.ChangeCapture, State, "people"));
    }
}
