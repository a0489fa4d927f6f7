using System.Collections.Frozen;
using System.Text;

namespace Millrace.Connectors.MongoDb.Bson.Filters;

/// <summary>The operand of <c>$type</c>, by number or by alias, and the whole numbers that operators take.</summary>
internal static class FilterTypes
{
    private static readonly FrozenDictionary<string, BsonType[]> Aliases = new Dictionary<string, BsonType[]>
    {
        ["double"] = [BsonType.Double],
        ["string"] = [BsonType.String],
        ["object"] = [BsonType.Document],
        ["array"] = [BsonType.Array],
        ["binData"] = [BsonType.Binary],
        ["undefined"] = [BsonType.Undefined],
        ["objectId"] = [BsonType.ObjectId],
        ["bool"] = [BsonType.Boolean],
        ["date"] = [BsonType.DateTime],
        ["null"] = [BsonType.Null],
        ["regex"] = [BsonType.RegularExpression],
        ["dbPointer"] = [BsonType.DbPointer],
        ["javascript"] = [BsonType.JavaScript],
        ["symbol"] = [BsonType.Symbol],
        ["javascriptWithScope"] = [BsonType.JavaScriptWithScope],
        ["int"] = [BsonType.Int32],
        ["timestamp"] = [BsonType.Timestamp],
        ["long"] = [BsonType.Int64],
        ["decimal"] = [BsonType.Decimal128],
        ["minKey"] = [BsonType.MinKey],
        ["maxKey"] = [BsonType.MaxKey],
        ["number"] = [BsonType.Double, BsonType.Int32, BsonType.Int64, BsonType.Decimal128],
    }.ToFrozenDictionary();

    /// <summary>The types that one alias or number, or an array of them, stands for.</summary>
    public static List<BsonType> Parse(BsonValue value)
    {
        var types = new List<BsonType>();
        if (value.Type != BsonType.Array)
        {
            types.AddRange(ParseOne(value));
            return types;
        }

        var reader = new BsonReader(value.Bytes);
        while (reader.Next())
        {
            types.AddRange(ParseOne(reader.Current));
        }

        return types;
    }

    /// <summary>The value as a whole number; null when it is none.</summary>
    public static long? WholeNumber(BsonValue value) => value.Type switch
    {
        BsonType.Int32 => value.GetInt32(),
        BsonType.Int64 => value.GetInt64(),
        BsonType.Double when value.GetDouble() is var d && Math.Abs(d) < 1e15 && d == Math.Truncate(d) => (long)d,
        BsonType.Decimal128 when value.GetDecimal128().TryToScaled(0, out var n) && n >= long.MinValue && n <= long.MaxValue => (long)n,
        _ => null,
    };

    private static BsonType[] ParseOne(BsonValue value)
    {
        const int minKey = -1;
        if (value.Type == BsonType.String && Aliases.TryGetValue(Encoding.UTF8.GetString(value.GetString()), out var types))
        {
            return types;
        }

        var number = value.Type == BsonType.String ? null : WholeNumber(value);
        if (number == minKey)
        {
            return [BsonType.MinKey];
        }

        if (number is > 0 and <= (long)BsonType.MaxKey && Enum.IsDefined((BsonType)number.Value))
        {
            return [(BsonType)number.Value];
        }

        BsonThrow.BadFilter(
            "$type names a type that BSON does not have.",
            $"Use a type's number or one of {string.Join(", ", Aliases.Keys.Order(StringComparer.Ordinal))}.");
        return default;
    }
}
