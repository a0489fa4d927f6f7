using System.Buffers.Text;
using System.Globalization;
using System.Text.Json;
using Millrace.Core.Batches;
using Millrace.Core.Schemas;

namespace Millrace.Core.Engine.Shaping.Nesting;

/// <summary>
/// Values out of JSON into typed columns: strings, booleans, numbers (whole ones as int64, longer ones as decimal, others as float64), and
/// MongoDB's extended JSON for the types that JSON lacks (github.com/mongodb/specifications, extended-json). Whatever has no type of
/// its own, arrays and objects among it, stays JSON.
/// </summary>
internal static class TypedJson
{
    /// <summary>Writes the value that the reader stands on; the reader is left on its last token. Null writes nothing.</summary>
    public static void Append(ref Utf8JsonReader reader, ReadOnlySpan<byte> json, SlotSet slots, int row)
    {
        if (!slots.Begin(row))
        {
            reader.Skip();
            return;
        }

        switch (reader.TokenType)
        {
            case JsonTokenType.Null:
                break;
            case JsonTokenType.True or JsonTokenType.False:
                ((Column<bool>)slots.Slot(LogicalType.Boolean, null)).AppendAt(row, reader.TokenType == JsonTokenType.True);
                break;
            case JsonTokenType.String:
                AppendText(ref reader, slots, row, "string");
                break;
            case JsonTokenType.Number:
                AppendNumber(reader.ValueSpan, slots, row);
                break;
            case JsonTokenType.StartObject when JsonText.IsWrapper(reader):
                AppendWrapper(ref reader, json, slots, row);
                break;
            default:
                ((VarColumn)slots.Slot(LogicalType.Json, null)).AppendAt(row, JsonText.TakeRaw(ref reader, json));
                break;
        }
    }

    private static void AppendText(ref Utf8JsonReader reader, SlotSet slots, int row, string? sourceType)
    {
        var text = (VarColumn)slots.Slot(LogicalType.Text, sourceType);
        JsonText.CopyText(ref reader, text);
        text.EndValue(row);
    }

    private static void AppendNumber(ReadOnlySpan<byte> number, SlotSet slots, int row)
    {
        bool isWhole = !number.ContainsAny(".eE"u8);
        if (isWhole && Utf8Parser.TryParse(number, out long value, out int used) && used == number.Length)
        {
            ((Column<long>)slots.Slot(LogicalType.Int64, "long")).AppendAt(row, value);
        }
        else if (isWhole && Int128.TryParse(number, NumberStyles.AllowLeadingSign, null, out Int128 large) && Scaling.Digits(large) <= LogicalType.MaxDecimalPrecision
            && large > -Scaling.Power(38) && large < Scaling.Power(38))
        {
            slots.AppendDecimal(row, large, 0);
        }
        else if (!isWhole && Utf8Parser.TryParse(number, out double real, out used) && used == number.Length && double.IsFinite(real))
        {
            ((Column<double>)slots.Slot(LogicalType.Float64, "double")).AppendAt(row, real);
        }
        else
        {
            ((VarColumn)slots.Slot(LogicalType.Json, null)).AppendAt(row, number);
        }
    }

    private static void AppendWrapper(ref Utf8JsonReader reader, ReadOnlySpan<byte> json, SlotSet slots, int row)
    {
        Utf8JsonReader inner = reader;
        ReadOnlySpan<byte> raw = JsonText.TakeRaw(ref reader, json);
        inner.Read();
        if (!TryAppend(inner, slots, row) || !IsSingle(raw))
        {
            ((VarColumn)slots.Slot(LogicalType.Json, null)).AppendAt(row, raw);
        }
    }

    private static bool IsSingle(ReadOnlySpan<byte> raw)
    {
        Utf8JsonReader reader = JsonText.Open(raw);
        reader.Read();
        reader.Read();
        reader.Skip();
        return reader.Read() && reader.TokenType == JsonTokenType.EndObject;
    }

    private static bool TryAppend(Utf8JsonReader reader, SlotSet slots, int row)
    {
        string name = reader.GetString()!;
        reader.Read();
        return name switch
        {
            "$oid" => TryAppendObjectId(ref reader, slots, row),
            "$date" => TryAppendDate(ref reader, slots, row),
            "$numberInt" or "$numberLong" => TryAppendInteger(ref reader, slots, row),
            "$numberDouble" => TryAppendDouble(ref reader, slots, row),
            "$numberDecimal" => TryAppendDecimal(ref reader, slots, row),
            "$uuid" => TryAppendUuid(JsonText.ShortText(ref reader), slots, row),
            "$binary" => TryAppendBinary(ref reader, slots, row),
            _ => false,
        };
    }

    private static bool TryAppendObjectId(ref Utf8JsonReader reader, SlotSet slots, int row)
    {
        if (reader.TokenType != JsonTokenType.String)
        {
            return false;
        }

        AppendText(ref reader, slots, row, "objectId");
        return true;
    }

    private static bool TryAppendInteger(ref Utf8JsonReader reader, SlotSet slots, int row)
    {
        if (!long.TryParse(JsonText.ShortText(ref reader), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long value))
        {
            return false;
        }

        ((Column<long>)slots.Slot(LogicalType.Int64, "long")).AppendAt(row, value);
        return true;
    }

    private static bool TryAppendDouble(ref Utf8JsonReader reader, SlotSet slots, int row)
    {
        if (!double.TryParse(JsonText.ShortText(ref reader), NumberStyles.Float, CultureInfo.InvariantCulture, out double value))
        {
            return false;
        }

        ((Column<double>)slots.Slot(LogicalType.Float64, "double")).AppendAt(row, value);
        return true;
    }

    private static bool TryAppendDecimal(ref Utf8JsonReader reader, SlotSet slots, int row)
    {
        if (JsonText.ShortText(ref reader) is not { } text)
        {
            return false;
        }

        if (DecimalText.TryParse(text, out Int128 value, out int scale) && (value != 0 || text is not ['-', ..]))
        {
            slots.AppendDecimal(row, value, scale);
        }
        else
        {
            // NaN, infinities, -0 and exponents beyond 38 digits keep their text.
            AppendText(ref reader, slots, row, "decimal");
        }

        return true;
    }

    private static bool TryAppendDate(ref Utf8JsonReader reader, SlotSet slots, int row)
    {
        long ticks;
        if (reader.TokenType == JsonTokenType.String)
        {
            const DateTimeStyles Style = DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal;
            if (!DateTimeOffset.TryParse(reader.GetString(), CultureInfo.InvariantCulture, Style, out DateTimeOffset time))
            {
                return false;
            }

            ticks = time.UtcTicks - DateTime.UnixEpoch.Ticks;
        }
        else if (TryReadMilliseconds(ref reader, out long milliseconds)
            && Math.Abs(milliseconds / 2) < long.MaxValue / TimeSpan.TicksPerMillisecond / 2)
        {
            ticks = milliseconds * TimeSpan.TicksPerMillisecond;
        }
        else
        {
            return false;
        }

        ((Column<long>)slots.Slot(LogicalType.TimestampUtc(3), "date")).AppendAt(row, ticks);
        return true;
    }

    private static bool TryReadMilliseconds(ref Utf8JsonReader reader, out long value)
    {
        if (reader.TokenType == JsonTokenType.Number)
        {
            return reader.TryGetInt64(out value);
        }

        value = 0;
        return reader.TokenType == JsonTokenType.StartObject && reader.Read() && reader.ValueTextEquals("$numberLong"u8) && reader.Read()
            && long.TryParse(JsonText.ShortText(ref reader), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out value);
    }

    private static bool TryAppendUuid(string? text, SlotSet slots, int row)
    {
        if (!Guid.TryParseExact(text, "D", out Guid value))
        {
            return false;
        }

        ((Column<Guid>)slots.Slot(LogicalType.Uuid, "uuid")).AppendAt(row, value);
        return true;
    }

    private static bool TryAppendBinary(ref Utf8JsonReader reader, SlotSet slots, int row)
    {
        byte[]? bytes = null;
        string? subType = null;
        while (reader.TokenType == JsonTokenType.StartObject ? reader.Read() && reader.TokenType == JsonTokenType.PropertyName : reader.TokenType == JsonTokenType.PropertyName)
        {
            bool isData = reader.ValueTextEquals("base64"u8);
            reader.Read();
            if (isData && reader.TryGetBytesFromBase64(out byte[]? data))
            {
                bytes = data;
            }
            else if (!isData)
            {
                subType = JsonText.ShortText(ref reader);
            }

            reader.Read();
        }

        switch (subType)
        {
            case "04" or "4" when bytes is { Length: 16 }:
                ((Column<Guid>)slots.Slot(LogicalType.Uuid, "uuid")).AppendAt(row, new Guid(bytes, bigEndian: true));
                return true;
            case "00" or "0" when bytes is not null:
                ((VarColumn)slots.Slot(LogicalType.Bytes, null)).AppendAt(row, bytes);
                return true;
            default:
                // Another subtype would be lost in a plain column of bytes.
                return false;
        }
    }
}
