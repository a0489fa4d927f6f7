using System.Globalization;

namespace Millrace.Core.Schemas;

/// <summary>Reads column types as <see cref="LogicalType.ToString"/> writes them and as people do.</summary>
public static class LogicalTypeText
{
    /// <summary>The forms that are understood.</summary>
    public const string Forms =
        "boolean, int16, int32, int64, float32, float64, decimal(p,s), text, json, bytes, uuid, date, time(p), timestamp(p), timestamp(p) utc";

    private static readonly Dictionary<string, LogicalType> Plain = new(StringComparer.OrdinalIgnoreCase)
    {
        ["boolean"] = LogicalType.Boolean,
        ["int16"] = LogicalType.Int16,
        ["int32"] = LogicalType.Int32,
        ["int64"] = LogicalType.Int64,
        ["float32"] = LogicalType.Float32,
        ["float64"] = LogicalType.Float64,
        ["text"] = LogicalType.Text,
        ["json"] = LogicalType.Json,
        ["bytes"] = LogicalType.Bytes,
        ["uuid"] = LogicalType.Uuid,
        ["date"] = LogicalType.Date,
        ["time"] = LogicalType.Time(6),
        ["timestamp"] = LogicalType.TimestampNaive(),
        ["timestamp utc"] = LogicalType.TimestampUtc(),
    };

    /// <summary>Reads a type; time and timestamp without a precision have 6 digits.</summary>
    public static bool TryParse(string? text, out LogicalType type)
    {
        type = default;
        string name = string.Join(' ', (text ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries));
        if (Plain.TryGetValue(name, out type))
        {
            return true;
        }

        int open = name.IndexOf('(', StringComparison.Ordinal);
        int close = name.IndexOf(')', StringComparison.Ordinal);
        if (open <= 0 || close < open)
        {
            return false;
        }

        int[] numbers = ParseNumbers(name[(open + 1)..close]);
        switch ((name[..open].Trim() + name[(close + 1)..]).ToLowerInvariant())
        {
            case "decimal" when numbers is [>= 1 and <= LogicalType.MaxDecimalPrecision] or [>= 1 and <= LogicalType.MaxDecimalPrecision, >= 0]
                && numbers[^1] <= numbers[0]:
                type = LogicalType.Decimal(numbers[0], numbers.Length == 2 ? numbers[1] : 0);
                return true;
            case "time" when numbers is [>= 0 and <= 7]:
                type = LogicalType.Time((byte)numbers[0]);
                return true;
            case "timestamp" when numbers is [>= 0 and <= 7]:
                type = LogicalType.TimestampNaive((byte)numbers[0]);
                return true;
            case "timestamp utc" when numbers is [>= 0 and <= 7]:
                type = LogicalType.TimestampUtc((byte)numbers[0]);
                return true;
            default:
                return false;
        }
    }

    private static int[] ParseNumbers(string text) =>
        [.. text.Split(',').Select(n => int.TryParse(n, NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture, out int v) ? v : -1)];
}
