using System.Globalization;
using Millrace.Core.Schemas;

namespace Millrace.Connectors.Sql;

/// <summary>Reads the text of <see cref="LogicalType.ToString"/> back; the column map stores types so.</summary>
internal static class LogicalTypeText
{
    /// <summary>Parses a stored type.</summary>
    /// <exception cref="FormatException">The text is no type.</exception>
    public static LogicalType Parse(string text)
    {
        int open = text.IndexOf('(', StringComparison.Ordinal);
        if (open < 0)
        {
            return Enum.TryParse(text, ignoreCase: true, out TypeKind kind) && Enum.IsDefined(kind)
                ? new LogicalType(kind)
                : throw new FormatException($"'{text}' is no logical type.");
        }

        int close = text.IndexOf(')', open);
        string[] parts = text[(open + 1)..close].Split(',');
        byte first = byte.Parse(parts[0], CultureInfo.InvariantCulture);
        return text[..open] switch
        {
            "decimal" => LogicalType.Decimal(first, int.Parse(parts[1], CultureInfo.InvariantCulture)),
            "time" => LogicalType.Time(first),
            "timestamp" when text.EndsWith(" utc", StringComparison.Ordinal) => LogicalType.TimestampUtc(first),
            "timestamp" => LogicalType.TimestampNaive(first),
            _ => throw new FormatException($"'{text}' is no logical type."),
        };
    }
}
