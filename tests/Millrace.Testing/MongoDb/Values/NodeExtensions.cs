using System.Text;
using Millrace.Connectors.MongoDb.Bson;

namespace Millrace.Testing.MongoDb.Values;

/// <summary>Reads nodes as the types that commands ask for.</summary>
public static class NodeExtensions
{
    public static bool IsNumber(this Node node) => node.Type is BsonType.Int32 or BsonType.Int64 or BsonType.Double or BsonType.Decimal128;

    public static BsonValue Value(this Node node) => new(node.Type, node.ToRaw().Span);

    public static string? AsString(this Node? node) => node is { Type: BsonType.String } ? Encoding.UTF8.GetString(node.Value().GetString()) : null;

    public static ulong AsTimestamp(this Node node) => node.Type == BsonType.Timestamp
        ? node.Value().GetTimestamp()
        : throw new CommandException(ErrorCode.TypeMismatch, $"expected a timestamp, found {node.Type}");

    public static byte[] AsBinary(this Node? node) => node is { Type: BsonType.Binary } ? node.Value().GetBinary(out _).ToArray() : [];

    public static Guid AsUuid(this Node node) => new(node.Value().GetBinary(out _), bigEndian: true);

    /// <summary>The number cut to an integer, or null where it is none.</summary>
    public static long? AsLong(this Node? node) => node?.Type switch
    {
        BsonType.Int32 => node.Value().GetInt32(),
        BsonType.Int64 => node.Value().GetInt64(),
        BsonType.Double => node.Value().GetDouble() is var d && double.IsNaN(d) ? 0 : (long)d,
        BsonType.Decimal128 => (long)node.Value().GetDecimal128().ToDouble(),
        _ => null,
    };

    /// <summary>The number as a double, or null where it is none.</summary>
    public static double? AsDouble(this Node? node) => node?.Type switch
    {
        BsonType.Double => node.Value().GetDouble(),
        BsonType.Decimal128 => node.Value().GetDecimal128().ToDouble(),
        _ => node.AsLong(),
    };

    /// <summary>MongoDB's truth: absent, null, false and zero are false, all else is true.</summary>
    public static bool IsTrue(this Node? node) => node?.Type switch
    {
        null or BsonType.Null or BsonType.Undefined => false,
        BsonType.Boolean => node.Value().GetBoolean(),
        BsonType.Int32 or BsonType.Int64 or BsonType.Double or BsonType.Decimal128 => node.AsDouble() != 0,
        _ => true,
    };
}
