using Millrace.Connectors.MongoDb.Bson;

namespace Millrace.Testing.MongoDb.Values;

/// <summary>
/// Byte keys that compare as MongoDB compares values: types first in the documented order of comparison, numbers by value across types,
/// strings and symbols together, documents field by field. Two values are equal where their keys are. No key is the beginning of another.
/// </summary>
internal static class ValueKey
{
    /// <summary>What a missing field sorts as.</summary>
    public static readonly byte[] Null = [Class(BsonType.Null)];

    /// <summary>The first byte of a type's keys: the order of types.</summary>
    public static byte Class(BsonType type) => type switch
    {
        BsonType.MinKey => 0x01,
        BsonType.Undefined or BsonType.EndOfDocument => 0x08,
        BsonType.Null => 0x10,
        BsonType.Int32 or BsonType.Int64 or BsonType.Double or BsonType.Decimal128 => 0x18,
        BsonType.String or BsonType.Symbol => 0x20,
        BsonType.Document => 0x28,
        BsonType.Array => 0x30,
        BsonType.Binary => 0x38,
        BsonType.ObjectId => 0x40,
        BsonType.Boolean => 0x48,
        BsonType.DateTime => 0x50,
        BsonType.Timestamp => 0x58,
        BsonType.RegularExpression => 0x60,
        BsonType.DbPointer => 0x68,
        BsonType.JavaScript => 0x70,
        BsonType.JavaScriptWithScope => 0x78,
        BsonType.MaxKey => 0xF0,
        _ => throw new CommandException(ErrorCode.BadValue, $"unknown type {type}"),
    };

    public static byte[] Of(Node node) => Of(node.Type, node.ToRaw().Span);

    public static byte[] Of(BsonType type, ReadOnlySpan<byte> value)
    {
        KeyBuffer key = KeyBuffer.Shared();
        Append(key, type, value);
        return key.Written.ToArray();
    }

    /// <summary>The key of a document's <c>_id</c>.</summary>
    public static byte[] OfId(ReadOnlySpan<byte> document)
    {
        var reader = new BsonReader(document);
        return reader.Find("_id"u8) ? Of(reader.Type, reader.Value) : Null;
    }

    public static int Compare(Node a, Node b) => Of(a).AsSpan().SequenceCompareTo(Of(b));

    public static void Append(KeyBuffer key, BsonType type, ReadOnlySpan<byte> value)
    {
        key.Add(Class(type));
        switch (type)
        {
            case BsonType.Int32 or BsonType.Int64 or BsonType.Double or BsonType.Decimal128:
                NumberKey.Append(key, type, value);
                break;
            case BsonType.String or BsonType.Symbol or BsonType.JavaScript:
                key.AddEscaped(new BsonValue(type, value).GetString());
                break;
            case BsonType.Document or BsonType.Array:
                AppendFields(key, type, value);
                break;
            case BsonType.Binary:
                ReadOnlySpan<byte> bytes = new BsonValue(type, value).GetBinary(out byte subtype);
                key.Add((uint)bytes.Length);
                key.Add(subtype);
                key.Add(bytes);
                break;
            case BsonType.DateTime:
                key.Add((ulong)new BsonValue(type, value).GetDateTimeMillis() ^ (1UL << 63));
                break;
            case BsonType.Timestamp:
                key.Add(new BsonValue(type, value).GetTimestamp());
                break;
            case BsonType.JavaScriptWithScope:
                key.AddEscaped(new BsonValue(type, value).GetJavaScriptWithScope(out ReadOnlySpan<byte> scope));
                AppendFields(key, BsonType.Document, scope);
                break;
            case BsonType.DbPointer:
                key.AddEscaped(new BsonValue(type, value).GetDbPointer(out ReadOnlySpan<byte> id));
                key.Add(id);
                break;
            default:
                // Object ids, booleans and the two terminated strings of an expression compare as they stand; the rest has no bytes.
                key.Add(value);
                break;
        }
    }

    // In a document the type counts before the name, and the name before the value; array items have no names.
    private static void AppendFields(KeyBuffer key, BsonType type, ReadOnlySpan<byte> document)
    {
        var reader = new BsonReader(document);
        while (reader.Next())
        {
            key.Add(Class(reader.Type));
            if (type == BsonType.Document)
            {
                key.Add(reader.Name);
                key.Add(0);
            }

            Append(key, reader.Type, reader.Value);
        }

        key.Add(0);
    }
}
