using Millrace.Connectors.MongoDb.Bson;
using Millrace.Connectors.MongoDb.Images;

namespace Millrace.IntegrationTests.MongoDb;

/// <summary>The store of after-images against a model of it, killed whenever it likes.</summary>
public sealed class AfterImagesTests : IDisposable
{
    private const int SegmentBytes = 20_000;

    private static readonly string[] Names = ["shop.a", "shop.b", "shop.c", "other.a"];

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("millrace-images-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public async Task Documents_are_what_was_put_now_and_what_was_acknowledged_after_a_kill(int seed)
    {
        var random = new Random(seed);
        var model = new Model();
        Model acknowledged = model.Copy();
        ulong? position = null;
        string directory = NewDirectory();
        AfterImages images = AfterImages.Open(directory, SegmentBytes);
        try
        {
            images.Reset(1);
            for (ulong step = 1; step < 4000; step++)
            {
                Change(images, model, random);
                Compare(images, model, Names[random.Next(Names.Length)], random.Next(60));
                if (random.Next(40) == 0)
                {
                    images.Mark(step, 0);
                    await images.AcknowledgeAsync(step);
                    (acknowledged, position) = (model.Copy(), step);
                }

                if (random.Next(150) == 0)
                {
                    await images.SettleAsync();
                    // As a killed process leaves it: what is not written is lost, what is not committed may be there.
                    string left = NewDirectory();
                    CopyAll(directory, left);
                    if (random.Next(2) == 0)
                    {
                        images.Dispose();
                        images = AfterImages.Open(left, SegmentBytes);
                        (directory, model) = (left, acknowledged.Copy());
                    }

                    using AfterImages reopened = left == directory ? null! : AfterImages.Open(left, SegmentBytes);
                    (reopened ?? images).Position.ShouldBe(position);
                    CompareAll(reopened ?? images, acknowledged);
                }
            }

            images.Mark(5000, 0);
            images.Acknowledge(5000);
            CompareAll(images, model);
        }
        finally
        {
            images.Dispose();
        }
    }

    [Fact]
    public void What_is_not_needed_any_more_is_given_up()
    {
        string directory = NewDirectory();
        long live = 0;
        for (int run = 0; run < 20; run++)
        {
            using AfterImages images = AfterImages.Open(directory, SegmentBytes);
            int collection = images.CollectionOf("shop.a");
            live = 0;
            for (int id = 0; id < 400; id++)
            {
                byte[] document = Document(id, run, 300);
                images.Put(collection, Id(document), document);
                live += document.Length;
            }

            images.Mark((ulong)run + 1, 0);
            images.Acknowledge((ulong)run + 1);
        }

        long bytes = Directory.GetFiles(Path.Combine(directory, "mongodb-images"), "*.images").Sum(f => new FileInfo(f).Length);
        bytes.ShouldBeInRange(live, (3 * live) + (3 * SegmentBytes));
    }

    /// <summary>A lookup before each commit, as a reader does: its transaction must not keep SQLite's log from being used anew.</summary>
    [Fact]
    public void The_index_s_own_log_does_not_grow_with_every_commit()
    {
        string directory = NewDirectory();
        using AfterImages images = AfterImages.Open(directory);
        int collection = images.CollectionOf("shop.a");
        var random = new Random(5);
        using var document = new ByteBuffer();
        for (int round = 1; round <= 700; round++)
        {
            for (int i = 0; i < (round == 1 ? 20_000 : 20); i++)
            {
                byte[] put = Document(round == 1 ? i : random.Next(20_000), round, 10);
                images.TryGet(collection, Id(put), document);
                images.Put(collection, Id(put), put);
            }

            images.Mark((ulong)round, 0);
            images.Acknowledge((ulong)round);
        }

        new FileInfo(Path.Combine(directory, "mongodb-images", "index.db-wal")).Length.ShouldBeLessThan(24 << 20);
    }

    /// <summary>The page of a small table that is read when the store is opened.</summary>
    [Fact]
    public void A_store_that_is_found_damaged_while_it_is_opened_is_made_anew()
    {
        string directory = NewDirectory();
        using (AfterImages images = AfterImages.Open(directory))
        {
            images.Put(images.CollectionOf("shop.a"), Id(Document(1, 1, 1)), Document(1, 1, 1));
            images.Mark(7, 0);
            images.Acknowledge(7);
        }

        string index = Path.Combine(directory, "mongodb-images", "index.db");
        byte[] bytes = File.ReadAllBytes(index);
        int name = bytes.AsSpan().LastIndexOf("shop.a"u8);
        bytes.AsSpan(name / 4096 * 4096, 4096).Fill(0xA5);
        File.WriteAllBytes(index, bytes);
        using AfterImages anew = AfterImages.Open(directory);
        anew.Position.ShouldBeNull();
    }

    private static void Change(AfterImages images, Model model, Random random)
    {
        string name = Names[random.Next(Names.Length)];
        int id = random.Next(60);
        int dice = random.Next(1000);
        if (dice < 5)
        {
            images.Drop(name);
            model.Collections.Remove(name);
        }
        else if (dice < 10)
        {
            string to = Names[random.Next(Names.Length)];
            if (to != name)
            {
                images.Rename(name, to);
                model.Rename(name, to);
            }
        }
        else
        {
            byte[] document = Document(id, random.Next(), random.Next(20) == 0 ? random.Next(50_000) : random.Next(400));
            int collection = images.CollectionOf(name);
            if (dice < 250)
            {
                images.Delete(collection, Id(document));
                model.Of(name).Remove(id);
            }
            else
            {
                images.Put(collection, Id(document), document);
                model.Of(name)[id] = document;
            }
        }
    }

    private static void CompareAll(AfterImages images, Model model)
    {
        foreach (string name in Names)
        {
            for (int id = 0; id < 60; id++)
            {
                Compare(images, model, name, id);
            }

            using var document = new ByteBuffer();
            var walked = new List<byte[]>();
            if (images.Find(name) is { } collection)
            {
                ImageWalk walk = images.Walk(collection);
                while (walk.Next(document))
                {
                    walked.Add(document.WrittenSpan.ToArray());
                }
            }

            walked.Count.ShouldBe(model.Collections.GetValueOrDefault(name)?.Count ?? 0);
        }
    }

    private static void Compare(AfterImages images, Model model, string name, int id)
    {
        using var document = new ByteBuffer();
        byte[]? expected = model.Collections.GetValueOrDefault(name)?.GetValueOrDefault(id);
        bool found = images.Find(name) is { } collection && images.TryGet(collection, Id(Document(id, 0, 0)), document);
        found.ShouldBe(expected is not null);
        if (expected is not null)
        {
            document.WrittenSpan.SequenceEqual(expected).ShouldBeTrue();
        }
    }

    // Short keys of their own bytes, and long ones that begin alike.
    private static byte[] Document(int id, int value, int pad)
    {
        string key = id % 3 == 0 ? $"\"a long key that begins as others do {id}\"" : $"{id}";
        return DumpWriter.Bson($"{{\"_id\":{key},\"v\":{value},\"pad\":\"{new string('x', pad)}\"}}");
    }

    private static BsonValue Id(byte[] document)
    {
        var reader = new BsonReader(document);
        reader.Find("_id"u8);
        return reader.Current;
    }

    private static void CopyAll(string from, string to)
    {
        foreach (string file in Directory.GetFiles(from, "*", SearchOption.AllDirectories))
        {
            string target = Path.Combine(to, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            using var source = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            using FileStream copy = File.Create(target);
            source.CopyTo(copy);
        }
    }

    private string NewDirectory() => Directory.CreateDirectory(Path.Combine(_folder.FullName, Guid.NewGuid().ToString("N"))).FullName;

    private sealed class Model
    {
        public Dictionary<string, Dictionary<int, byte[]>> Collections { get; } = new(StringComparer.Ordinal);

        public Dictionary<int, byte[]> Of(string name)
        {
            if (!Collections.TryGetValue(name, out Dictionary<int, byte[]>? documents))
            {
                Collections[name] = documents = [];
            }

            return documents;
        }

        public void Rename(string from, string to)
        {
            if (Collections.Remove(from, out Dictionary<int, byte[]>? documents))
            {
                Collections[to] = documents;
            }
        }

        public Model Copy()
        {
            var copy = new Model();
            foreach ((string name, Dictionary<int, byte[]> documents) in Collections)
            {
                copy.Collections[name] = new(documents);
            }

            return copy;
        }
    }
}
