using System.Text;
using Millrace.Connectors.MongoDb.Bson;
using Millrace.Connectors.MongoDb.Files;
using Millrace.Core.Contracts;

namespace Millrace.Connectors.MongoDb.Live.Snapshots;

/// <summary>What is new by a cursor field, in its order: the watermark is true after every document.</summary>
internal sealed class CursorOrder : FindOrder
{
    /// <summary>Stands where a dump's file has its fingerprint.</summary>
    public const string Origin = "live";

    // From the least kind of value to the greatest: BsonCompare.KindRank, with the names that $type knows. Texts are named by no type: symbols are among
    // them, a type that MongoDB deprecates and not every server of its protocol knows.
    private static readonly (BsonType Type, string Names)[] Kinds =
    [
        (BsonType.Null, "\"null\""), (BsonType.Double, "\"double\",\"int\",\"long\",\"decimal\""),
        (BsonType.Document, "\"object\""), (BsonType.Binary, "\"binData\""), (BsonType.ObjectId, "\"objectId\""), (BsonType.Boolean, "\"bool\""),
        (BsonType.DateTime, "\"date\""), (BsonType.Timestamp, "\"timestamp\""), (BsonType.RegularExpression, "\"regex\""), (BsonType.MaxKey, "\"maxKey\""),
    ];

    private static readonly byte[] FromFirstText = ExtendedJsonReader.ReadDocument("""{"$gte":""}""");

    private readonly string _field;
    private readonly bool _mayRepeat;
    private readonly bool _sortsOnDisk;
    private CursorState _state;

    /// <summary>Goes on from a position.</summary>
    /// <param name="start">The position.</param>
    /// <param name="field">The cursor field.</param>
    /// <param name="mayRepeat">True where a document that is read a second time does no harm.</param>
    /// <param name="sortsOnDisk">True where the server may sort on its disk.</param>
    public CursorOrder(Position start, string field, bool mayRepeat, bool sortsOnDisk)
    {
        _field = field;
        _mayRepeat = mayRepeat;
        _sortsOnDisk = sortsOnDisk;
        _state = Open(start);
    }

    /// <inheritdoc/>
    public override bool CanGoOn => true;

    // After a break of the connection the watermark is where reading came to.
    /// <inheritdoc/>
    public override byte[]? Filter()
    {
        Position reached = At(atEnd: false)!;
        _state.Dispose();
        _state = Open(reached);
        return _state.Watermark.IsEmpty ? null : From(_state.Watermark);
    }

    /// <inheritdoc/>
    public override void WriteOptions(BsonWriter options)
    {
        options.StartDocument("sort"u8);
        options.WriteInt32(Encoding.UTF8.GetBytes(_field), 1);
        options.End();
        if (_sortsOnDisk)
        {
            options.WriteBoolean("allowDiskUse"u8, true);
        }
    }

    /// <inheritdoc/>
    public override bool IsNew(ReadOnlySpan<byte> document) => _state.IsNew(document);

    /// <inheritdoc/>
    public override void Take(ReadOnlySpan<byte> document) => _state.Take(document);

    /// <inheritdoc/>
    public override Position? At(bool atEnd) => _state.At(0, isDone: true);

    /// <inheritdoc/>
    public override void Dispose() => _state.Dispose();

    private CursorState Open(Position start)
    {
        CursorState state = CursorState.Parse(start, _field, _mayRepeat, isOrdered: true);
        state.Open(Origin);
        return state;
    }

    /// <summary>Values at the watermark and after it. The server compares within one kind of value only, so the later kinds are named.</summary>
    private byte[]? From(ReadOnlySpan<byte> watermark)
    {
        var reader = new BsonReader(watermark);
        reader.Next();
        BsonType type = reader.Type;
        if (type == BsonType.Null)
        {
            return null;
        }

        byte[] value = reader.Value.ToArray();
        byte[] field = Encoding.UTF8.GetBytes(_field);
        bool isBeforeTexts = BsonCompare.KindRank(type) < BsonCompare.KindRank(BsonType.String);
        string later = string.Join(",", Kinds.Where(k => BsonCompare.KindRank(k.Type) > BsonCompare.KindRank(type)).Select(k => k.Names));
        byte[] types = ExtendedJsonReader.ReadDocument($$"""{"$type":[{{later}}]}""");
        return Documents.Make(w =>
        {
            w.StartArray("$or"u8);
            w.StartDocument("0"u8);
            w.StartDocument(field);
            w.WriteRaw("$gte"u8, type, value);
            w.End();
            w.End();
            if (isBeforeTexts)
            {
                w.StartDocument("0"u8);
                w.WriteDocument(field, FromFirstText);
                w.End();
            }

            if (later.Length > 0)
            {
                w.StartDocument("0"u8);
                w.WriteDocument(field, types);
                w.End();
            }

            w.End();
        });
    }
}
