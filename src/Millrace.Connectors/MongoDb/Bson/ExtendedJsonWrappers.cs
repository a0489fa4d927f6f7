using System.Buffers;
using System.Buffers.Text;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Millrace.Connectors.MongoDb.Bson;

/// <summary>The <c>{"$oid": …}</c> forms of Extended JSON: recognises them, checks them strictly and writes the value.</summary>
internal readonly ref struct ExtendedJsonWrappers(BsonWriter writer, ExtendedJsonDialect dialect)
{
    private const int ObjectIdLength = 12;

    private bool Legacy => dialect == ExtendedJsonDialect.V2AndLegacy;

    /// <summary>
    /// Reads the object at <paramref name="reader"/> when its first name makes it a typed value, and leaves the reader at the object's
    /// end. Otherwise leaves the reader where it is.
    /// </summary>
    public bool TryRead(ref Utf8JsonReader reader, scoped ReadOnlySpan<byte> name)
    {
        var peek = reader;
        peek.Read();
        if (peek.TokenType != JsonTokenType.PropertyName || peek.ValueSpan.IsEmpty || peek.ValueSpan[0] != '$')
        {
            return false;
        }

        // A name of a user that starts with a dollar is legal too; only these are taken.
        switch (Encoding.UTF8.GetString(ExtendedJsonReader.Text(ref peek)))
        {
            case "$oid": WriteObjectId(ref reader, name); return true;
            case "$numberInt": writer.WriteInt32(name, checked((int)Integer(ref reader, "$numberInt"u8, int.MinValue, int.MaxValue))); return true;
            case "$numberLong": writer.WriteInt64(name, Integer(ref reader, "$numberLong"u8, long.MinValue, long.MaxValue)); return true;
            case "$numberDouble": WriteDouble(ref reader, name); return true;
            case "$numberDecimal": WriteDecimal(ref reader, name); return true;
            case "$date": WriteDate(ref reader, name); return true;
            case "$binary": WriteBinary(ref reader, name); return true;
            case "$uuid": WriteUuid(ref reader, name); return true;
            case "$symbol": writer.WriteSymbol(name, SoleText(ref reader, "$symbol"u8)); return true;
            case "$timestamp": WriteTimestamp(ref reader, name); return true;
            case "$regularExpression": WriteRegularExpression(ref reader, name); return true;
            case "$dbPointer": WriteDbPointer(ref reader, name); return true;
            case "$minKey": RequireOne(ref reader, "$minKey"u8); writer.WriteMinKey(name); return true;
            case "$maxKey": RequireOne(ref reader, "$maxKey"u8); writer.WriteMaxKey(name); return true;
            case "$undefined": WriteUndefined(ref reader, name); return true;
            case "$code": WriteCode(ref reader, name); return true;
            case "$scope": return TryWriteScopeFirst(ref reader, name);
            default: return false;
        }
    }

    private void WriteObjectId(ref Utf8JsonReader reader, scoped ReadOnlySpan<byte> name)
    {
        Span<byte> bytes = stackalloc byte[ObjectIdLength];
        DecodeHex(SoleText(ref reader, "$oid"u8), bytes, "$oid"u8);
        writer.WriteObjectId(name, bytes);
    }

    private void WriteDouble(ref Utf8JsonReader reader, scoped ReadOnlySpan<byte> name)
    {
        const NumberStyles style = NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent;
        var text = SoleText(ref reader, "$numberDouble"u8);
        double value;
        if (text.SequenceEqual("NaN"u8))
        {
            value = double.NaN;
        }
        else if (text.SequenceEqual("Infinity"u8) || text.SequenceEqual("-Infinity"u8))
        {
            value = text[0] == '-' ? double.NegativeInfinity : double.PositiveInfinity;
        }
        else if (!double.TryParse(text, style, CultureInfo.InvariantCulture, out value) || !double.IsFinite(value))
        {
            Bad("$numberDouble"u8);
        }

        writer.WriteDouble(name, value);
    }

    private void WriteDecimal(ref Utf8JsonReader reader, scoped ReadOnlySpan<byte> name)
    {
        if (!Decimal128.TryParse(SoleText(ref reader, "$numberDecimal"u8), out var value))
        {
            Bad("$numberDecimal"u8);
        }

        writer.WriteDecimal128(name, value);
    }

    private void WriteDate(ref Utf8JsonReader reader, scoped ReadOnlySpan<byte> name)
    {
        var value = Sole(ref reader, "$date"u8);
        long millis = 0;
        switch (value.TokenType)
        {
            case JsonTokenType.String:
                millis = ParseDate(ExtendedJsonReader.Text(ref value));
                break;
            case JsonTokenType.StartObject:
                millis = Integer(ref value, "$numberLong"u8, long.MinValue, long.MaxValue);
                break;
            case JsonTokenType.Number when Legacy && value.TryGetInt64(out var number):
                millis = number;
                break;
            default:
                Bad("$date"u8);
                break;
        }

        writer.WriteDateTime(name, millis);
    }

    private static long ParseDate(ReadOnlySpan<byte> text)
    {
        const DateTimeStyles style = DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal;
        if (!DateTimeOffset.TryParse(Encoding.UTF8.GetString(text), CultureInfo.InvariantCulture, style, out var date)
            || date.Ticks % TimeSpan.TicksPerMillisecond != 0)
        {
            Bad("$date"u8);
        }

        return date.ToUnixTimeMilliseconds();
    }

    private void WriteBinary(ref Utf8JsonReader reader, scoped ReadOnlySpan<byte> name)
    {
        // The older form keeps the subtype beside the bytes, the newer one keeps both inside.
        var hasType = Members(ref reader, "$binary"u8, Legacy ? "$type"u8 : default, out var value, out var type);
        if (!hasType)
        {
            if (!Members(ref value, "base64"u8, "subType"u8, out var base64, out var subType))
            {
                Bad("$binary"u8);
            }

            WriteBinary(name, Text(ref base64, "$binary"u8), Text(ref subType, "$binary"u8));
            return;
        }

        WriteBinary(name, Text(ref value, "$binary"u8), Text(ref type, "$binary"u8));
    }

    private void WriteBinary(scoped ReadOnlySpan<byte> name, ReadOnlySpan<byte> base64, ReadOnlySpan<byte> subType)
    {
        var bytes = new byte[Base64.GetMaxDecodedFromUtf8Length(base64.Length)];
        if (Base64.DecodeFromUtf8(base64, bytes, out _, out var length) != OperationStatus.Done
            || subType.Length is < 1 or > 2
            || !byte.TryParse(subType, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var type))
        {
            Bad("$binary"u8);
            return;
        }

        writer.WriteBinary(name, type, bytes.AsSpan(0, length));
    }

    private void WriteUuid(ref Utf8JsonReader reader, scoped ReadOnlySpan<byte> name)
    {
        const byte uuid = 4;
        var text = SoleText(ref reader, "$uuid"u8);
        if (text.Length != 36 || text[8] != '-' || text[13] != '-' || text[18] != '-' || text[23] != '-')
        {
            Bad("$uuid"u8);
        }

        Span<byte> bytes = stackalloc byte[16];
        DecodeHex(text[..8], bytes[..4], "$uuid"u8);
        DecodeHex(text[9..13], bytes[4..6], "$uuid"u8);
        DecodeHex(text[14..18], bytes[6..8], "$uuid"u8);
        DecodeHex(text[19..23], bytes[8..10], "$uuid"u8);
        DecodeHex(text[24..], bytes[10..], "$uuid"u8);
        writer.WriteBinary(name, uuid, bytes);
    }

    private void WriteTimestamp(ref Utf8JsonReader reader, scoped ReadOnlySpan<byte> name)
    {
        var value = Sole(ref reader, "$timestamp"u8);
        if (!Members(ref value, "t"u8, "i"u8, out var seconds, out var increment)
            || seconds.TokenType != JsonTokenType.Number || !seconds.TryGetUInt32(out var t)
            || increment.TokenType != JsonTokenType.Number || !increment.TryGetUInt32(out var i))
        {
            Bad("$timestamp"u8);
            return;
        }

        writer.WriteTimestamp(name, ((ulong)t << 32) | i);
    }

    private void WriteRegularExpression(ref Utf8JsonReader reader, scoped ReadOnlySpan<byte> name)
    {
        var value = Sole(ref reader, "$regularExpression"u8);
        if (!Members(ref value, "pattern"u8, "options"u8, out var pattern, out var options))
        {
            Bad("$regularExpression"u8);
        }

        writer.WriteRegularExpression(name, Text(ref pattern, "$regularExpression"u8), Text(ref options, "$regularExpression"u8));
    }

    private void WriteDbPointer(ref Utf8JsonReader reader, scoped ReadOnlySpan<byte> name)
    {
        var value = Sole(ref reader, "$dbPointer"u8);
        if (!Members(ref value, "$ref"u8, "$id"u8, out var reference, out var id))
        {
            Bad("$dbPointer"u8);
        }

        Span<byte> bytes = stackalloc byte[ObjectIdLength];
        DecodeHex(SoleText(ref id, "$oid"u8), bytes, "$oid"u8);
        writer.WriteDbPointer(name, Text(ref reference, "$dbPointer"u8), bytes);
    }

    private void WriteUndefined(ref Utf8JsonReader reader, scoped ReadOnlySpan<byte> name)
    {
        if (Sole(ref reader, "$undefined"u8).TokenType != JsonTokenType.True)
        {
            Bad("$undefined"u8);
        }

        writer.WriteUndefined(name);
    }

    private void WriteCode(ref Utf8JsonReader reader, scoped ReadOnlySpan<byte> name)
    {
        var hasScope = Members(ref reader, "$code"u8, "$scope"u8, out var code, out var scope);
        var text = Text(ref code, "$code"u8);
        if (!hasScope)
        {
            writer.WriteJavaScript(name, text);
            return;
        }

        if (scope.TokenType != JsonTokenType.StartObject)
        {
            Bad("$scope"u8);
        }

        writer.StartJavaScriptWithScope(name, text);
        ExtendedJsonReader.ReadMembers(ref scope, writer, this);
        writer.End();
    }

    /// <summary>A scope may stand before its code; a <c>$scope</c> without code is just a name.</summary>
    private bool TryWriteScopeFirst(ref Utf8JsonReader reader, scoped ReadOnlySpan<byte> name)
    {
        var peek = reader;
        peek.Read();
        peek.Skip();
        peek.Read();
        if (peek.TokenType != JsonTokenType.PropertyName || !peek.ValueTextEquals("$code"u8))
        {
            return false;
        }

        WriteCode(ref reader, name);
        return true;
    }

    private static void RequireOne(ref Utf8JsonReader reader, scoped ReadOnlySpan<byte> key)
    {
        var value = Sole(ref reader, key);
        if (value.TokenType != JsonTokenType.Number || !value.TryGetInt32(out var one) || one != 1)
        {
            Bad(key);
        }
    }

    private long Integer(ref Utf8JsonReader reader, scoped ReadOnlySpan<byte> key, long min, long max)
    {
        var value = Sole(ref reader, key);
        long number = 0;
        var read = value.TokenType switch
        {
            JsonTokenType.String => Utf8Parser.TryParse(ExtendedJsonReader.Text(ref value), out number, out var used)
                && used == ExtendedJsonReader.Text(ref value).Length,
            JsonTokenType.Number => Legacy && value.TryGetInt64(out number),
            _ => false,
        };
        if (!read || number < min || number > max)
        {
            Bad(key);
        }

        return number;
    }

    private static ReadOnlySpan<byte> SoleText(scoped ref Utf8JsonReader reader, scoped ReadOnlySpan<byte> key)
    {
        var value = Sole(ref reader, key);
        return Text(ref value, key);
    }

    private static ReadOnlySpan<byte> Text(scoped ref Utf8JsonReader value, scoped ReadOnlySpan<byte> key)
    {
        if (value.TokenType != JsonTokenType.String)
        {
            Bad(key);
        }

        return ExtendedJsonReader.Text(ref value);
    }

    /// <summary>The value of the only member of the object at <paramref name="reader"/>.</summary>
    private static Utf8JsonReader Sole(scoped ref Utf8JsonReader reader, scoped ReadOnlySpan<byte> key)
    {
        Members(ref reader, key, default, out var value, out _);
        return value;
    }

    /// <summary>
    /// Finds the members of the object at <paramref name="reader"/>: <paramref name="key"/>, which has to be there, and
    /// <paramref name="other"/>, which may be. Any further one is an error. Leaves the reader at the object's end.
    /// </summary>
    /// <returns>Whether <paramref name="other"/> is there.</returns>
    private static bool Members(
        scoped ref Utf8JsonReader reader,
        scoped ReadOnlySpan<byte> key,
        scoped ReadOnlySpan<byte> other,
        out Utf8JsonReader value,
        out Utf8JsonReader otherValue)
    {
        value = default;
        otherValue = default;
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            Bad(key);
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isKey = reader.ValueTextEquals(key);
            var isOther = !isKey && !other.IsEmpty && reader.ValueTextEquals(other);
            reader.Read();
            if (isKey && value.TokenType == JsonTokenType.None)
            {
                value = reader;
            }
            else if (isOther && otherValue.TokenType == JsonTokenType.None)
            {
                otherValue = reader;
            }
            else
            {
                Bad(key);
            }

            reader.Skip();
        }

        if (value.TokenType == JsonTokenType.None)
        {
            Bad(key);
        }

        return otherValue.TokenType != JsonTokenType.None;
    }

    private static void DecodeHex(scoped ReadOnlySpan<byte> text, Span<byte> bytes, scoped ReadOnlySpan<byte> key)
    {
        if (text.Length != 2 * bytes.Length
            || Convert.FromHexString(text, bytes, out _, out _) != OperationStatus.Done)
        {
            Bad(key);
        }
    }

    [System.Diagnostics.CodeAnalysis.DoesNotReturn]
    private static void Bad(scoped ReadOnlySpan<byte> key) =>
        BsonThrow.BadJson($"{Encoding.UTF8.GetString(key)} has a wrong or missing value, or a field too many");
}
