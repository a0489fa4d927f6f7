using System.Text;
using Millrace.Connectors.MongoDb.Bson;

namespace Millrace.Connectors.MongoDb.Live;

/// <summary>Makes and takes apart small documents: commands, options and replies. Not for the path that every row takes.</summary>
internal static class Documents
{
    /// <summary>The document without fields.</summary>
    public static readonly byte[] Empty = Make(_ => { });

    /// <summary>Writes a document.</summary>
    /// <param name="fields">Writes its fields.</param>
    public static byte[] Make(Action<BsonWriter> fields)
    {
        using var buffer = new ByteBuffer();
        var writer = new BsonWriter(buffer);
        writer.StartDocument();
        fields(writer);
        writer.End();
        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>A command on a collection: <c>{collStats: "orders"}</c>.</summary>
    public static byte[] Command(string name, string collection) =>
        Make(w => w.WriteString(Encoding.UTF8.GetBytes(name), Encoding.UTF8.GetBytes(collection)));

    /// <summary>A field's number as an integer, or null where there is none.</summary>
    public static long? Integer(ReadOnlySpan<byte> document, ReadOnlySpan<byte> name)
    {
        return !TryFind(document, name, out BsonReader reader) ? null : reader.Type switch
        {
            BsonType.Int32 => reader.GetInt32(),
            BsonType.Int64 => reader.GetInt64(),
            BsonType.Double => (long)reader.GetDouble(),
            _ => null,
        };
    }

    /// <summary>A field's text, or null where there is none.</summary>
    public static string? Text(ReadOnlySpan<byte> document, ReadOnlySpan<byte> name)
    {
        return TryFind(document, name, out BsonReader reader) && reader.Type == BsonType.String ? Encoding.UTF8.GetString(reader.GetString()) : null;
    }

    /// <summary>A field's timestamp, or 0 where there is none.</summary>
    public static ulong Timestamp(ReadOnlySpan<byte> document, ReadOnlySpan<byte> name)
    {
        return TryFind(document, name, out BsonReader reader) && reader.Type == BsonType.Timestamp ? reader.GetTimestamp() : 0;
    }

    /// <summary>A document within a document, or an empty span where there is none.</summary>
    public static ReadOnlySpan<byte> Inner(ReadOnlySpan<byte> document, ReadOnlySpan<byte> name)
    {
        return TryFind(document, name, out BsonReader reader) && reader.Type is BsonType.Document or BsonType.Array ? reader.Value : default;
    }

    /// <summary>True where a field is a boolean and true.</summary>
    public static bool IsTrue(ReadOnlySpan<byte> document, ReadOnlySpan<byte> name)
    {
        return TryFind(document, name, out BsonReader reader) && reader.Type == BsonType.Boolean && reader.GetBoolean();
    }

    // A document that is not there has no fields.
    private static bool TryFind(ReadOnlySpan<byte> document, ReadOnlySpan<byte> name, out BsonReader reader)
    {
        reader = document.IsEmpty ? default : new(document);
        return !document.IsEmpty && reader.Find(name);
    }
}
