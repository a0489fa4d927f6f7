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
