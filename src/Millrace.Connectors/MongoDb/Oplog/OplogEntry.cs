using Millrace.Connectors.MongoDb.Bson;

namespace Millrace.Connectors.MongoDb.Oplog;

/// <summary>
/// The parts of an oplog entry that matter here, in place in the entry's bytes. Also serves for the operations inside of applyOps, which
/// have no timestamp of their own. Source: MongoDB server, <c>repl/oplog_entry.idl</c>; older entries lack most fields.
/// </summary>
internal ref struct OplogEntry
{
    /// <summary>When and in which order: seconds in the high 32 bits, increment in the low.</summary>
    public ulong Timestamp { get; private set; }

    /// <summary>What it does.</summary>
    public OplogOperation Operation { get; private set; }

    /// <summary>Database and collection, UTF-8; <c>db.$cmd</c> for commands.</summary>
    public ReadOnlySpan<byte> Namespace { get; private set; }

    /// <summary>The document (insert), the change (update), the key (delete) or the command; empty where absent.</summary>
    public ReadOnlySpan<byte> Object { get; private set; }

    /// <summary>For updates: which document; empty where absent.</summary>
    public ReadOnlySpan<byte> Target { get; private set; }

    /// <summary>The session, raw; empty outside of sessions.</summary>
    public ReadOnlySpan<byte> Session { get; private set; }

    /// <summary>The transaction's number within the session, or -1.</summary>
    public long TransactionNumber { get; private set; }

    /// <summary>True where the entry names an earlier one of the same transaction or retryable write.</summary>
    public bool HasPrevious { get; private set; }

    /// <summary>True for applyOps whose operations stand for themselves and are no transaction (vectored retryable writes).</summary>
    public bool IsAppliedSeparately { get; private set; }

    /// <summary>Source time in milliseconds since 1970.</summary>
    public long Millis { get; private set; }

    /// <summary>Reads an entry.</summary>
    /// <exception cref="Core.Errors.MillraceException">MR1101: not valid BSON.</exception>
    public static OplogEntry Parse(ReadOnlySpan<byte> document)
    {
        var entry = new OplogEntry { TransactionNumber = -1, Operation = OplogOperation.Unknown, Millis = long.MinValue };
        var reader = new BsonReader(document);
        while (reader.Next())
        {
            entry.Take(reader.Name, reader.Current);
        }

        if (entry.Millis == long.MinValue)
        {
            entry.Millis = (long)(entry.Timestamp >> 32) * 1000;
        }

        return entry;
    }

    /// <summary>Reads an entry's timestamp alone; false where it has none.</summary>
    public static bool TryReadTimestamp(ReadOnlySpan<byte> document, out ulong timestamp)
    {
        var reader = new BsonReader(document);
        if (reader.Find("ts"u8) && reader.Type == BsonType.Timestamp)
        {
            timestamp = reader.GetTimestamp();
            return true;
        }

        timestamp = 0;
        return false;
    }

    private void Take(ReadOnlySpan<byte> name, BsonValue value)
    {
        switch (value.Type)
        {
            case BsonType.Timestamp when name.SequenceEqual("ts"u8):
                Timestamp = value.GetTimestamp();
                break;
            case BsonType.String when name.SequenceEqual("op"u8):
                Operation = OperationOf(value.GetString());
                break;
            case BsonType.String when name.SequenceEqual("ns"u8):
                Namespace = value.GetString();
                break;
            case BsonType.Document:
                TakeDocument(name, value);
                break;
            case BsonType.DateTime when name.SequenceEqual("wall"u8):
                Millis = value.GetDateTimeMillis();
                break;
            case BsonType.Int64 when name.SequenceEqual("txnNumber"u8):
                TransactionNumber = value.GetInt64();
                break;
            case BsonType.Int32 when name.SequenceEqual("txnNumber"u8):
                TransactionNumber = value.GetInt32();
                break;
            case BsonType.Int32 when name.SequenceEqual("multiOpType"u8):
                IsAppliedSeparately = value.GetInt32() == 1;
                break;
            default:
                break;
        }
    }

    private void TakeDocument(ReadOnlySpan<byte> name, BsonValue value)
    {
        if (name.SequenceEqual("o"u8))
        {
            Object = value.GetDocument();
        }
        else if (name.SequenceEqual("o2"u8))
        {
            Target = value.GetDocument();
        }
        else if (name.SequenceEqual("lsid"u8))
        {
            Session = value.GetDocument();
        }
        else if (name.SequenceEqual("prevOpTime"u8))
        {
            HasPrevious = TryReadTimestamp(value.GetDocument(), out ulong previous) && previous != 0;
        }
    }

    private static OplogOperation OperationOf(ReadOnlySpan<byte> op) => op switch
    {
        [(byte)'i'] => OplogOperation.Insert,
        [(byte)'u'] => OplogOperation.Update,
        [(byte)'d'] => OplogOperation.Delete,
        [(byte)'c'] => OplogOperation.Command,
        [(byte)'n'] => OplogOperation.Noop,
        [(byte)'x', (byte)'i'] or [(byte)'k', _] or [(byte)'d', (byte)'b'] => OplogOperation.Noop,
        _ => OplogOperation.Unknown,
    };
}
