using System.Text;
using Millrace.Connectors.MongoDb.Bson;
using Millrace.Testing.MongoDb.Oplog;
using Millrace.Testing.MongoDb.Server;
using Millrace.Testing.MongoDb.Values;

namespace Millrace.Testing.MongoDb.Streams;

/// <summary>Writes the events of a change stream.</summary>
/// <param name="server">Where lookups are made.</param>
/// <param name="options">What the stream asks for.</param>
internal sealed class EventWriter(ServerState server, ChangeStreamOptions options)
{
    // One event is written at a time, and copied: a thread needs one buffer.
    [ThreadStatic]
    private static ByteBuffer? t_buffer;

    /// <summary>The event of a change of one document; its bytes are good until the next event.</summary>
    public ReadOnlySpan<byte> Change(ResumeToken token, scoped in EntryFields change, scoped in EntryFields entry, ChangeImages? images, bool inTransaction)
    {
        bool isUpdate = change.Op == 'u', isReplacement = isUpdate && !IsModification(change.O);
        BsonWriter writer = Begin(token, change.Op switch { 'i' => "insert", 'd' => "delete", _ => isReplacement ? "replace" : "update" }, entry.Wall, change.Collection);
        if (inTransaction)
        {
            writer.WriteDocument("lsid"u8, entry.Lsid);
            writer.WriteInt64("txnNumber"u8, entry.TransactionNumber);
        }

        if (change.Op == 'i' || isReplacement)
        {
            writer.WriteDocument("fullDocument"u8, change.O);
        }

        WriteNamespace(writer, "ns"u8, change.Namespace);
        ReadOnlySpan<byte> identity = change.Op switch { 'd' => change.O, 'i' when change.O2.IsEmpty => change.O, _ => change.O2 };
        var id = new BsonReader(identity);
        id.Find("_id"u8);
        writer.StartDocument("documentKey"u8);
        writer.WriteRaw("_id"u8, id.Type, id.Value);
        writer.End();
        if (isUpdate && !isReplacement)
        {
            UpdateDescription.Of(Doc.Parse(change.O.ToArray()), options.ShowsExpandedEvents).Write(writer, "updateDescription"u8);
            WriteFullDocument(writer, change, ValueKey.Of(id.Type, id.Value), images, token);
        }

        if (change.Op != 'i' && options.BeforeChange != "off")
        {
            WriteImage(writer, "fullDocumentBeforeChange"u8, images?.Before, options.BeforeChange == "required", "pre-image", token);
        }

        writer.End();
        return t_buffer!.WrittenSpan;
    }

    /// <summary>An event of a collection, a database, or the stream itself.</summary>
    public byte[] Command(ResumeToken token, string type, long wall, string? ns, Doc? more = null)
    {
        BsonWriter writer = Begin(token, type, wall, type is "invalidate" or "dropDatabase" ? Guid.Empty : token.Collection);
        if (ns is not null)
        {
            WriteNamespace(writer, "ns"u8, ns);
        }

        more?.WriteInto(writer);
        writer.End();
        return t_buffer!.WrittenSpan.ToArray();
    }

    public static Doc NamespaceOf(string ns)
    {
        int dot = ns.IndexOf('.', StringComparison.Ordinal);
        return dot < 0 ? new Doc { { "db", ns } } : new Doc { { "db", ns[..dot] }, { "coll", ns[(dot + 1)..] } };
    }

    private static bool IsModification(ReadOnlySpan<byte> o)
    {
        var reader = new BsonReader(o);
        return reader.Next() && reader.Name is [(byte)'$', ..];
    }

    private BsonWriter Begin(ResumeToken token, string type, long wall, Guid collection)
    {
        ByteBuffer buffer = t_buffer ??= new ByteBuffer(1024);
        buffer.Clear();
        var writer = new BsonWriter(buffer);
        writer.StartDocument();
        token.Write(writer, "_id"u8);
        WriteText(writer, "operationType"u8, type);
        writer.WriteTimestamp("clusterTime"u8, token.Timestamp);
        if (options.ShowsExpandedEvents && collection != Guid.Empty)
        {
            Leaf.Uuid(collection).Write(writer, "collectionUUID"u8);
        }

        writer.WriteDateTime("wallTime"u8, wall);
        return writer;
    }

    private static void WriteNamespace(BsonWriter writer, ReadOnlySpan<byte> name, string ns)
    {
        int dot = ns.IndexOf('.', StringComparison.Ordinal);
        writer.StartDocument(name);
        WriteText(writer, "db"u8, dot < 0 ? ns : ns.AsSpan(0, dot));
        if (dot >= 0)
        {
            WriteText(writer, "coll"u8, ns.AsSpan(dot + 1));
        }

        writer.End();
    }

    private static void WriteText(BsonWriter writer, ReadOnlySpan<byte> name, ReadOnlySpan<char> text)
    {
        Span<byte> utf8 = stackalloc byte[Encoding.UTF8.GetMaxByteCount(text.Length)];
        writer.WriteString(name, utf8[..Encoding.UTF8.GetBytes(text, utf8)]);
    }

    private void WriteFullDocument(BsonWriter writer, scoped in EntryFields change, byte[] key, ChangeImages? images, ResumeToken token)
    {
        switch (options.FullDocument)
        {
            case "updateLookup":
                var collection = server.Catalog[change.Namespace];
                byte[]? now = collection?.Uuid == change.Collection ? collection.Find(key) : null;
                WriteImage(writer, "fullDocument"u8, now, isRequired: false, "document", token);
                break;
            case "whenAvailable" or "required":
                WriteImage(writer, "fullDocument"u8, images?.After, options.FullDocument == "required", "post-image", token);
                break;
        }
    }

    private static void WriteImage(BsonWriter writer, ReadOnlySpan<byte> name, byte[]? image, bool isRequired, string what, ResumeToken token)
    {
        if (image is not null)
        {
            writer.WriteDocument(name, image);
        }
        else if (!isRequired)
        {
            writer.WriteNull(name);
        }
        else
        {
            throw new CommandException(
                ErrorCode.NoMatchingDocument,
                $"Change stream was configured to require a {what} for all update, delete and replace events, but the {what} was not found for the event at {token.Timestamp >> 32}:{(uint)token.Timestamp}",
                "NonResumableChangeStreamError");
        }
    }
}
