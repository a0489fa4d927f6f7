using System.Globalization;
using Millrace.Core.Schemas;

namespace Millrace.Core.Config.Options;

/// <summary>Turns the text of a single value into the type that its option declares.</summary>
internal static class ScalarParser
{
    private static readonly CultureInfo Culture = CultureInfo.InvariantCulture;

    private static readonly Dictionary<Type, Func<string, (object? Value, string Expected)>> Parsers = new()
    {
        [typeof(bool)] = text => (Boolean(text), "true or false"),
        [typeof(int)] = text => (int.TryParse(Digits(text), NumberStyles.AllowLeadingSign, Culture, out int n) ? n : null, "a whole number"),
        [typeof(long)] = text => (long.TryParse(Digits(text), NumberStyles.AllowLeadingSign, Culture, out long n) ? n : null, "a whole number"),
        [typeof(double)] = text =>
            (double.TryParse(Digits(text), NumberStyles.Float, Culture, out double n) && double.IsFinite(n) ? n : null, "a number"),
        [typeof(decimal)] = text => (decimal.TryParse(Digits(text), NumberStyles.Number, Culture, out decimal n) ? n : null, "a number"),
        [typeof(TimeSpan)] = text => (Duration.TryParse(text, out TimeSpan d) ? d : null, "a duration such as 30s, 10m or 2h30m"),
        [typeof(ByteSize)] = text => (ByteSize.TryParse(text, out ByteSize s) ? s : null, "a size such as 500KB, 50MB or 1GiB"),
        [typeof(LogicalType)] = text => (LogicalTypeText.TryParse(text, out LogicalType t) ? t : null, $"a column type: {LogicalTypeText.Forms}"),
    };

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
            (value, expected) = Parsers.TryGetValue(type, out Func<string, (object? Value, string Expected)>? parse)
                ? parse(text)
                : throw new InvalidOperationException($"No option can have the type {type}.");
        }

        return value is not null;
    }

    /// <summary>Orders two values of one type that has bounds.</summary>
    public static int Compare(object a, object b) =>
        a is ByteSize left && b is ByteSize right ? left.Bytes.CompareTo(right.Bytes) : Comparer<object>.Default.Compare(a, b);

    private static bool? Boolean(string text) => text.ToLowerInvariant() switch
    {
        "true" or "yes" or "on" => true,
        "false" or "no" or "off" => false,
        _ => null,
    };

    private static string Digits(string text) => text.Replace("_", "", StringComparison.Ordinal);

    private static bool TryParseEnum(Type type, string text, out object? value, out string expected)
    {
        IReadOnlyList<string> members = SnakeCase.MembersOf(type);
        int index = members.ToList().FindIndex(m => string.Equals(m, text, StringComparison.OrdinalIgnoreCase));
        value = index < 0 ? null : Enum.GetValues(type).GetValue(index);
        expected = $"one of {string.Join(", ", members)}";
        return index >= 0;
    }
}
