using System.Globalization;
using System.Text.Json.Nodes;

namespace Millrace.Core.Config.Yaml;

/// <summary>The JSON of a node, unquoted scalars typed as YAML's core schema types them.</summary>
internal static class NodeJson
{
    public static JsonNode? Of(ConfigNode node) => node switch
    {
        MapNode map => new JsonObject(map.Entries.Select(e => KeyValuePair.Create(e.Key.Text, Of(e.Value)))),
        ListNode list => new JsonArray([.. list.Items.Select(Of)]),
        ScalarNode { IsPlain: false } quoted => JsonValue.Create(quoted.Text),
        ScalarNode { IsNull: true } => null,
        ScalarNode plain => OfPlain(plain.Text),
        _ => throw new InvalidOperationException(),
    };

    private static JsonValue OfPlain(string text) => text switch
    {
        "true" => JsonValue.Create(true),
        "false" => JsonValue.Create(false),
        _ when long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long whole) => JsonValue.Create(whole),
        _ when text.Any(char.IsAsciiDigit) && double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double number)
            && double.IsFinite(number) => JsonValue.Create(number),
        _ => JsonValue.Create(text),
    };
}
