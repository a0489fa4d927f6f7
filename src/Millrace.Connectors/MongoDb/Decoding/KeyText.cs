using System.Buffers;
using System.Buffers.Text;
using System.Globalization;
using System.Numerics;
using System.Text;
using Millrace.Connectors.MongoDb.Bson;
using Millrace.Core.Batches;
using Millrace.Core.Schemas;

namespace Millrace.Connectors.MongoDb.Decoding;

/// <summary>
/// Writes a key in the form of <see cref="CanonicalKey"/>. Numbers of all types are written as their exact decimal value, so that keys
/// which MongoDB holds equal (5, 5.0, Decimal128 5) are equal here and no others are.
/// </summary>
internal static class KeyText
{
    // A double's 53 bits times 5^32, of 75 bits, is less than 2^128.
    private const int MostFives = 32;

    /// <summary>The plain class of a key of this type (its tag), or NUL where the type is never a plain key.</summary>
    public static char PlainClass(BsonValue key) => key.Type switch
    {
        BsonType.ObjectId => 'o',
        BsonType.String => 's',
        BsonType.Int32 or BsonType.Int64 => 'n',
        BsonType.Binary when IsUuid(key) => 'u',
        _ => '\0',
    };

    /// <summary>Writes the key.</summary>
    public static void Write(BsonValue key, IBufferWriter<byte> output)
    {
        switch (key.Type)
        {
            case BsonType.Int32:
                WriteInteger("n:"u8, key.GetInt32(), output);
                break;
            case BsonType.Int64:
                WriteInteger("n:"u8, key.GetInt64(), output);
                break;
            case BsonType.Double:
                output.Write("n:"u8);
                WriteNumber(key.GetDouble(), output);
                break;
            case BsonType.Decimal128:
                output.Write("n:"u8);
                WriteNumber(key.GetDecimal128(), output);
                break;
            case BsonType.String:
                output.Write("s:"u8);
                output.Write(key.GetString());
                break;
            case BsonType.ObjectId:
                WriteHex("o:"u8, key.GetObjectId(), output);
                break;
            case BsonType.Boolean:
                output.Write(key.GetBoolean() ? "b:true"u8 : "b:false"u8);
                break;
            case BsonType.DateTime:
                WriteInteger("d:"u8, key.GetDateTimeMillis(), output);
                break;
            case BsonType.Binary:
                WriteBinary(key, output);
                break;
            case BsonType.Null or BsonType.Undefined:
                output.Write("z:"u8);
                break;
            default:
                output.Write("j:"u8);
                ExtendedJsonWriter.WriteValue(key, output, ExtendedJsonMode.Canonical);
                break;
        }
    }

    /// <summary>Writes the key that a row of a plain key column has.</summary>
    /// <param name="column">The column of <c>_id</c>.</param>
    /// <param name="slot">Its slot.</param>
    /// <param name="row">The row; not null.</param>
    /// <param name="output">Where it goes.</param>
    public static void WritePlain(Column column, ValueSlot slot, int row, IBufferWriter<byte> output)
    {
        switch (slot)
        {
            case ValueSlot.Integer:
                WriteInteger("n:"u8, ((Column<long>)column).Values[row], output);
                break;
            case ValueSlot.Uuid:
                WriteUuid(((Column<Guid>)column).Values[row], output);
                break;
            case ValueSlot.ObjectId:
                output.Write("o:"u8);
                output.Write(((VarColumn)column)[row]);
                break;
            default:
                output.Write("s:"u8);
                output.Write(((VarColumn)column)[row]);
                break;
        }
    }

    /// <summary>Writes the exact decimal value, without exponent and without trailing zeros.</summary>
    public static void WriteNumber(double value, IBufferWriter<byte> output)
    {
        if (value == Math.Floor(value) && value is >= -9223372036854775808.0 and < 9223372036854775808.0)
        {
            WriteInteger(default, (long)value, output);
        }
        else if (double.IsFinite(value))
        {
            WriteExact(value, output);
        }
        else
        {
            output.Write(double.IsNaN(value) ? "NaN"u8 : value > 0 ? "Infinity"u8 : "-Infinity"u8);
        }
    }

    /// <inheritdoc cref="WriteNumber(double, IBufferWriter{byte})"/>
    public static void WriteNumber(Decimal128 value, IBufferWriter<byte> output)
    {
        if (value.IsFinite)
        {
            WriteDecimal(value.IsNegative, value.Coefficient, value.Exponent, output);
        }
        else
        {
            WriteNumber(value.ToDouble(), output);
        }
    }

    // value = mantissa * 2^exponent; a negative power of two is a finite decimal: m * 5^e / 10^e.
    private static void WriteExact(double value, IBufferWriter<byte> output)
    {
        long bits = BitConverter.DoubleToInt64Bits(value);
        int biased = (int)((bits >> 52) & 0x7FF);
        long mantissa = bits & 0xF_FFFF_FFFF_FFFF;
        mantissa = biased == 0 ? mantissa : mantissa | (1L << 52);
        int exponent = (biased == 0 ? 1 : biased) - 1075;
        int zeros = BitOperations.TrailingZeroCount(mantissa);
        mantissa >>= zeros;
        exponent += zeros;
        if (exponent is < 0 and >= -MostFives)
        {
            UInt128 scaled = (UInt128)mantissa;
            for (int i = 0; i > exponent; i--)
            {
                scaled *= 5;
            }

            WriteDecimal(bits < 0, scaled, exponent, output);
            return;
        }

        BigInteger digits = exponent >= 0 ? (BigInteger)mantissa << exponent : mantissa * BigInteger.Pow(5, -exponent);
        WriteDecimal(bits < 0, Encoding.ASCII.GetBytes(digits.ToString(CultureInfo.InvariantCulture)), Math.Min(exponent, 0), output);
    }

    private static void WriteDecimal(bool negative, UInt128 digits, int exponent, IBufferWriter<byte> output)
    {
        Span<byte> text = stackalloc byte[40];
        digits.TryFormat(text, out int length, default, CultureInfo.InvariantCulture);
        WriteDecimal(negative, text[..length], exponent, output);
    }

    private static void WriteDecimal(bool negative, ReadOnlySpan<byte> digits, int exponent, IBufferWriter<byte> output)
    {
        ReadOnlySpan<byte> trimmed = digits.TrimEnd((byte)'0');
        if (trimmed.IsEmpty)
        {
            output.Write("0"u8);
            return;
        }

        if (negative)
        {
            output.Write("-"u8);
        }

        exponent += digits.Length - trimmed.Length;
        int point = trimmed.Length + exponent;
        if (exponent >= 0)
        {
            output.Write(trimmed);
            WriteZeros(exponent, output);
        }
        else if (point > 0)
        {
            output.Write(trimmed[..point]);
            output.Write("."u8);
            output.Write(trimmed[point..]);
        }
        else
        {
            output.Write("0."u8);
            WriteZeros(-point, output);
            output.Write(trimmed);
        }
    }

    private static void WriteZeros(int count, IBufferWriter<byte> output)
    {
        output.GetSpan(count)[..count].Fill((byte)'0');
        output.Advance(count);
    }

    private static bool IsUuid(BsonValue key) => key.GetBinary(out byte subtype).Length == 16 && subtype == BinarySubtype.Uuid;

    private static void WriteBinary(BsonValue key, IBufferWriter<byte> output)
    {
        ReadOnlySpan<byte> bytes = key.GetBinary(out byte subtype);
        if (IsUuid(key))
        {
            WriteUuid(new Guid(bytes, bigEndian: true), output);
            return;
        }

        output.Write("x:"u8);
        WriteHex(default, [subtype], output);
        WriteHex(":"u8, bytes, output);
    }

    private static void WriteInteger(ReadOnlySpan<byte> tag, long value, IBufferWriter<byte> output)
    {
        Span<byte> target = output.GetSpan(24);
        tag.CopyTo(target);
        Utf8Formatter.TryFormat(value, target[tag.Length..], out int written);
        output.Advance(tag.Length + written);
    }

    private static void WriteUuid(Guid value, IBufferWriter<byte> output)
    {
        Span<byte> target = output.GetSpan(40);
        "u:"u8.CopyTo(target);
        value.TryFormat(target[2..], out int written, "D");
        output.Advance(written + 2);
    }

    private static void WriteHex(ReadOnlySpan<byte> tag, ReadOnlySpan<byte> bytes, IBufferWriter<byte> output)
    {
        Span<byte> target = output.GetSpan(tag.Length + (2 * bytes.Length));
        tag.CopyTo(target);
        Convert.TryToHexStringLower(bytes, target[tag.Length..], out int written);
        output.Advance(tag.Length + written);
    }
}
