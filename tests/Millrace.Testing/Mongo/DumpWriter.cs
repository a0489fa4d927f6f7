using System.IO.Compression;
using System.Text;

namespace Millrace.Testing.Mongo;

/// <summary>Writes what mongodump writes.</summary>
public static class DumpWriter
{
    /// <summary>Writes every collection of the model as it is now, with its metadata file.</summary>
    /// <param name="folder">The dump's folder; collections go to a folder of their database in it.</param>
    /// <param name="model">The server.</param>
    /// <param name="gzip">As <c>mongodump --gzip</c>.</param>
    public static void WriteCollections(string folder, MongoModel model, bool gzip = false)
    {
        foreach ((string ns, ModelCollection collection) in model.Collections)
        {
            WriteCollection(folder, ns, collection.Id, collection.Documents.Select(d => d.ToBytes()), gzip);
        }
    }

    /// <summary>Writes one collection.</summary>
    public static void WriteCollection(string folder, string ns, Guid id, IEnumerable<byte[]> documents, bool gzip = false)
    {
        int dot = ns.IndexOf('.', StringComparison.Ordinal);
        string parent = Path.Combine(folder, ns[..dot]);
        string stem = Path.Combine(parent, Uri.EscapeDataString(ns[(dot + 1)..]));
        Directory.CreateDirectory(parent);
        WriteFile(stem + ".bson", documents, gzip);
        string metadata = $$$"""
            {"options":{},"indexes":[{"v":{"$numberInt":"2"},"key":{"_id":{"$numberInt":"1"}},"name":"_id_"}],"uuid":"{{{id:N}}}","collectionName":"{{{ns[(dot + 1)..]}}}","type":"collection"}
            """;
        using Stream output = Create(stem + ".metadata.json", gzip);
        output.Write(Encoding.UTF8.GetBytes(metadata));
    }

    /// <summary>Writes documents one after another.</summary>
    public static void WriteFile(string path, IEnumerable<byte[]> documents, bool gzip = false)
    {
        using Stream output = Create(path, gzip);
        foreach (byte[] document in documents)
        {
            output.Write(document);
        }
    }

    private static Stream Create(string path, bool gzip) =>
        gzip ? new GZipStream(File.Create(path + ".gz"), CompressionLevel.Fastest) : File.Create(path);
}
