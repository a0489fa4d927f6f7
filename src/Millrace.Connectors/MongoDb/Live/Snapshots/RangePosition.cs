using System.Text;
using Millrace.Connectors.MongoDb.Bson;
using Millrace.Core.Contracts;
using Millrace.Core.Errors;

namespace Millrace.Connectors.MongoDb.Live.Snapshots;

/// <summary>
/// A place in a range of a collection's ids, in the order of MongoDB's index on <c>_id</c>, which knows every type. Each bound is a document with
/// the one field <c>_id</c>, or null for none.
/// </summary>
/// <param name="From">The first id of the range; null for the least.</param>
/// <param name="To">The first id after the range; null for none.</param>
/// <param name="After">The last id that was read; null before the first.</param>
/// <param name="AtEnd">True where the range was read.</param>
internal sealed record RangePosition(byte[]? From, byte[]? To, byte[]? After, bool AtEnd)
{
    private const string Form = MongoDbPositions.RangeScheme + "/{\"from\":…,\"to\":…,\"after\":…}";

    /// <summary>The whole of a collection.</summary>
    public static RangePosition Whole { get; } = new(null, null, null, false);

    /// <summary>The end of the same range.</summary>
    public RangePosition End => this with { After = null, AtEnd = true };

    /// <summary>The printed position.</summary>
    public Position Position => After is null ? Print(default) : Print(After);

    /// <summary>Reads a position.</summary>
    /// <exception cref="MillraceException">MR1002: it is none of a range.</exception>
    public static RangePosition Parse(Position position)
    {
        if (position.Scheme != MongoDbPositions.RangeScheme)
        {
            return MongoDbPositions.Invalid<RangePosition>(position, Form);
        }

        try
        {
            byte[] document = ExtendedJsonReader.ReadDocument(position.Value);
            return new(Bound(document, "from"u8), Bound(document, "to"u8), Bound(document, "after"u8), Documents.IsTrue(document, "end"u8));
        }
        catch (MillraceException)
        {
            return MongoDbPositions.Invalid<RangePosition>(position, Form);
        }
    }

    /// <summary>The position after a document of the range.</summary>
    /// <param name="after">A document with its <c>_id</c> alone.</param>
    public Position At(ReadOnlySpan<byte> after) => Print(after);

    private Position Print(ReadOnlySpan<byte> after)
    {
        using var bytes = new ByteBuffer();
        var writer = new BsonWriter(bytes);
        writer.StartDocument();
        Write(writer, "from"u8, From);
        Write(writer, "to"u8, To);
        Write(writer, "after"u8, after);
        if (AtEnd)
        {
            writer.WriteBoolean("end"u8, true);
        }

        writer.End();
        using var json = new ByteBuffer();
        ExtendedJsonWriter.WriteDocument(bytes.WrittenSpan, json, ExtendedJsonMode.Canonical);
        return new($"{MongoDbPositions.RangeScheme}/{Encoding.UTF8.GetString(json.WrittenSpan)}");
    }

    private static void Write(BsonWriter writer, ReadOnlySpan<byte> name, ReadOnlySpan<byte> bound)
    {
        if (!bound.IsEmpty)
        {
            var reader = new BsonReader(bound);
            reader.Next();
            writer.WriteValue(name, reader.Current);
        }
    }

    private static byte[]? Bound(byte[] document, ReadOnlySpan<byte> name)
    {
        var reader = new BsonReader(document);
        if (!reader.Find(name))
        {
            return null;
        }

        BsonType type = reader.Type;
        byte[] value = reader.Value.ToArray();
        return Documents.Make(w => w.WriteRaw("_id"u8, type, value));
    }
}
