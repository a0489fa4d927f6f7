using System.Buffers.Binary;
using Millrace.Connectors.MongoDb.Bson;
using Millrace.Connectors.MongoDb.Decoding;

namespace Millrace.Connectors.MongoDb.Images;

/// <summary>
/// The bytes that an <c>_id</c> is stored under. Ids that MongoDB holds equal (5, 5L, 5.0) have the same bytes; bytes of integers and
/// ObjectIds sort as the ids do, so that an import in their order appends.
/// </summary>
internal static class ImageKey
{
    private const byte IntegerTag = (byte)BsonType.Int64;
    private const byte NumberTag = (byte)BsonType.Double;

    /// <summary>Replaces the buffer's content by the key of an id.</summary>
    public static void Write(BsonValue id, ByteBuffer output)
    {
        output.Clear();
        switch (id.Type)
        {
            case BsonType.Int32:
                WriteInteger(id.GetInt32(), output);
                break;
            case BsonType.Int64:
                WriteInteger(id.GetInt64(), output);
                break;
            case BsonType.Double:
                WriteDouble(id.GetDouble(), output);
                break;
            case BsonType.Decimal128:
                WriteDecimal(id.GetDecimal128(), output);
                break;
            default:
                output.Write((byte)id.Type);
                output.Write(id.Bytes);
                break;
        }
    }

    private static void WriteDouble(double value, ByteBuffer output)
    {
        if (value == Math.Floor(value) && value is >= -9223372036854775808.0 and < 9223372036854775808.0)
        {
            WriteInteger((long)value, output);
            return;
        }

        output.Write(NumberTag);
        KeyText.WriteNumber(value, output);
    }

    private static void WriteDecimal(Decimal128 value, ByteBuffer output)
    {
        if (value.TryToScaled(0, out Int128 whole) && whole >= long.MinValue && whole <= long.MaxValue)
        {
            WriteInteger((long)whole, output);
            return;
        }

        output.Write(NumberTag);
        KeyText.WriteNumber(value, output);
    }

    private static void WriteInteger(long value, ByteBuffer output)
    {
        Span<byte> bytes = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteUInt64BigEndian(bytes, (ulong)value ^ (1UL << 63));
        output.Write(IntegerTag);
        output.Write(bytes);
    }
}
