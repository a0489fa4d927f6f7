using System.Text.Json;

namespace Millrace.EndToEndTests.Support;

/// <summary>
/// What a document must look like as a row, field by field, by DESIGN.md section 3 and the connector's published type table, from the canonical
/// Extended JSON of the independent replay.
/// </summary>
internal static class ExpectedDocument
{
    /// <summary>Fields that must have a value, with its normal form; a null has none.</summary>
    public static Dictionary<string, string> Read(string line)
    {
        using JsonDocument document = JsonDocument.Parse(line, new JsonDocumentOptions { MaxDepth = 256 });
        var fields = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (JsonProperty property in document.RootElement.EnumerateObject())
        {
            if (property.Value.ValueKind != JsonValueKind.Null)
            {
                fields.Add(property.Name, ValueOf(property.Value));
            }
        }

        return fields;
    }

    private static string ValueOf(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => "text:" + value.GetString(),
        JsonValueKind.True => "boolean:true",
        JsonValueKind.False => "boolean:false",

        // A rare type is canonical through and through, its scope too.
        JsonValueKind.Object when value.TryGetProperty("$code", out _) && value.TryGetProperty("$scope", out _) => "json:" + NormalJson.Of(value),
        JsonValueKind.Object when value.EnumerateObject().Count() == 1 => Typed(value, value.EnumerateObject().Single()),
        _ => "json:" + NormalJson.OfRelaxed(value),
    };

    private static string Typed(JsonElement value, JsonProperty only) => only.Name switch
    {
        "$oid" => "text:" + only.Value.GetString(),
        "$numberInt" or "$numberLong" => "number:" + ExactNumber.Normalize(only.Value.GetString()!),
        "$numberDouble" => "number:" + ExactNumber.OfFloat(double.Parse(only.Value.GetString()!)),
        "$numberDecimal" => "number:" + (ExactNumber.Normalize(only.Value.GetString()!) ?? only.Value.GetString()),
        "$date" => Date(value, only.Value.GetProperty("$numberLong").GetString()!),
        "$binary" => Binary(value, only.Value),
        _ => "json:" + NormalJson.OfRelaxed(value),
    };

    // Dates beyond the reach of 100 ns ticks in 64 bits, some 29,000 years from 1970, stay JSON.
    private static string Date(JsonElement value, string millis) => Math.Abs((decimal)long.Parse(millis)) > long.MaxValue / TimeSpan.TicksPerMillisecond
        ? "json:" + NormalJson.Of(value)
        : "instant:" + ExactNumber.Normalize(millis + "000");

    private static string Binary(JsonElement value, JsonElement binary)
    {
        byte[] bytes = binary.GetProperty("base64").GetBytesFromBase64();
        return binary.GetProperty("subType").GetString() switch
        {
            "00" => "bytes:" + Convert.ToHexStringLower(bytes),
            "04" when bytes.Length == 16 => "uuid:" + new Guid(bytes, bigEndian: true),
            _ => "json:" + NormalJson.Of(value),
        };
    }
}
