namespace Millrace.Connectors.MongoDb.Bson;

/// <summary>The Extended JSON form of every value that holds no document.</summary>
internal static class ExtendedJsonScalars
{
    private const long MillisOfYear10000 = 253_402_300_800_000;
    private const int MaxRegexOptions = 64;

    public static void Write(BsonValue value, ref JsonSink sink, ExtendedJsonMode mode)
    {
        var canonical = mode == ExtendedJsonMode.Canonical;
        switch (value.Type)
        {
            case BsonType.String:
                sink.WriteText(value.GetString());
                break;
            case BsonType.Int32:
                WriteInteger("{\"$numberInt\":\""u8, value.GetInt32(), canonical, ref sink);
                break;
            case BsonType.Int64:
                WriteInteger("{\"$numberLong\":\""u8, value.GetInt64(), canonical, ref sink);
                break;
            case BsonType.Double:
                WriteDouble(value.GetDouble(), canonical, ref sink);
                break;
            case BsonType.Boolean:
                sink.Write(value.GetBoolean() ? "true"u8 : "false"u8);
                break;
            case BsonType.Null:
                sink.Write("null"u8);
                break;
            case BsonType.ObjectId:
                sink.Write("{\"$oid\":\""u8);
                sink.WriteHex(value.GetObjectId());
                sink.Write("\"}"u8);
                break;
            case BsonType.DateTime:
                WriteDate(value.GetDateTimeMillis(), canonical, ref sink);
                break;
            case BsonType.Decimal128:
                WriteDecimal(value.GetDecimal128(), ref sink);
                break;
            default:
                WriteUncommon(value, ref sink);
                break;
        }
    }

    /// <summary>Prints a code with scope up to where the scope's document starts.</summary>
    public static void WriteCodePrefix(ReadOnlySpan<byte> code, ref JsonSink sink)
    {
        sink.Write("{\"$code\":"u8);
        sink.WriteText(code);
        sink.Write(",\"$scope\":"u8);
    }

    private static void WriteUncommon(BsonValue value, ref JsonSink sink)
    {
        switch (value.Type)
        {
            case BsonType.Binary:
                WriteBinary(value, ref sink);
                break;
            case BsonType.Timestamp:
                WriteTimestamp(value.GetTimestamp(), ref sink);
                break;
            case BsonType.RegularExpression:
                WriteRegularExpression(value, ref sink);
                break;
            case BsonType.DbPointer:
                WriteDbPointer(value, ref sink);
                break;
            case BsonType.Symbol:
                WriteWrappedText("{\"$symbol\":"u8, value.GetString(), ref sink);
                break;
            case BsonType.JavaScript:
                WriteWrappedText("{\"$code\":"u8, value.GetString(), ref sink);
                break;
            case BsonType.Undefined:
                sink.Write("{\"$undefined\":true}"u8);
                break;
            case BsonType.MinKey:
                sink.Write("{\"$minKey\":1}"u8);
                break;
            case BsonType.MaxKey:
                sink.Write("{\"$maxKey\":1}"u8);
                break;
            default:
                BsonThrow.Corrupt(0, BsonErrorReason.UnknownType);
                break;
        }
    }

    private static void WriteInteger(ReadOnlySpan<byte> wrapper, long value, bool canonical, ref JsonSink sink)
    {
        if (!canonical)
        {
            sink.WriteNumber(value);
            return;
        }

        sink.Write(wrapper);
        sink.WriteNumber(value);
        sink.Write("\"}"u8);
    }

    private static void WriteDouble(double value, bool canonical, ref JsonSink sink)
    {
        if (!canonical && double.IsFinite(value))
        {
            sink.WriteNumber(value);
            return;
        }

        sink.Write("{\"$numberDouble\":\""u8);
        if (double.IsFinite(value))
        {
            sink.WriteNumber(value);
        }
        else
        {
            sink.Write(double.IsNaN(value) ? "NaN"u8 : value > 0 ? "Infinity"u8 : "-Infinity"u8);
        }

        sink.Write("\"}"u8);
    }

    private static void WriteDecimal(Decimal128 value, ref JsonSink sink)
    {
        sink.Write("{\"$numberDecimal\":\""u8);
        sink.Advance(value.Format(sink.Reserve(Decimal128Text.MaxLength)));
        sink.Write("\"}"u8);
    }

    private static void WriteDate(long millis, bool canonical, ref JsonSink sink)
    {
        if (!canonical && millis is >= 0 and < MillisOfYear10000)
        {
            sink.Write("{\"$date\":\""u8);
            sink.WriteIsoDate(millis);
            sink.Write("\"}"u8);
            return;
        }

        sink.Write("{\"$date\":{\"$numberLong\":\""u8);
        sink.WriteNumber(millis);
        sink.Write("\"}}"u8);
    }

    private static void WriteBinary(BsonValue value, ref JsonSink sink)
    {
        var bytes = value.GetBinary(out var subtype);
        sink.Write("{\"$binary\":{\"base64\":\""u8);
        sink.WriteBase64(bytes);
        sink.Write("\",\"subType\":\""u8);
        sink.WriteHex([subtype]);
        sink.Write("\"}}"u8);
    }

    private static void WriteTimestamp(ulong value, ref JsonSink sink)
    {
        sink.Write("{\"$timestamp\":{\"t\":"u8);
        sink.WriteNumber((long)(value >> 32));
        sink.Write(",\"i\":"u8);
        sink.WriteNumber((long)(uint)value);
        sink.Write("}}"u8);
    }

    private static void WriteRegularExpression(BsonValue value, ref JsonSink sink)
    {
        var pattern = value.GetRegularExpression(out var options);
        sink.Write("{\"$regularExpression\":{\"pattern\":"u8);
        sink.WriteText(pattern);
        sink.Write(",\"options\":"u8);

        // Options are a set of letters; the specification prints them sorted, whatever order they were stored in.
        if (options.Length <= MaxRegexOptions)
        {
            Span<byte> sorted = stackalloc byte[options.Length];
            options.CopyTo(sorted);
            if (System.Text.Ascii.IsValid(sorted))
            {
                sorted.Sort();
            }

            sink.WriteText(sorted);
        }
        else
        {
            sink.WriteText(options);
        }

        sink.Write("}}"u8);
    }

    private static void WriteDbPointer(BsonValue value, ref JsonSink sink)
    {
        var name = value.GetDbPointer(out var objectId);
        sink.Write("{\"$dbPointer\":{\"$ref\":"u8);
        sink.WriteText(name);
        sink.Write(",\"$id\":{\"$oid\":\""u8);
        sink.WriteHex(objectId);
        sink.Write("\"}}}"u8);
    }

    private static void WriteWrappedText(ReadOnlySpan<byte> wrapper, ReadOnlySpan<byte> text, ref JsonSink sink)
    {
        sink.Write(wrapper);
        sink.WriteText(text);
        sink.Write((byte)'}');
    }
}
