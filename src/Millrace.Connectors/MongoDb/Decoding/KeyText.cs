using System.Buffers;
using System.Buffers.Text;
using System.Globalization;
using System.Numerics;
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
                WriteInteger(key.GetInt32(), output);
                break;
            case BsonType.Int64:
                WriteInteger(key.GetInt64(), output);
                break;
            case BsonType.Double:
                Write("n:"u8, NumberText(key.GetDouble()), output);
                break;
            case BsonType.Decimal128:
                Write("n:"u8, NumberText(key.GetDecimal128()), output);
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
                Write("d:"u8, key.GetDateTimeMillis().ToString(CultureInfo.InvariantCulture), output);
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
                WriteInteger(((Column<long>)column).Values[row], output);
                break;
            case ValueSlot.Uuid:
                Write("u:"u8, ((Column<Guid>)column).Values[row].ToString("D"), output);
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

    /// <summary>The exact decimal value without exponent and without trailing zeros.</summary>
    public static string NumberText(double value)
    {
        if (!double.IsFinite(value))
        {
            return double.IsNaN(value) ? "NaN" : value > 0 ? "Infinity" : "-Infinity";
        }

        // value = mantissa * 2^exponent; a negative power of two is a finite decimal: m * 5^e / 10^e.
        long bits = BitConverter.DoubleToInt64Bits(value);
        int biased = (int)((bits >> 52) & 0x7FF);
        long mantissa = bits & 0xF_FFFF_FFFF_FFFF;
        int exponent = (biased == 0 ? 1 : biased) - 1075;
        BigInteger digits = biased == 0 ? mantissa : mantissa | (1L << 52);
        digits = exponent >= 0 ? digits << exponent : digits * BigInteger.Pow(5, -exponent);
        return PlainDecimal(bits < 0, digits.ToString(CultureInfo.InvariantCulture), Math.Min(exponent, 0));
    }

    /// <inheritdoc cref="NumberText(double)"/>
    public static string NumberText(Decimal128 value) => value.IsFinite
        ? PlainDecimal(value.IsNegative, value.Coefficient.ToString(CultureInfo.InvariantCulture), value.Exponent)
        : NumberText(value.ToDouble());

    private static string PlainDecimal(bool negative, string digits, int exponent)
    {
        string trimmed = digits.TrimEnd('0');
        if (trimmed.Length == 0)
        {
            return "0";
        }

        exponent += digits.Length - trimmed.Length;
        string text = exponent >= 0
            ? trimmed + new string('0', exponent)
            : trimmed.Length > -exponent
                ? $"{trimmed[..^-exponent]}.{trimmed[^-exponent..]}"
                : "0." + new string('0', -exponent - trimmed.Length) + trimmed;
        return negative ? "-" + text : text;
    }

    private static bool IsUuid(BsonValue key) => key.GetBinary(out byte subtype).Length == 16 && subtype == BinarySubtype.Uuid;

    private static void WriteBinary(BsonValue key, IBufferWriter<byte> output)
    {
        ReadOnlySpan<byte> bytes = key.GetBinary(out byte subtype);
        if (IsUuid(key))
        {
            Write("u:"u8, new Guid(bytes, bigEndian: true).ToString("D"), output);
            return;
        }

        output.Write("x:"u8);
        WriteHex(default, [subtype], output);
        WriteHex(":"u8, bytes, output);
    }

    private static void WriteInteger(long value, IBufferWriter<byte> output)
    {
        Span<byte> target = output.GetSpan(24);
        "n:"u8.CopyTo(target);
        Utf8Formatter.TryFormat(value, target[2..], out int written);
        output.Advance(written + 2);
    }

    private static void WriteHex(ReadOnlySpan<byte> tag, ReadOnlySpan<byte> bytes, IBufferWriter<byte> output)
    {
        Span<byte> target = output.GetSpan(tag.Length + (2 * bytes.Length));
        tag.CopyTo(target);
        Convert.TryToHexStringLower(bytes, target[tag.Length..], out int written);
        output.Advance(tag.Length + written);
    }

    private static void Write(ReadOnlySpan<byte> tag, string ascii, IBufferWriter<byte> output)
    {
        Span<byte> target = output.GetSpan(tag.Length + ascii.Length);
        tag.CopyTo(target);
        System.Text.Encoding.ASCII.GetBytes(ascii, target[tag.Length..]);
        output.Advance(tag.Length + ascii.Length);
    }
}
