using Millrace.Connectors.MongoDb.Bson;

namespace Millrace.Connectors.MongoDb.Live.Following;

/// <summary>What a change stream's event tells of.</summary>
internal enum ChangeEventKind : byte
{
    /// <summary>Something that no row depends on: a collection or an index made, a collection modified or sharded.</summary>
    Other,
    Insert,
    Update,
    Replace,
    Delete,
    Drop,
    Rename,
    DropDatabase,
    Invalidate,
}

/// <summary>
/// The parts of a change stream's event that matter here, in place in its bytes. Source: "Change Events" in MongoDB's manual.
/// </summary>
internal ref struct ChangeEvent
{
    /// <summary>The resume token.</summary>
    public ReadOnlySpan<byte> Token { get; private set; }

    /// <summary>What it tells of.</summary>
    public ChangeEventKind Kind { get; private set; }

    /// <summary>The database, UTF-8.</summary>
    public ReadOnlySpan<byte> Database { get; private set; }

    /// <summary>The collection, UTF-8; empty for a database's event.</summary>
    public ReadOnlySpan<byte> Collection { get; private set; }

    /// <summary>The new name of a rename, a document with <c>db</c> and <c>coll</c>; empty otherwise.</summary>
    public ReadOnlySpan<byte> To { get; private set; }

    /// <summary>The document's key; empty where there is none.</summary>
    public ReadOnlySpan<byte> Key { get; private set; }

    /// <summary>The document after the change; empty where it is not there.</summary>
    public ReadOnlySpan<byte> Document { get; private set; }

    /// <summary>Its place in the server's log.</summary>
    public ulong Time { get; private set; }

    /// <summary>Source time in milliseconds since 1970; the least number where it is not told.</summary>
    public long Millis { get; private set; }

    /// <summary>Which of its parts this is, from 1; 0 for an event that is whole.</summary>
    public int Part { get; private set; }

    /// <summary>How many parts there are.</summary>
    public int Parts { get; private set; }

    /// <summary>Reads an event, or one of its parts.</summary>
    public static ChangeEvent Parse(ReadOnlySpan<byte> document)
    {
        var read = new ChangeEvent { Millis = long.MinValue };
        var reader = new BsonReader(document);
        while (reader.Next())
        {
            read.Take(reader.Name, reader.Current);
        }

        return read;
    }

    private void Take(ReadOnlySpan<byte> name, BsonValue value)
    {
        switch (value.Type)
        {
            case BsonType.String when name.SequenceEqual("operationType"u8):
                Kind = KindOf(value.GetString());
                break;
            case BsonType.Timestamp when name.SequenceEqual("clusterTime"u8):
                Time = value.GetTimestamp();
                break;
            case BsonType.DateTime when name.SequenceEqual("wallTime"u8):
                Millis = value.GetDateTimeMillis();
                break;
            case BsonType.Document:
                TakeDocument(name, value);
                break;
            default:
                break;
        }
    }

    private void TakeDocument(ReadOnlySpan<byte> name, BsonValue value)
    {
        switch (name)
        {
            case var n when n.SequenceEqual("_id"u8):
                Token = value.GetDocument();
                break;
            case var n when n.SequenceEqual("fullDocument"u8):
                Document = value.GetDocument();
                break;
            case var n when n.SequenceEqual("documentKey"u8):
                Key = value.GetDocument();
                break;
            case var n when n.SequenceEqual("ns"u8):
                TakeName(value.GetDocument());
                break;
            case var n when n.SequenceEqual("to"u8):
                To = value.GetDocument();
                break;
            case var n when n.SequenceEqual("splitEvent"u8):
                Part = (int)(Documents.Integer(value.GetDocument(), "fragment"u8) ?? 0);
                Parts = (int)(Documents.Integer(value.GetDocument(), "of"u8) ?? 0);
                break;
            default:
                break;
        }
    }

    private void TakeName(ReadOnlySpan<byte> name)
    {
        var reader = new BsonReader(name);
        while (reader.Next())
        {
            if (reader.Type == BsonType.String && reader.Name.SequenceEqual("db"u8))
            {
                Database = reader.GetString();
            }
            else if (reader.Type == BsonType.String && reader.Name.SequenceEqual("coll"u8))
            {
                Collection = reader.GetString();
            }
        }
    }

    private static ChangeEventKind KindOf(ReadOnlySpan<byte> type) => type switch
    {
        _ when type.SequenceEqual("insert"u8) => ChangeEventKind.Insert,
        _ when type.SequenceEqual("update"u8) => ChangeEventKind.Update,
        _ when type.SequenceEqual("replace"u8) => ChangeEventKind.Replace,
        _ when type.SequenceEqual("delete"u8) => ChangeEventKind.Delete,
        _ when type.SequenceEqual("drop"u8) => ChangeEventKind.Drop,
        _ when type.SequenceEqual("rename"u8) => ChangeEventKind.Rename,
        _ when type.SequenceEqual("dropDatabase"u8) => ChangeEventKind.DropDatabase,
        _ when type.SequenceEqual("invalidate"u8) => ChangeEventKind.Invalidate,
        _ => ChangeEventKind.Other,
    };
}
