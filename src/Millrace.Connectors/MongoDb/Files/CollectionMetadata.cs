using System.Text.Json;

namespace Millrace.Connectors.MongoDb.Files;

/// <summary>What mongodump's <c>.metadata.json</c> says of a collection.</summary>
/// <param name="Name">The collection's own name where the metadata has it (file names are escaped and may be cut short), else null.</param>
/// <param name="Kind">What it is.</param>
/// <param name="IsCapped">True for a capped collection.</param>
internal sealed record CollectionMetadata(string? Name, CollectionKind Kind, bool IsCapped)
{
    /// <summary>Nothing is known.</summary>
    public static CollectionMetadata None { get; } = new(null, CollectionKind.Collection, false);

    /// <summary>Reads metadata; anything that is not understood is passed over, for it is only a description.</summary>
    public static CollectionMetadata Parse(ReadOnlyMemory<byte> json)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(json);
            JsonElement root = document.RootElement;
            if (root.ValueKind != JsonValueKind.Object)
            {
                return None;
            }

            JsonElement options = root.TryGetProperty("options", out JsonElement found) && found.ValueKind == JsonValueKind.Object ? found : default;
            return new(TextOf(root, "collectionName"), KindOf(TextOf(root, "type"), options), IsTrue(options, "capped"));
        }
        catch (JsonException)
        {
            return None;
        }
    }

    private static CollectionKind KindOf(string? type, JsonElement options)
    {
        if (type == "timeseries" || Has(options, "timeseries"))
        {
            return CollectionKind.TimeSeries;
        }

        return type == "view" || Has(options, "viewOn") ? CollectionKind.View : CollectionKind.Collection;
    }

    private static string? TextOf(JsonElement element, string name) =>
        element.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static bool Has(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out _);

    private static bool IsTrue(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.True;
}
