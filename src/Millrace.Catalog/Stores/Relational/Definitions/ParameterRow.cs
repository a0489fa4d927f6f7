using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Millrace.Catalog.Stores.Relational.Definitions;

/// <summary>A parameter of a SQL step.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Value">Its value as text, null for NULL.</param>
/// <param name="Type"><c>text</c>, <c>number</c>, <c>boolean</c> or <c>date</c>.</param>
internal sealed record ParameterRow(string Name, string? Value, string Type)
{
    private const string DateFormat = "yyyy-MM-dd";

    // In a definition a date is written as it is, and a text that only looks like one is marked.
    private const string PlainText = "text";

    public static ParameterRow Of(string name, JsonNode? value) => value switch
    {
        null => new(name, null, PlainText),
        JsonObject marked => new(name, marked[PlainText]?.ToString(), PlainText),
        _ => value.GetValueKind() switch
        {
            JsonValueKind.Number => new(name, value.ToJsonString(), "number"),
            JsonValueKind.True or JsonValueKind.False => new(name, value.ToJsonString(), "boolean"),
            _ => new(name, value.ToString(), IsDate(value.ToString()) ? "date" : PlainText),
        },
    };

    public JsonNode? ToJson() => Type switch
    {
        _ when Value is null => null,
        "number" when decimal.TryParse(Value, NumberStyles.Float, CultureInfo.InvariantCulture, out _) && TryParse(Value) is { } number => number,
        "boolean" when Value is "true" or "false" => JsonValue.Create(Value == "true"),
        PlainText when IsDate(Value) => new JsonObject { [PlainText] = Value },
        _ => JsonValue.Create(Value),
    };

    // As it is written: 1.10 stays 1.10.
    private static JsonNode? TryParse(string number)
    {
        try
        {
            return JsonNode.Parse(number);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static bool IsDate(string text) =>
        DateOnly.TryParseExact(text, DateFormat, CultureInfo.InvariantCulture, DateTimeStyles.None, out _);
}
