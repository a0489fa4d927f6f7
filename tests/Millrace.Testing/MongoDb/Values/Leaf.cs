using System.Buffers.Binary;
using System.Text;
using Millrace.Connectors.MongoDb.Bson;

namespace Millrace.Testing.MongoDb.Values;

/// <summary>A value without children, held as its bytes.</summary>
/// <param name="type">The type byte.</param>
/// <param name="raw">The value's bytes as they stand in a document.</param>
public sealed class Leaf(BsonType type, ReadOnlyMemory<byte> raw) : Node
{
    private static long s_objectIds = Random.Shared.NextInt64(1L << 56);

    /// <inheritdoc/>
    public override BsonType Type => type;

    /// <summary>Null.</summary>
    public static Leaf Null { get; } = new(BsonType.Null, default);

    /// <summary>Sorts before everything.</summary>
    public static Leaf MinKey { get; } = new(BsonType.MinKey, default);

    /// <summary>Sorts after everything.</summary>
    public static Leaf MaxKey { get; } = new(BsonType.MaxKey, default);

    /// <summary>The bytes.</summary>
    public ReadOnlyMemory<byte> Raw => raw;

    /// <summary>A string.</summary>
    public static Leaf String(string value)
    {
        byte[] bytes = new byte[sizeof(int) + Encoding.UTF8.GetByteCount(value) + 1];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, bytes.Length - sizeof(int));
        Encoding.UTF8.GetBytes(value, bytes.AsSpan(sizeof(int)));
        return new(BsonType.String, bytes);
    }

    /// <summary>An int32.</summary>
    public static Leaf Int32(int value) => new(BsonType.Int32, BitConverter.GetBytes(value));

    /// <summary>An int64.</summary>
    public static Leaf Int64(long value) => new(BsonType.Int64, BitConverter.GetBytes(value));

    /// <summary>A double.</summary>
    public static Leaf Double(double value) => new(BsonType.Double, BitConverter.GetBytes(value));

    /// <summary>A decimal128.</summary>
    public static Leaf Decimal(Decimal128 value)
    {
        byte[] bytes = new byte[Decimal128.Size];
        value.Write(bytes);
        return new(BsonType.Decimal128, bytes);
    }

    /// <summary>A boolean.</summary>
    public static Leaf Boolean(bool value) => new(BsonType.Boolean, new[] { value ? (byte)1 : (byte)0 });

    /// <summary>A timestamp: seconds in the high half, increment in the low.</summary>
    public static Leaf Timestamp(ulong value) => new(BsonType.Timestamp, BitConverter.GetBytes(value));

    /// <summary>A date.</summary>
    public static Leaf Date(DateTimeOffset value) => new(BsonType.DateTime, BitConverter.GetBytes(value.ToUnixTimeMilliseconds()));

    /// <summary>Bytes of a subtype other than 2.</summary>
    public static Leaf Binary(byte subtype, ReadOnlySpan<byte> value)
    {
        byte[] bytes = new byte[sizeof(int) + 1 + value.Length];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, value.Length);
        bytes[sizeof(int)] = subtype;
        value.CopyTo(bytes.AsSpan(sizeof(int) + 1));
        return new(BsonType.Binary, bytes);
    }

    /// <summary>A UUID, subtype 4.</summary>
    public static Leaf Uuid(Guid value) => Binary(4, value.ToByteArray(bigEndian: true));

    /// <summary>An object id of these 12 bytes.</summary>
    public static Leaf ObjectId(byte[] value) => new(BsonType.ObjectId, value);

    /// <summary>An object id that no other has.</summary>
    public static Leaf NewObjectId(DateTimeOffset now)
    {
        byte[] bytes = new byte[12];
        BinaryPrimitives.WriteUInt64BigEndian(bytes.AsSpan(4), (ulong)Interlocked.Increment(ref s_objectIds));
        BinaryPrimitives.WriteUInt32BigEndian(bytes, (uint)now.ToUnixTimeSeconds());
        return new(BsonType.ObjectId, bytes);
    }

    /// <inheritdoc/>
    public override ReadOnlyMemory<byte> ToRaw() => raw;

    /// <inheritdoc/>
    public override void Write(BsonWriter writer, ReadOnlySpan<byte> name)
    {
        ArgumentNullException.ThrowIfNull(writer);
        writer.WriteRaw(name, type, raw.Span);
    }

    /// <inheritdoc/>
    public override Node Clone() => this;
}
