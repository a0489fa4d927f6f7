using Millrace.Connectors.MongoDb.Bson;
using Millrace.Testing.MongoDb.Storage;
using Millrace.Testing.MongoDb.Values;

namespace Millrace.Testing.MongoDb.Oplog;

/// <summary>Writes the entries that a server would write. Callers hold the write lock.</summary>
/// <param name="store">Where to.</param>
/// <param name="options">Formats and clock.</param>
internal sealed class OplogWriter(OplogStore store, MongoSimulatorOptions options) : IDisposable
{
    private static readonly byte[] NoPrevious = new Doc { { "ts", Leaf.Timestamp(0) }, { "t", -1L } }.ToBytes();

    private readonly ByteBuffer _buffer = new(1024);

    /// <summary>Logs a change of one document.</summary>
    public void Change(DocumentChange change, OplogSession? session)
    {
        BsonWriter writer = Begin(session);
        WriteOperation(writer, change);
        if (session is not null && change.StatementId >= 0)
        {
            writer.WriteInt32("stmtId"u8, change.StatementId);
        }

        ulong ts = End(writer, session, session?.Previous);
        if (session is not null)
        {
            session.Previous = OpTime(ts);
        }

        store.Append(new OplogRecord(ts, _buffer.WrittenSpan.ToArray()) { Images = change.Images is { } images ? [images] : null });
    }

    /// <summary>Logs inserts of one command as one entry.</summary>
    public void Vectored(IReadOnlyList<DocumentChange> changes, OplogSession? session)
    {
        BsonWriter writer = Begin(session);
        WriteApplyOps(writer, changes, withStatements: session is not null, isPartial: false, count: 0);
        ulong ts = End(writer, session, session?.Previous, multiOpType: true);
        store.Append(new OplogRecord(ts, _buffer.WrittenSpan.ToArray()) { Images = ImagesOf(changes) });
    }

    /// <summary>Logs a transaction that commits: one entry, or a chain of which the last one commits.</summary>
    public ulong Transaction(IReadOnlyList<DocumentChange> changes, OplogSession session)
    {
        List<List<DocumentChange>> parts = Split(changes);
        byte[] previous = NoPrevious;
        ulong ts = 0;
        for (int i = 0; i < parts.Count; i++)
        {
            bool isLast = i == parts.Count - 1;
            BsonWriter writer = Begin(session);
            WriteApplyOps(writer, parts[i], withStatements: false, isPartial: !isLast, count: isLast && parts.Count > 1 ? changes.Count : 0);
            ts = End(writer, session, previous);
            previous = OpTime(ts);
            store.Append(new OplogRecord(ts, _buffer.WrittenSpan.ToArray()) { Images = ImagesOf(parts[i]) });
        }

        return ts;
    }

    /// <summary>Logs a command: create, drop, renameCollection and the like.</summary>
    public void Command(string database, Guid? uuid, Doc command, Doc? more = null)
    {
        BsonWriter writer = Begin(null);
        writer.WriteString("op"u8, "c"u8);
        Leaf.String(database + ".$cmd").Write(writer, "ns"u8);
        if (uuid is { } ui)
        {
            Leaf.Uuid(ui).Write(writer, "ui"u8);
        }

        command.Write(writer, "o"u8);
        more?.Write(writer, "o2"u8);
        Append(End(writer, null, null));
    }

    /// <summary>Logs an entry that changes nothing.</summary>
    public void Noop(string message)
    {
        BsonWriter writer = Begin(null);
        writer.WriteString("op"u8, "n"u8);
        writer.WriteString("ns"u8, ""u8);
        new Doc { { "msg", message } }.Write(writer, "o"u8);
        Append(End(writer, null, null));
    }

    /// <summary>Logs an entry as it stands, or with a timestamp and term of this server's own.</summary>
    public void Raw(Doc entry, bool keepTimestamp)
    {
        ulong ts = keepTimestamp ? entry["ts"]!.AsTimestamp() : store.NextTimestamp();
        if (keepTimestamp && ts <= store.LastTimestamp)
        {
            throw new ArgumentException($"An entry of {ts >> 32}:{(uint)ts} comes after {store.LastTimestamp >> 32}:{(uint)store.LastTimestamp}.", nameof(entry));
        }

        if (!keepTimestamp)
        {
            entry["ts"] = Leaf.Timestamp(ts);
            entry["t"] = store.Term;
            entry["wall"] = Leaf.Date(options.Time.GetUtcNow());
        }

        store.Append(new OplogRecord(ts, entry.ToBytes()));
    }

    public void Dispose() => _buffer.Dispose();

    public static Doc IdOf(ReadOnlyMemory<byte> document)
    {
        var reader = new BsonReader(document.Span);
        reader.Find("_id"u8);
        return new Doc { { "_id", Node.Of(reader.Type, document.Slice(reader.ValueOffset, reader.Value.Length)) } };
    }

    private void Append(ulong ts) => store.Append(new OplogRecord(ts, _buffer.WrittenSpan.ToArray()));

    private static ChangeImages?[]? ImagesOf(IReadOnlyList<DocumentChange> changes) =>
        changes.Any(c => c.Images is not null) ? [.. changes.Select(c => c.Images)] : null;

    private byte[] OpTime(ulong ts) => new Doc { { "ts", Leaf.Timestamp(ts) }, { "t", store.Term } }.ToBytes();

    private BsonWriter Begin(OplogSession? session)
    {
        _buffer.Clear();
        var writer = new BsonWriter(_buffer);
        writer.StartDocument();
        if (session is not null)
        {
            writer.WriteDocument("lsid"u8, session.Lsid);
            writer.WriteInt64("txnNumber"u8, session.Number);
        }

        return writer;
    }

    private ulong End(BsonWriter writer, OplogSession? session, byte[]? previous, bool multiOpType = false)
    {
        ulong ts = store.NextTimestamp();
        writer.WriteTimestamp("ts"u8, ts);
        writer.WriteInt64("t"u8, store.Term);
        writer.WriteInt64("v"u8, 2);
        writer.WriteDateTime("wall"u8, options.Time.GetUtcNow().ToUnixTimeMilliseconds());
        if (session is not null)
        {
            writer.WriteDocument("prevOpTime"u8, previous ?? NoPrevious);
        }

        if (multiOpType)
        {
            writer.WriteInt32("multiOpType"u8, 1);
        }

        writer.End();
        return ts;
    }

    private void WriteApplyOps(BsonWriter writer, IReadOnlyList<DocumentChange> changes, bool withStatements, bool isPartial, int count)
    {
        writer.WriteString("op"u8, "c"u8);
        writer.WriteString("ns"u8, "admin.$cmd"u8);
        writer.StartDocument("o"u8);
        writer.StartArray("applyOps"u8);
        foreach (DocumentChange change in changes)
        {
            writer.StartDocument(""u8);
            WriteOperation(writer, change);
            if (withStatements && change.StatementId >= 0)
            {
                writer.WriteInt32("stmtId"u8, change.StatementId);
            }

            writer.End();
        }

        writer.End();
        if (isPartial)
        {
            writer.WriteBoolean("partialTxn"u8, true);
        }
        else if (count > 0)
        {
            writer.WriteInt64("count"u8, count);
        }

        writer.End();
    }

    private void WriteOperation(BsonWriter writer, DocumentChange change)
    {
        writer.WriteString("op"u8, change.Before is null ? "i"u8 : change.After is null ? "d"u8 : "u"u8);
        Leaf.String(change.Collection.Namespace).Write(writer, "ns"u8);
        Span<byte> uuid = stackalloc byte[16];
        change.Collection.Uuid.TryWriteBytes(uuid, bigEndian: true, out _);
        writer.WriteBinary("ui"u8, 4, uuid);
        if (change.After is null)
        {
            IdOf(change.Before!).Write(writer, "o"u8);
            return;
        }

        if (change.Before is null || change.IsReplacement)
        {
            writer.WriteDocument("o"u8, change.After);
        }
        else
        {
            UpdateEntry.Of(Doc.Parse(change.Before), Doc.Parse(change.After), options.UpdateLogFormat).Write(writer, "o"u8);
        }

        IdOf(change.After).Write(writer, "o2"u8);
    }

    private List<List<DocumentChange>> Split(IReadOnlyList<DocumentChange> changes)
    {
        var parts = new List<List<DocumentChange>> { new() };
        long bytes = 0;
        foreach (DocumentChange change in changes)
        {
            int size = change.After?.Length ?? 64;
            if (parts[^1].Count > 0 && (parts[^1].Count >= options.TransactionEntryOperations || bytes + size > options.TransactionEntryBytes))
            {
                parts.Add([]);
                bytes = 0;
            }

            parts[^1].Add(change);
            bytes += size;
        }

        return parts;
    }
}
