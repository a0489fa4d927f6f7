using System.Buffers.Binary;
using System.Runtime.CompilerServices;

using Millrace.Core.Errors;

namespace Millrace.Connectors.MongoDb.Bson;

/// <summary>
/// One BSON value: its type and its raw bytes, which belong to whoever owns the document. Each accessor checks the type and
/// reads in place.
/// </summary>
/// <param name="type">The type byte.</param>
/// <param name="bytes">The value exactly as <see cref="BsonReader.Value"/> gives it.</param>
public readonly ref struct BsonValue(BsonType type, ReadOnlySpan<byte> bytes)
{
    private const byte OldGenericBinary = 0x02;

    private readonly ReadOnlySpan<byte> _bytes = bytes;

    /// <summary>The type.</summary>
    public BsonType Type { get; } = type;

    /// <summary>The raw bytes, length prefixes and terminators included.</summary>
    public ReadOnlySpan<byte> Bytes => _bytes;

    /// <summary>Whether this is an int32, int64, double or decimal128.</summary>
    public bool IsNumber => Type is BsonType.Int32 or BsonType.Int64 or BsonType.Double or BsonType.Decimal128;

    /// <summary>The double.</summary>
    /// <exception cref="MillraceException">MR1102 when the value is not a double.</exception>
    public double GetDouble()
    {
        Require(BsonType.Double);
        return BinaryPrimitives.ReadDoubleLittleEndian(_bytes);
    }

    /// <summary>The text of a string, symbol or code without scope, in UTF-8, without its terminator; not validated.</summary>
    /// <exception cref="MillraceException">MR1102 when the value is none of these.</exception>
    public ReadOnlySpan<byte> GetString()
    {
        if (Type is not (BsonType.String or BsonType.Symbol or BsonType.JavaScript))
        {
            BsonThrow.WrongType(BsonType.String, Type);
        }

        return _bytes[sizeof(int)..^1];
    }

    /// <summary>The bytes of an embedded document or array, envelope included.</summary>
    /// <exception cref="MillraceException">MR1102 when the value is neither.</exception>
    public ReadOnlySpan<byte> GetDocument()
    {
        if (Type is not (BsonType.Document or BsonType.Array))
        {
            BsonThrow.WrongType(BsonType.Document, Type);
        }

        return _bytes;
    }

    /// <summary>The bytes of a binary value. The inner length prefix of the old subtype 2 is left out.</summary>
    /// <param name="subtype">
    /// 0 generic, 2 old generic, 3 old UUID, 4 UUID, 5 MD5, 6 encrypted, 7 column, 8 sensitive, 9 vector, 128 and up user-defined.
    /// </param>
    /// <exception cref="MillraceException">MR1102 when the value is not binary.</exception>
    public ReadOnlySpan<byte> GetBinary(out byte subtype)
    {
        Require(BsonType.Binary);
        subtype = _bytes[sizeof(int)];
        return subtype == OldGenericBinary ? _bytes[(sizeof(int) + 1 + sizeof(int))..] : _bytes[(sizeof(int) + 1)..];
    }

    /// <summary>The 12 bytes of an object id.</summary>
    /// <exception cref="MillraceException">MR1102 when the value is not an object id.</exception>
    public ReadOnlySpan<byte> GetObjectId()
    {
        Require(BsonType.ObjectId);
        return _bytes;
    }

    /// <summary>The boolean.</summary>
    /// <exception cref="MillraceException">MR1102 when the value is not a boolean, MR1101 when it is neither 0 nor 1.</exception>
    public bool GetBoolean()
    {
        Require(BsonType.Boolean);
        var value = _bytes[0];
        if (value > 1)
        {
            BsonThrow.Corrupt(0, BsonErrorReason.BadBoolean);
        }

        return value != 0;
    }

    /// <summary>Milliseconds since 1970-01-01T00:00:00Z; the whole range of a signed 64-bit integer can come.</summary>
    /// <exception cref="MillraceException">MR1102 when the value is not a date.</exception>
    public long GetDateTimeMillis()
    {
        Require(BsonType.DateTime);
        return BinaryPrimitives.ReadInt64LittleEndian(_bytes);
    }

    /// <summary>The int32.</summary>
    /// <exception cref="MillraceException">MR1102 when the value is not an int32.</exception>
    public int GetInt32()
    {
        Require(BsonType.Int32);
        return BinaryPrimitives.ReadInt32LittleEndian(_bytes);
    }

    /// <summary>The timestamp: seconds since 1970 in the high 32 bits, increment in the low 32.</summary>
    /// <exception cref="MillraceException">MR1102 when the value is not a timestamp.</exception>
    public ulong GetTimestamp()
    {
        Require(BsonType.Timestamp);
        return BinaryPrimitives.ReadUInt64LittleEndian(_bytes);
    }

    /// <summary>The int64.</summary>
    /// <exception cref="MillraceException">MR1102 when the value is not an int64.</exception>
    public long GetInt64()
    {
        Require(BsonType.Int64);
        return BinaryPrimitives.ReadInt64LittleEndian(_bytes);
    }

    /// <summary>The decimal128.</summary>
    /// <exception cref="MillraceException">MR1102 when the value is not a decimal128.</exception>
    public Decimal128 GetDecimal128()
    {
        Require(BsonType.Decimal128);
        return Decimal128.Read(_bytes);
    }

    /// <summary>The pattern of a regular expression, UTF-8.</summary>
    /// <param name="options">The option letters, as they stand in the document.</param>
    /// <exception cref="MillraceException">MR1102 when the value is not a regular expression.</exception>
    public ReadOnlySpan<byte> GetRegularExpression(out ReadOnlySpan<byte> options)
    {
        Require(BsonType.RegularExpression);
        var pattern = _bytes.IndexOf((byte)0);
        options = _bytes[(pattern + 1)..^1];
        return _bytes[..pattern];
    }

    /// <summary>The namespace of a DBPointer, UTF-8.</summary>
    /// <param name="objectId">The 12 bytes of the id that it points to.</param>
    /// <exception cref="MillraceException">MR1102 when the value is not a DBPointer.</exception>
    public ReadOnlySpan<byte> GetDbPointer(out ReadOnlySpan<byte> objectId)
    {
        Require(BsonType.DbPointer);
        objectId = _bytes[^12..];
        return _bytes[sizeof(int)..^13];
    }

    /// <summary>The source of a code with scope, UTF-8.</summary>
    /// <param name="scope">The scope document, envelope included.</param>
    /// <exception cref="MillraceException">MR1102 when the value is not a code with scope.</exception>
    public ReadOnlySpan<byte> GetJavaScriptWithScope(out ReadOnlySpan<byte> scope)
    {
        Require(BsonType.JavaScriptWithScope);
        var code = BinaryPrimitives.ReadInt32LittleEndian(_bytes[sizeof(int)..]);
        scope = _bytes[(sizeof(int) + sizeof(int) + code)..];
        return _bytes.Slice(sizeof(int) + sizeof(int), code - 1);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Require(BsonType type)
    {
        if (Type != type)
        {
            BsonThrow.WrongType(type, Type);
        }
    }
}
