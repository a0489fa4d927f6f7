using System.Globalization;
using System.Text.Json;

namespace Millrace.UnitTests.Bson;

/// <summary>Compares JSON as the corpus asks: names in order, texts and numbers by value, white space left out.</summary>
public static class JsonEquality
{
    public static bool Same(ReadOnlyMemory<byte> left, string right)
    {
        using var l = JsonDocument.Parse(left);
        using var r = JsonDocument.Parse(right);
        return Same(l.RootElement, r.RootElement);
    }

    private static bool Same(JsonElement left, JsonElement right)
    {
        if (left.ValueKind != right.ValueKind)
        {
            return false;
        }

        return left.ValueKind switch
        {
            JsonValueKind.Object => left.EnumerateObject().Count() == right.EnumerateObject().Count()
                && left.EnumerateObject().Zip(right.EnumerateObject()).All(p => p.First.Name == p.Second.Name && Same(p.First.Value, p.Second.Value)),
            JsonValueKind.Array => left.GetArrayLength() == right.GetArrayLength()
                && left.EnumerateArray().Zip(right.EnumerateArray()).All(p => Same(p.First, p.Second)),
            JsonValueKind.String => left.GetString() == right.GetString(),
            JsonValueKind.Number => SameNumber(left.GetRawText(), right.GetRawText()),
            _ => true,
        };
    }

    /// <summary>An integer is compared by its digits, anything else by the double it is; 1 and 1.0 differ.</summary>
    private static bool SameNumber(string left, string right)
    {
        static bool IsInteger(string text) => text.AsSpan().IndexOfAny(".eE") < 0;
        return IsInteger(left) || IsInteger(right)
            ? left == right
            : BitConverter.DoubleToInt64Bits(double.Parse(left, CultureInfo.InvariantCulture))
                == BitConverter.DoubleToInt64Bits(double.Parse(right, CultureInfo.InvariantCulture));
    }
}
