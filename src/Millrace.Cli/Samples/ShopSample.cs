using System.Text;
using Millrace.Connectors.MongoDb.Bson;
using Millrace.Core.Errors;

namespace Millrace.Cli.Samples;

/// <summary>What a sample is made from.</summary>
/// <param name="Folder">Where it goes.</param>
/// <param name="Orders">Orders in the dump, 1 to 10,000,000.</param>
/// <param name="Changes">Documents changed after the dump.</param>
/// <param name="Seed">Equal seeds give equal bytes.</param>
internal sealed record ShopSampleOptions(string Folder, int Orders, int Changes, long Seed);

/// <summary>What was written.</summary>
/// <param name="Folder">Where it is.</param>
/// <param name="Documents">Documents in each collection of the dump.</param>
/// <param name="DumpBytes">Bytes of the collections.</param>
/// <param name="DumpLogBytes">Bytes of the dump's own oplog.bson.</param>
/// <param name="LogFiles">The oplog files, in order, relative to the folder.</param>
/// <param name="LogBytes">Bytes of the oplog files after the dump.</param>
/// <param name="Changes">Documents changed after the dump.</param>
internal sealed record ShopSampleResult(
    string Folder,
    IReadOnlyList<(string Collection, int Documents)> Documents,
    long DumpBytes,
    long DumpLogBytes,
    IReadOnlyList<string> LogFiles,
    long LogBytes,
    int Changes);

/// <summary>
/// Writes what <c>mongodump --oplog</c> leaves of a small shop: <c>shop/*.bson</c> with metadata, the <c>oplog.bson</c> of the
/// time that the dump took, and in <c>changes/oplog/</c> the log that came after it, in files that overlap by one entry. (Two folders down: a
/// folder right inside a dump is a database.)
/// </summary>
internal sealed class ShopSample
{
    /// <summary>Where the log after the dump goes, inside the sample's folder.</summary>
    public const string LogFolder = "changes/oplog";

    private const int FlushAt = 1 << 20;
    private const int FewestFiles = 4;
    private const int MostChangesInAFile = 50_000;

    // The dump is taken a year after the first order at the earliest; later than every order in it.
    private const long SecondsToDump = 366L * 86_400;

    private readonly ShopSampleOptions _options;
    private readonly ShopDocuments _documents;

    private ShopSample(ShopSampleOptions options)
    {
        _options = options;
        _documents = new ShopDocuments(options.Seed);
    }

    /// <summary>Writes a sample.</summary>
    public static ShopSampleResult Write(ShopSampleOptions options) => new ShopSample(options).Write();

    private ShopSampleResult Write()
    {
        string shop = Path.Combine(_options.Folder, "shop");
        MakeFolder(shop);
        long dumpSecond = ShopDocuments.FirstSecond + SecondsToDump + (_options.Orders * 137L);
        using var log = new OplogFiles(dumpSecond);
        var changes = new ShopChanges(_options.Seed, _options.Orders, _documents, log);
        log.Open(Path.Combine(_options.Folder, "oplog.bson"));
        changes.Write(Math.Max(10, _options.Orders / 1_000));

        // The dump ran while these changes came, so it holds some of them: what is read from it must bear being told again.
        int[] orders = [.. Enumerable.Range(0, _options.Orders).Where(o => o % 2 == 0 || !changes.Deleted.Contains(o))
            .Concat(changes.Inserted.Where(o => o % 2 == 0 && !changes.Deleted.Contains(o)))];
        int customers = ShopDocuments.CustomerCount(_options.Orders);
        int products = ShopDocuments.ProductCount(_options.Orders);
        long bytes = Collection("orders", orders, (w, o) => _documents.Order(w, default, o, _options.Orders))
            + Collection("customers", Enumerable.Range(0, customers), (w, c) => _documents.Customer(w, default, c))
            + Collection("products", Enumerable.Range(0, products), _documents.Product);
        (List<string> files, int done) = WriteLog(log, changes);

        // The last file is whole once it is closed, and measured only then.
        log.Open(null);
        long logBytes = files.Sum(f => new FileInfo(Path.Combine(_options.Folder, f)).Length);
        return new ShopSampleResult(
            _options.Folder, [("orders", orders.Length), ("customers", customers), ("products", products)], bytes,
            new FileInfo(Path.Combine(_options.Folder, "oplog.bson")).Length, files, logBytes, done);
    }

    private (List<string> Files, int Changes) WriteLog(OplogFiles log, ShopChanges changes)
    {
        List<string> files = [];
        int done = 0;
        int perFile = Math.Clamp(_options.Changes / FewestFiles, 1, MostChangesInAFile);
        string folder = Path.Combine(_options.Folder, LogFolder);
        RemoveEarlier(folder);
        if (_options.Changes > 0)
        {
            MakeFolder(folder);
        }

        while (done < _options.Changes)
        {
            string file = $"{LogFolder}/{files.Count + 1:D6}.bson";
            log.Open(Path.Combine(_options.Folder, file));
            done += changes.Write(Math.Min(perFile, _options.Changes - done));
            files.Add(file);
        }

        return (files, done);
    }

    // Files of an earlier sample would be read with this one, whose log they do not continue. Only names that a sample gives are touched.
    private static void RemoveEarlier(string folder)
    {
        if (!Directory.Exists(folder))
        {
            return;
        }

        foreach (string file in Directory.GetFiles(folder, "??????.bson").Where(f => Path.GetFileNameWithoutExtension(f).All(char.IsAsciiDigit)))
        {
            File.Delete(file);
        }
    }

    // Of a place that takes no folders the system says that it is not there.
    private void MakeFolder(string path)
    {
        try
        {
            Directory.CreateDirectory(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException && Starvation.Read(e) is null)
        {
            string reason = e is FileNotFoundException or DirectoryNotFoundException ? "No folder can be made there." : e.Message;
            throw new MillraceException(
                ErrorCodes.FileUnavailable,
                $"The sample cannot be written to {_options.Folder}. {reason}",
                "Name a folder with --out that this user may make and write.",
                inner: e);
        }
    }

    private long Collection(string name, IEnumerable<int> numbers, Action<BsonWriter, int> write)
    {
        string path = Path.Combine(_options.Folder, "shop", name);
        using var buffer = new ByteBuffer(FlushAt + (1 << 16));
        var writer = new BsonWriter(buffer);
        using (var file = new FileStream(path + ".bson", FileMode.Create, FileAccess.Write, FileShare.Read, bufferSize: 0))
        {
            foreach (int number in numbers)
            {
                write(writer, number);
                if (buffer.Length >= FlushAt)
                {
                    file.Write(buffer.WrittenSpan);
                    buffer.Clear();
                }
            }

            file.Write(buffer.WrittenSpan);
        }

        Metadata(path, name);
        return new FileInfo(path + ".bson").Length;
    }

    private static void Metadata(string path, string name)
    {
        Span<byte> uuid = stackalloc byte[16];
        OplogFiles.CollectionUuid(Encoding.UTF8.GetBytes("shop." + name), uuid);
        string text = $$$"""
            {"indexes":[{"v":{"$numberInt":"2"},"key":{"_id":{"$numberInt":"1"}},"name":"_id_"}],"uuid":"{{{Convert.ToHexStringLower(uuid)}}}","collectionName":"{{{name}}}","type":"collection"}
            """;
        File.WriteAllText(path + ".metadata.json", text);
    }
}
