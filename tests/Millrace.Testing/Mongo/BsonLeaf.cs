using System.Buffers.Binary;
using System.Numerics;
using System.Text;

namespace Millrace.Testing.Mongo;

/// <summary>A value without children, held as its bytes. Layouts: bsonspec.org 1.1; Decimal128: IEEE 754-2008, binary integer significand.</summary>
public sealed class BsonLeaf(byte type, byte[] raw) : BsonNode
{
    /// <inheritdoc/>
    public override byte Type => type;

    /// <summary>Null.</summary>
    public static BsonLeaf Null { get; } = new(0x0A, []);

    /// <summary>Undefined, deprecated.</summary>
    public static BsonLeaf Undefined { get; } = new(0x06, []);

    /// <summary>MinKey.</summary>
    public static BsonLeaf MinKey { get; } = new(0xFF, []);

    /// <summary>MaxKey.</summary>
    public static BsonLeaf MaxKey { get; } = new(0x7F, []);

    /// <summary>A double.</summary>
    public static BsonLeaf Double(double value) => new(0x01, BitConverter.GetBytes(value));

    /// <summary>A string.</summary>
    public static BsonLeaf String(string value) => new(0x02, Text(value));

    /// <summary>A symbol, deprecated.</summary>
    public static BsonLeaf Symbol(string value) => new(0x0E, Text(value));

    /// <summary>JavaScript.</summary>
    public static BsonLeaf Code(string value) => new(0x0D, Text(value));

    /// <summary>JavaScript with a scope.</summary>
    public static BsonLeaf Code(string value, BsonDoc scope)
    {
        byte[] body = [.. Text(value), .. scope.ToBytes()];
        return new(0x0F, [.. BitConverter.GetBytes(body.Length + 4), .. body]);
    }

    /// <summary>Bytes of a subtype other than 2.</summary>
    public static BsonLeaf Binary(byte subtype, byte[] value) => new(0x05, [.. BitConverter.GetBytes(value.Length), subtype, .. value]);

    /// <summary>A UUID, subtype 4.</summary>
    public static BsonLeaf Uuid(Guid value) => Binary(4, value.ToByteArray(bigEndian: true));

    /// <summary>An ObjectId: seconds, and a number that makes it unique.</summary>
    public static BsonLeaf ObjectId(uint seconds, ulong unique)
    {
        byte[] bytes = new byte[12];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, seconds);
        BinaryPrimitives.WriteUInt64BigEndian(bytes.AsSpan(4), unique);
        return new(0x07, bytes);
    }

    /// <summary>A boolean.</summary>
    public static BsonLeaf Boolean(bool value) => new(0x08, [value ? (byte)1 : (byte)0]);

    /// <summary>A date, milliseconds since 1970.</summary>
    public static BsonLeaf Date(long millis) => new(0x09, BitConverter.GetBytes(millis));

    /// <summary>A regular expression; options in alphabetical order.</summary>
    public static BsonLeaf Regex(string pattern, string options) => new(0x0B, Encoding.UTF8.GetBytes(pattern + "\0" + options + "\0"));

    /// <summary>A DBPointer, deprecated.</summary>
    public static BsonLeaf DbPointer(string target, BsonLeaf objectId) => new(0x0C, [.. Text(target), .. objectId.ToBytes()]);

    /// <summary>A 32-bit integer.</summary>
    public static BsonLeaf Int32(int value) => new(0x10, BitConverter.GetBytes(value));

    /// <summary>A timestamp: seconds in the high half.</summary>
    public static BsonLeaf Timestamp(ulong value) => new(0x11, BitConverter.GetBytes(value));

    /// <summary>A 64-bit integer.</summary>
    public static BsonLeaf Int64(long value) => new(0x12, BitConverter.GetBytes(value));

    /// <summary>A finite Decimal128.</summary>
    /// <param name="coefficient">Up to 34 digits.</param>
    /// <param name="exponent">-6176 to 6111.</param>
    public static BsonLeaf Decimal(BigInteger coefficient, int exponent)
    {
        BigInteger magnitude = BigInteger.Abs(coefficient);
        ulong high = (ulong)(magnitude >> 64) | ((ulong)(exponent + 6176) << 49) | (coefficient.Sign < 0 ? 1UL << 63 : 0);
        return DecimalBits(high, (ulong)(magnitude & ulong.MaxValue));
    }

    /// <summary>A Decimal128 by its bits: NaN is 0x7C00… and infinity 0x7800… in the high half.</summary>
    public static BsonLeaf DecimalBits(ulong high, ulong low) => new(0x13, [.. BitConverter.GetBytes(low), .. BitConverter.GetBytes(high)]);

    /// <inheritdoc/>
    public override void Write(MemoryStream output) => output.Write(raw);

    /// <inheritdoc/>
    public override BsonLeaf Clone() => this;

    private static byte[] Text(string value)
    {
        byte[] utf8 = Encoding.UTF8.GetBytes(value);
        return [.. BitConverter.GetBytes(utf8.Length + 1), .. utf8, 0];
    }
}
