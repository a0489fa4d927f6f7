using System.Buffers.Binary;
using System.IO.Compression;

namespace Millrace.Testing.Mongo;

/// <summary>
/// Writes what <c>mongodump --archive --oplog</c> writes: a magic number, a header, one description a collection, then blocks of documents of
/// several collections in turn, each collection ended by an empty block with the CRC-64 (ECMA, reflected) of its bytes. Source: mongo-tools,
/// <c>common/archive</c>.
/// </summary>
public static class DumpArchiveWriter
{
    private const string OplogName = "oplog";

    private static readonly byte[] Terminator = [0xff, 0xff, 0xff, 0xff];

    /// <summary>Puts a folder that mongodump wrote into an archive, with its oplog.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="path">The archive's file.</param>
    /// <param name="gzip">As <c>mongodump --gzip</c>.</param>
    public static void FromFolder(string folder, string path, bool gzip)
    {
        using Stream output = gzip ? new GZipStream(File.Create(path), CompressionLevel.Fastest) : File.Create(path);
        var members = new List<(string Database, string Collection, List<byte[]> Documents)>();
        foreach (string file in Directory.EnumerateFiles(folder, "*.bson*", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
        {
            string stem = Path.GetFileName(file)[..Path.GetFileName(file).IndexOf(".bson", StringComparison.Ordinal)];
            bool isOplog = Path.GetDirectoryName(file) == Path.GetFullPath(folder) && stem == OplogName;
            members.Add((isOplog ? "" : Path.GetFileName(Path.GetDirectoryName(file)!), Uri.UnescapeDataString(stem), Read(file)));
        }

        output.Write([0x6d, 0xe2, 0x99, 0x81]);
        output.Write(new BsonDoc().Add("concurrent_collections", BsonLeaf.Int32(4)).Add("version", BsonLeaf.String("0.1")).Add("server_version", BsonLeaf.String("8.0.0")).ToBytes());
        foreach ((string database, string collection, List<byte[]> documents) in members)
        {
            output.Write(new BsonDoc().Add("db", BsonLeaf.String(database)).Add("collection", BsonLeaf.String(collection))
                .Add("metadata", BsonLeaf.String("{\"options\":{},\"indexes\":[]}")).Add("size", BsonLeaf.Int32(documents.Sum(d => d.Length))).Add("type", BsonLeaf.String("collection")).ToBytes());
        }

        output.Write(Terminator);
        WriteBlocks(output, members);
    }

    private static void WriteBlocks(Stream output, List<(string Database, string Collection, List<byte[]> Documents)> members)
    {
        ulong[] checksums = new ulong[members.Count];
        int[] next = new int[members.Count];
        var open = new List<int>(Enumerable.Range(0, members.Count));
        while (open.Count > 0)
        {
            foreach (int i in open.ToArray())
            {
                (string database, string collection, List<byte[]> documents) = members[i];
                bool isEnd = next[i] == documents.Count;
                output.Write(Header(database, collection, isEnd, isEnd ? checksums[i] : 0));
                for (int count = 0; count < 5 + i && next[i] < documents.Count; count++)
                {
                    byte[] document = documents[next[i]++];
                    output.Write(document);
                    checksums[i] = Checksum(checksums[i], document);
                }

                output.Write(Terminator);
                if (isEnd)
                {
                    open.Remove(i);
                }
            }
        }
    }

    private static byte[] Header(string database, string collection, bool isEnd, ulong checksum) => new BsonDoc().Add("db", BsonLeaf.String(database))
        .Add("collection", BsonLeaf.String(collection)).Add("EOF", BsonLeaf.Boolean(isEnd)).Add("CRC", BsonLeaf.Int64((long)checksum)).ToBytes();

    private static List<byte[]> Read(string file)
    {
        using var bytes = new MemoryStream();
        using (Stream input = file.EndsWith(".gz", StringComparison.Ordinal) ? new GZipStream(File.OpenRead(file), CompressionMode.Decompress) : File.OpenRead(file))
        {
            input.CopyTo(bytes);
        }

        byte[] all = bytes.ToArray();
        var documents = new List<byte[]>();
        for (int at = 0; at < all.Length; at += documents[^1].Length)
        {
            documents.Add(all[at..(at + BinaryPrimitives.ReadInt32LittleEndian(all.AsSpan(at)))]);
        }

        return documents;
    }

    private static ulong Checksum(ulong checksum, byte[] bytes)
    {
        checksum = ~checksum;
        foreach (byte value in bytes)
        {
            checksum ^= value;
            for (int bit = 0; bit < 8; bit++)
            {
                checksum = (checksum & 1) == 1 ? (checksum >> 1) ^ 0xC96C5795D7870F42 : checksum >> 1;
            }
        }

        return ~checksum;
    }
}
