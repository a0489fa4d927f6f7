using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Millrace.EndToEndTests.Support;

/// <summary>
/// JSON values in a normal form, so that equal values have equal texts: names sorted, numbers by value. A canonical Extended JSON value can be
/// brought to what relaxed Extended JSON says of it first.
/// </summary>
internal static class NormalJson
{
    private const long LastRelaxedMillis = 253_402_300_799_999; // 9999-12-31T23:59:59.999Z

    /// <summary>The normal form of JSON as it stands.</summary>
    public static string Of(JsonElement value) => Write(value, isCanonical: false);

    /// <summary>The normal form of the relaxed Extended JSON that a canonical value has.</summary>
    public static string OfRelaxed(JsonElement canonical) => Write(canonical, isCanonical: true);

    private static string Write(JsonElement value, bool isCanonical)
    {
        var output = new StringBuilder();
        Append(value, isCanonical, output);
        return output.ToString();
    }

    private static void Append(JsonElement value, bool isCanonical, StringBuilder output)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object when isCanonical && TryRelax(value, output):
                break;
            case JsonValueKind.Object when !isCanonical && TryReadDate(value, output):
                break;
            case JsonValueKind.Object:
                AppendObject(value, isCanonical, output);
                break;
            case JsonValueKind.Array:
                output.Append('[');
                foreach (JsonElement item in value.EnumerateArray())
                {
                    Append(item, isCanonical, output);
                    output.Append(',');
                }

                output.Append(']');
                break;
            case JsonValueKind.Number:
                output.Append(ExactNumber.Normalize(value.GetRawText()));
                break;
            case JsonValueKind.String:
                AppendText(value.GetString()!, output);
                break;
            default:
                output.Append(value.GetRawText());
                break;
        }
    }

    private static void AppendObject(JsonElement value, bool isCanonical, StringBuilder output)
    {
        output.Append('{');
        foreach (JsonProperty property in value.EnumerateObject().OrderBy(p => p.Name, StringComparer.Ordinal))
        {
            AppendText(property.Name, output);
            output.Append(':');
            Append(property.Value, isCanonical, output);
            output.Append(',');
        }

        output.Append('}');
    }

    private static bool TryRelax(JsonElement value, StringBuilder output)
    {
        if (value.EnumerateObject().Count() != 1)
        {
            return false;
        }

        JsonProperty only = value.EnumerateObject().Single();
        switch (only.Name)
        {
            case "$numberInt" or "$numberLong" when only.Value.ValueKind == JsonValueKind.String:
                output.Append(ExactNumber.Normalize(only.Value.GetString()!));
                return true;
            case "$numberDouble" when ExactNumber.Normalize(only.Value.GetString()!) is not null:
                output.Append(ExactNumber.OfFloat(double.Parse(only.Value.GetString()!, CultureInfo.InvariantCulture)));
                return true;
            case "$date" when only.Value.ValueKind == JsonValueKind.Object:
                AppendDate(long.Parse(only.Value.GetProperty("$numberLong").GetString()!, CultureInfo.InvariantCulture), output);
                return true;
            default:
                return false;
        }
    }

    // A date is one thing in two spellings: a text from 1970 to 9999, else milliseconds.
    private static bool TryReadDate(JsonElement value, StringBuilder output)
    {
        if (!value.TryGetProperty("$date", out JsonElement date) || value.EnumerateObject().Count() != 1)
        {
            return false;
        }

        if (date.ValueKind == JsonValueKind.String)
        {
            DateTimeOffset time = DateTimeOffset.Parse(date.GetString()!, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal);
            AppendDate(time.ToUnixTimeMilliseconds(), output);
            return true;
        }

        long millis = long.Parse(date.GetProperty("$numberLong").GetString()!, CultureInfo.InvariantCulture);
        millis.ShouldNotBeInRange(0, LastRelaxedMillis, "Relaxed Extended JSON writes dates from 1970 to 9999 as text.");
        AppendDate(millis, output);
        return true;
    }

    private static void AppendDate(long millis, StringBuilder output) => output.Append("date(").Append(millis).Append(')');

    private static void AppendText(string text, StringBuilder output) => output.Append('"').Append(JsonEncodedText.Encode(text)).Append('"');
}
