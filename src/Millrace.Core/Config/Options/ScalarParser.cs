using System.Globalization;
using Millrace.Core.Schemas;

namespace Millrace.Core.Config.Options;

/// <summary>Turns the text of a single value into the type that its option declares.</summary>
internal static class ScalarParser
{
    /// <summary>Parses; on failure <paramref name="expected"/> says what was wanted (never what was given, which may be a secret).</summary>
    public static bool TryParse(Type type, string text, out object? value, out string expected)
    {
        expected = "";
        value = null;
        if (type == typeof(string))
        {
            value = text;
        }
        else if (type == typeof(StructuredText))
        {
            value = new StructuredText(text);
        }
        else if (type.IsEnum)
        {
            return TryParseEnum(type, text, out value, out expected);
        }
        else
        {
            (value, expected) = ParseNumberLike(type, text);
        }

        return value is not null;
    }

    /// <summary>Orders two values of one type that has bounds.</summary>
    public static int Compare(object a, object b) =>
        a is ByteSize left && b is ByteSize right ? left.Bytes.CompareTo(right.Bytes) : Comparer<object>.Default.Compare(a, b);

    private static (object? Value, string Expected) ParseNumberLike(Type type, string text)
    {
        CultureInfo culture = CultureInfo.InvariantCulture;
        const NumberStyles Whole = NumberStyles.AllowLeadingSign;
        string digits = text.Replace("_", "", StringComparison.Ordinal);
        if (type == typeof(bool))
        {
            return (text.ToLowerInvariant() switch { "true" or "yes" or "on" => true, "false" or "no" or "off" => false, _ => null },
                "true or false");
        }

        if (type == typeof(int))
        {
            return (int.TryParse(digits, Whole, culture, out int n) ? n : null, "a whole number");
        }

        if (type == typeof(long))
        {
            return (long.TryParse(digits, Whole, culture, out long n) ? n : null, "a whole number");
        }

        if (type == typeof(double))
        {
            return (double.TryParse(digits, NumberStyles.Float, culture, out double n) && double.IsFinite(n) ? n : null, "a number");
        }

        if (type == typeof(decimal))
        {
            return (decimal.TryParse(digits, NumberStyles.Number, culture, out decimal n) ? n : null, "a number");
        }

        if (type == typeof(TimeSpan))
        {
            return (Duration.TryParse(text, out TimeSpan d) ? d : null, "a duration such as 30s, 10m or 2h30m");
        }

        if (type == typeof(ByteSize))
        {
            return (ByteSize.TryParse(text, out ByteSize s) ? s : null, "a size such as 500KB, 50MB or 1GiB");
        }

        return type == typeof(LogicalType)
            ? (LogicalTypeText.TryParse(text, out LogicalType t) ? t : null, $"a column type: {LogicalTypeText.Forms}")
            : throw new InvalidOperationException($"No option can have the type {type}.");
    }

    private static bool TryParseEnum(Type type, string text, out object? value, out string expected)
    {
        IReadOnlyList<string> members = SnakeCase.MembersOf(type);
        int index = members.ToList().FindIndex(m => string.Equals(m, text, StringComparison.OrdinalIgnoreCase));
        value = index < 0 ? null : Enum.GetValues(type).GetValue(index);
        expected = $"one of {string.Join(", ", members)}";
        return index >= 0;
    }
}
