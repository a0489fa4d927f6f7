using System.Text.Unicode;
using Millrace.Connectors.MongoDb.Bson;
using Millrace.Core.Batches;

namespace Millrace.Connectors.MongoDb.Decoding;

/// <summary>Which column a BSON value goes to, and how. No value loses anything by it.</summary>
internal static class ValueAppender
{
    private const long TicksPerMillisecond = TimeSpan.TicksPerMillisecond;

    /// <summary>Milliseconds whose ticks still fit into 64 bits: about 29,000 years either way.</summary>
    private const long MaxMillis = long.MaxValue / TicksPerMillisecond;

    /// <summary>Appends a value to its column of the field; null to none.</summary>
    public static void Append(FieldColumns field, BsonValue value, int row)
    {
        switch (value.Type)
        {
            case BsonType.String:
                AppendString(field, value.GetString(), row);
                break;
            case BsonType.Int32:
                field.Column<Column<long>>(ValueSlot.Integer, "int").AppendAt(row, value.GetInt32());
                break;
            case BsonType.Int64:
                field.Column<Column<long>>(ValueSlot.Integer, "long").AppendAt(row, value.GetInt64());
                break;
            case BsonType.Double:
                field.Column<Column<double>>(ValueSlot.Double, "double").AppendAt(row, value.GetDouble());
                break;
            case BsonType.ObjectId:
                AppendObjectId(field, value.GetObjectId(), row);
                break;
            case BsonType.Boolean:
                AppendBoolean(field, value.Bytes[0], row);
                break;
            case BsonType.DateTime:
                AppendDate(field, value, row);
                break;
            case BsonType.Null:
                break;
            default:
                AppendWide(field, value, row);
                break;
        }
    }

    private static void AppendWide(FieldColumns field, BsonValue value, int row)
    {
        switch (value.Type)
        {
            case BsonType.Document:
                AppendJson(field, value, row, "object", ExtendedJsonMode.Relaxed);
                break;
            case BsonType.Array:
                AppendJson(field, value, row, "array", ExtendedJsonMode.Relaxed);
                break;
            case BsonType.Decimal128:
                AppendDecimal(field, value.GetDecimal128(), row);
                break;
            case BsonType.Binary:
                AppendBinary(field, value, row);
                break;
            default:
                AppendJson(field, value, row, RareType(value.Type), ExtendedJsonMode.Canonical);
                break;
        }
    }

    private static void AppendString(FieldColumns field, ReadOnlySpan<byte> text, int row)
    {
        if (!Utf8.IsValid(text))
        {
            DecodeThrow.InvalidUtf8();
        }

        field.Column<VarColumn>(ValueSlot.String, "string").AppendAt(row, text);
    }

    private static void AppendObjectId(FieldColumns field, ReadOnlySpan<byte> id, int row)
    {
        VarColumn column = field.Column<VarColumn>(ValueSlot.ObjectId, "objectId");
        Convert.TryToHexStringLower(id, column.GetSpan(2 * id.Length), out int written);
        column.Advance(written);
        column.EndValue(row);
    }

    private static void AppendBoolean(FieldColumns field, byte value, int row)
    {
        if (value > 1)
        {
            DecodeThrow.BadBoolean();
        }

        field.Column<Column<bool>>(ValueSlot.Boolean, "bool").AppendAt(row, value != 0);
    }

    private static void AppendDate(FieldColumns field, BsonValue value, int row)
    {
        long millis = value.GetDateTimeMillis();
        if (millis is > MaxMillis or < -MaxMillis)
        {
            AppendJson(field, value, row, "date", ExtendedJsonMode.Canonical);
            return;
        }

        field.Column<Column<long>>(ValueSlot.Date, "date").AppendAt(row, millis * TicksPerMillisecond);
    }

    private static void AppendDecimal(FieldColumns field, Decimal128 value, int row)
    {
        if (!DecimalColumn.TryAppend(field, row, value, "decimal"))
        {
            VarColumn column = field.Column<VarColumn>(ValueSlot.WideDecimal, "decimal");
            column.Advance(value.Format(column.GetSpan(64)));
            column.EndValue(row);
        }
    }

    private static void AppendBinary(FieldColumns field, BsonValue value, int row)
    {
        ReadOnlySpan<byte> bytes = value.GetBinary(out byte subtype);
        if (subtype == BinarySubtype.Uuid && bytes.Length == 16)
        {
            field.Column<Column<Guid>>(ValueSlot.Uuid, "uuid").AppendAt(row, new Guid(bytes, bigEndian: true));
        }
        else if (subtype == BinarySubtype.Generic)
        {
            field.Column<VarColumn>(ValueSlot.Bytes, "binData").AppendAt(row, bytes);
        }
        else
        {
            // The subtype would be lost in a column of bytes.
            AppendJson(field, value, row, "binData", ExtendedJsonMode.Canonical);
        }
    }

    private static void AppendJson(FieldColumns field, BsonValue value, int row, string sourceType, ExtendedJsonMode mode)
    {
        if (value.Type is BsonType.Document or BsonType.Array)
        {
            RepeatedNames.Reject(value.Bytes, value.Type == BsonType.Array);
        }

        VarColumn column = field.Column<VarColumn>(ValueSlot.Json, sourceType);
        ExtendedJsonWriter.WriteValue(value, column, mode);
        column.EndValue(row);
    }

    private static string RareType(BsonType type) => type switch
    {
        BsonType.Timestamp => "timestamp",
        BsonType.RegularExpression => "regex",
        BsonType.JavaScript => "javascript",
        BsonType.JavaScriptWithScope => "javascriptWithScope",
        BsonType.DbPointer => "dbPointer",
        BsonType.Symbol => "symbol",
        BsonType.MinKey => "minKey",
        BsonType.MaxKey => "maxKey",
        _ => "undefined",
    };
}
