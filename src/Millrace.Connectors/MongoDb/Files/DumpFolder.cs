using Millrace.Core.Errors;

namespace Millrace.Connectors.MongoDb.Files;

/// <summary>
/// A folder that mongodump wrote: one folder a database with <c>NAME.bson[.gz]</c> and <c>NAME.metadata.json[.gz]</c>, and at the top
/// <c>oplog.bson</c> when it ran with --oplog; or the folder of one database alone.
/// </summary>
internal static class DumpFolder
{
    private const string Data = ".bson";
    private const string Description = ".metadata.json";
    private const string Gzip = ".gz";

    /// <summary>Lists what the folder holds, by name.</summary>
    public static Dump Open(string path)
    {
        try
        {
            var collections = new SortedDictionary<string, DumpedCollection>(StringComparer.Ordinal);
            IDocumentFile? oplog = null;
            foreach (string file in Directory.EnumerateFiles(path).Order(StringComparer.Ordinal))
            {
                if (Path.GetFileName(file) is "oplog.bson" or "oplog.bson.gz")
                {
                    oplog = new DocumentFile(file);
                }
            }

            string ownName = Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(path)));
            AddDatabase(path, ownName, collections, isTop: true);
            foreach (string folder in Directory.EnumerateDirectories(path))
            {
                AddDatabase(folder, Unescape(Path.GetFileName(folder)), collections, isTop: false);
            }

            return new Dump(path, [.. collections.Values], oplog ?? LocalOplog(collections));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            FileAccessor.ThrowUnreadable(path, exception);
            return null;
        }
    }

    private static IDocumentFile? LocalOplog(SortedDictionary<string, DumpedCollection> collections) =>
        collections.TryGetValue("local.oplog.rs", out DumpedCollection? found) ? found.Documents : null;

    private static void AddDatabase(string folder, string database, SortedDictionary<string, DumpedCollection> collections, bool isTop)
    {
        foreach (string file in Directory.EnumerateFiles(folder).Order(StringComparer.Ordinal))
        {
            string name = Path.GetFileName(file);
            if (isTop && name is ("oplog.bson" or "oplog.bson.gz"))
            {
                continue;
            }

            if (StemOf(name, Data) is { } stem)
            {
                CollectionMetadata metadata = ReadMetadata(folder, stem);
                Add(collections, new(NameOf(database, stem, metadata), new DocumentFile(file), metadata));
            }
            else if (StemOf(name, Description) is { } described)
            {
                CollectionMetadata metadata = ReadMetadata(folder, described);
                MongoNamespace collection = NameOf(database, described, metadata);
                collections.TryAdd(collection.ToString(), new(collection, null, metadata));
            }
        }
    }

    private static void Add(SortedDictionary<string, DumpedCollection> collections, DumpedCollection collection)
    {
        string name = collection.Name.ToString();
        if (collections.TryGetValue(name, out DumpedCollection? other) && other.Documents is { } file)
        {
            throw new MillraceException(
                ErrorCodes.DumpCorrupt,
                $"The dump holds {name} twice: {file.Path} and {collection.Documents!.Path}.",
                "Remove the file that does not belong to this dump.");
        }

        collections[name] = collection;
    }

    private static MongoNamespace NameOf(string database, string stem, CollectionMetadata metadata)
    {
        // The buckets of a time series share the metadata of the series; their own name stands only in the file's name.
        string plain = Unescape(stem);
        return new(database, plain.StartsWith("system.buckets.", StringComparison.Ordinal) ? plain : metadata.Name ?? plain);
    }

    private static CollectionMetadata ReadMetadata(string folder, string stem)
    {
        foreach (string suffix in (ReadOnlySpan<string>)[Description, Description + Gzip])
        {
            string path = Path.Combine(folder, stem + suffix);
            if (File.Exists(path))
            {
                using Stream stream = new DocumentFile(path).Open(0);
                using var text = new MemoryStream();
                try
                {
                    stream.CopyTo(text);
                }
                catch (InvalidDataException exception)
                {
                    FileAccessor.ThrowUnreadable(path, exception);
                }

                return CollectionMetadata.Parse(text.GetBuffer().AsMemory(0, (int)text.Length));
            }
        }

        return CollectionMetadata.None;
    }

    private static string? StemOf(string name, string suffix)
    {
        if (name.EndsWith(Gzip, StringComparison.Ordinal))
        {
            name = name[..^Gzip.Length];
        }

        return name.Length > suffix.Length && name.EndsWith(suffix, StringComparison.Ordinal) ? name[..^suffix.Length] : null;
    }

    // mongodump escapes what a file name cannot hold as %XX of the UTF-8 bytes.
    private static string Unescape(string name) => Uri.UnescapeDataString(name);
}
