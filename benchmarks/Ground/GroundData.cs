using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using Millrace.Connectors.MongoDb.Bson;

namespace Millrace.Ground;

/// <summary>Documents of about 340 bytes and oplog entries over them; the same arguments give the same bytes.</summary>
internal static class GroundData
{
    private const uint FirstSecond = 0x65A00000;
    private static readonly string[] Statuses = ["new", "paid", "packed", "shipped", "delivered", "returned"];
    private static readonly string[] Cities = ["Berlin", "Madrid", "Oslo", "Porto", "Lyon", "Gdańsk", "Graz", "Cork"];

    /// <summary>Writes <c>DIR/ground/docs.bson</c> with its metadata file.</summary>
    /// <returns>Bytes of the documents.</returns>
    public static long WriteDump(string dir, int documents)
    {
        string folder = Directory.CreateDirectory(Path.Combine(dir, "ground")).FullName;
        File.WriteAllText(
            Path.Combine(folder, "docs.metadata.json"),
            """{"options":{},"indexes":[{"v":2,"key":{"_id":1},"name":"_id_"}],"collectionName":"docs","type":"collection"}""");
        using FileStream file = new(Path.Combine(folder, "docs.bson"), FileMode.Create, FileAccess.Write, FileShare.None, 1 << 20);
        var buffer = new ByteBuffer();
        var writer = new BsonWriter(buffer);
        for (int i = 0; i < documents; i++)
        {
            buffer.Clear();
            WriteDocument(writer, i, version: 0);
            file.Write(buffer.WrittenSpan);
        }

        return file.Length;
    }

    /// <summary>Writes an oplog of updates (v2 diffs), replacements, inserts and deletes.</summary>
    /// <param name="path">The file.</param>
    /// <param name="documents">Documents that exist.</param>
    /// <param name="changes">Entries after the first one, a noop that anchors the chain.</param>
    /// <param name="isHot">
    /// False: no document twice, spread evenly, the worst there is for a merge. True: half of the changes fall on an eighth of the documents, as
    /// the live part of a collection goes.
    /// </param>
    public static void WriteOplog(string path, int documents, int changes, bool isHot = false)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        using FileStream file = new(path, FileMode.Create, FileAccess.Write, FileShare.None, 1 << 20);
        var buffer = new ByteBuffer();
        var writer = new BsonWriter(buffer);
        WriteNoop(writer);
        file.Write(buffer.WrittenSpan);
        for (int i = 0; i < changes; i++)
        {
            buffer.Clear();
            int key = (int)((long)i * 7919 % documents);
            key = isHot ? HotKey(i, key, documents) : key;
            WriteEntry(writer, i, key, documents);
            file.Write(buffer.WrittenSpan);
        }
    }

    /// <summary>Writes an oplog of inserts of large documents.</summary>
    /// <param name="path">The file.</param>
    /// <param name="changes">How many.</param>
    /// <param name="bytes">Bytes of a document's text.</param>
    public static void WriteLargeInserts(string path, int changes, int bytes)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        using FileStream file = new(path, FileMode.Create, FileAccess.Write, FileShare.None, 1 << 20);
        var buffer = new ByteBuffer();
        var writer = new BsonWriter(buffer);
        byte[] text = new byte[bytes];
        Span<byte> id = stackalloc byte[12];
        for (int i = 0; i < changes; i++)
        {
            for (int at = 0; at < text.Length; at++)
            {
                text[at] = (byte)('a' + ((at + i) % 26));
            }

            buffer.Clear();
            writer.StartDocument();
            WriteEntryHead(writer, "i"u8, i + 1);
            writer.StartDocument("o"u8);
            Id(1_500_000_000 + i, id);
            writer.WriteObjectId("_id"u8, id);
            writer.WriteInt32("order_no"u8, i);
            writer.WriteString("note"u8, text);
            writer.End();
            writer.End();
            file.Write(buffer.WrittenSpan);
        }
    }

    // Deletes have the last quarter to themselves: a document that is gone changes no more.
    private static int HotKey(int i, int key, int documents) => i % 10 == 1
        ? (documents / 4 * 3) + (i / 10 % (documents / 4))
        : (int)((long)key * key / documents * key / documents * 3 / 4);

    private static void WriteNoop(BsonWriter writer)
    {
        writer.StartDocument();
        WriteEntryHead(writer, "n"u8, 0);
        writer.StartDocument("o"u8);
        writer.WriteString("msg"u8, "start"u8);
        writer.End();
        writer.End();
    }

    private static void WriteEntry(BsonWriter writer, int i, int key, int documents)
    {
        writer.StartDocument();
        switch (i % 10)
        {
            case 0:
                WriteEntryHead(writer, "i"u8, i + 1);
                WriteDocument(writer, documents + i, version: 0, name: "o"u8);
                break;
            case 1:
                WriteEntryHead(writer, "d"u8, i + 1);
                WriteKey(writer, "o"u8, key);
                break;
            case 2:
                WriteEntryHead(writer, "u"u8, i + 1);
                WriteDocument(writer, key, version: i, name: "o"u8);
                WriteKey(writer, "o2"u8, key);
                break;
            default:
                WriteEntryHead(writer, "u"u8, i + 1);
                writer.StartDocument("o"u8);
                writer.WriteInt32("$v"u8, 2);
                writer.StartDocument("diff"u8);
                writer.StartDocument("u"u8);
                writer.WriteString("status"u8, Encoding.UTF8.GetBytes(Statuses[i % Statuses.Length]));
                writer.WriteInt32("revision"u8, i);
                writer.End();
                writer.End();
                writer.End();
                WriteKey(writer, "o2"u8, key);
                break;
        }

        writer.End();
    }

    private static void WriteEntryHead(BsonWriter writer, ReadOnlySpan<byte> op, int sequence)
    {
        uint second = FirstSecond + (uint)(sequence / 1000);
        writer.WriteString("op"u8, op);
        writer.WriteString("ns"u8, op.SequenceEqual("n"u8) ? ""u8 : "ground.docs"u8);
        writer.WriteTimestamp("ts"u8, ((ulong)second << 32) | (uint)((sequence % 1000) + 1));
        writer.WriteInt64("t"u8, 1);
        writer.WriteInt64("v"u8, 2);
        writer.WriteDateTime("wall"u8, second * 1000L);
    }

    private static void WriteKey(BsonWriter writer, ReadOnlySpan<byte> name, int i)
    {
        writer.StartDocument(name);
        Span<byte> id = stackalloc byte[12];
        Id(i, id);
        writer.WriteObjectId("_id"u8, id);
        writer.End();
    }

    private static void Id(int i, Span<byte> id)
    {
        BinaryPrimitives.WriteUInt32BigEndian(id, FirstSecond - 1_000_000 + (uint)(i / 100));
        BinaryPrimitives.WriteUInt64BigEndian(id[4..], (ulong)i);
    }

    private static void WriteDocument(BsonWriter writer, int i, int version, ReadOnlySpan<byte> name = default)
    {
        if (name.IsEmpty)
        {
            writer.StartDocument();
        }
        else
        {
            writer.StartDocument(name);
        }

        Span<byte> id = stackalloc byte[12];
        Id(i, id);
        writer.WriteObjectId("_id"u8, id);
        writer.WriteInt32("order_no"u8, i);
        writer.WriteString("customer"u8, Text($"customer {i % 9973:D5}"));
        writer.WriteString("email"u8, Text($"customer{i % 9973}@example.org"));
        writer.WriteString("status"u8, Text(Statuses[i % Statuses.Length]));
        writer.WriteDouble("total"u8, Math.Round(i % 100_000 / 7.0, 2));
        writer.WriteInt64("revision"u8, version);
        writer.WriteBoolean("is_gift"u8, i % 5 == 0);
        writer.WriteDateTime("created_at"u8, 1_700_000_000_000 + (i * 1000L));
        writer.WriteDateTime("updated_at"u8, 1_700_000_100_000 + (i * 1000L));
        writer.StartDocument("address"u8);
        writer.WriteString("city"u8, Text(Cities[i % Cities.Length]));
        writer.WriteString("zip"u8, Text((i % 100_000).ToString("D5", CultureInfo.InvariantCulture)));
        writer.WriteString("street"u8, Text($"Mill Lane {i % 300}"));
        writer.End();
        writer.StartArray("tags"u8);
        writer.WriteString("0"u8, Text(Cities[i % 3]));
        writer.WriteString("1"u8, Text(Statuses[i % 4]));
        writer.End();
        writer.WriteInt32("items"u8, (i % 12) + 1);
        writer.End();
    }

    private static byte[] Text(string text) => Encoding.UTF8.GetBytes(text);
}
