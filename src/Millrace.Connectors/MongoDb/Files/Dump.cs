using System.Collections.Immutable;
using Millrace.Core.Errors;

namespace Millrace.Connectors.MongoDb.Files;

/// <summary>What mongodump wrote, a folder or an archive.</summary>
/// <param name="Path">Where it is.</param>
/// <param name="Collections">Its collections, by name.</param>
/// <param name="Oplog">The oplog that was dumped with it, or null.</param>
internal sealed record Dump(string Path, ImmutableArray<DumpedCollection> Collections, IDocumentFile? Oplog)
{
    /// <summary>Opens a folder or an archive.</summary>
    /// <exception cref="MillraceException">MR1112 where there is neither; MR1004 where it cannot be read; MR1117 for a broken archive.</exception>
    public static Dump Open(string path)
    {
        if (Directory.Exists(path))
        {
            return DumpFolder.Open(path);
        }

        if (File.Exists(path))
        {
            return DumpArchive.Open(path);
        }

        throw new MillraceException(
            ErrorCodes.DumpNotFound,
            $"There is neither a folder nor a file at {path}.",
            "Set dump: to the folder that mongodump wrote, or to the file of mongodump --archive.",
            "dump");
    }

    /// <summary>The collection of a name, or null.</summary>
    public DumpedCollection? Find(MongoNamespace name) => Collections.FirstOrDefault(c => c.Name == name);
}
