using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Millrace.Core.Config.Export;

/// <summary>Writes JSON as YAML for people: maps and lists of maps in blocks, lists of values in one line, text in quotes only where it needs them.</summary>
internal static partial class YamlText
{
    private static readonly string[] OtherThanText = ["true", "false", "null", "yes", "no", "on", "off", "y", "n"];

    /// <summary>The text of a map, lines ended by line feeds.</summary>
    public static string Of(JsonObject root)
    {
        var text = new StringBuilder();
        WriteMap(text, root, 0);
        return text.ToString();
    }

    private static void WriteMap(StringBuilder text, JsonObject map, int indent)
    {
        foreach ((string name, JsonNode? value) in map)
        {
            text.Append(' ', indent).Append(Quoted(name)).Append(':');
            Write(text, value, indent);
        }
    }

    private static void Write(StringBuilder text, JsonNode? value, int indent)
    {
        switch (value)
        {
            case JsonObject { Count: > 0 } map when !map.ContainsKey(TaskExport.Plain):
                text.Append('\n');
                WriteMap(text, map, indent + 2);
                break;
            case JsonArray list when list.Any(i => i is JsonObject or JsonArray):
                text.Append('\n');
                foreach (JsonNode? item in list)
                {
                    WriteItem(text, item, indent + 2);
                }

                break;
            case JsonArray list:
                text.Append(" [").AppendJoin(", ", list.Select(Scalar)).Append("]\n");
                break;
            case JsonValue when value.GetValueKind() == JsonValueKind.String && Block().IsMatch(value.ToString()):
                WriteBlock(text, value.ToString(), indent + 2);
                break;
            default:
                text.Append(' ').Append(Scalar(value)).Append('\n');
                break;
        }
    }

    private static void WriteItem(StringBuilder text, JsonNode? item, int indent)
    {
        if (item is not JsonObject { Count: > 0 } map)
        {
            text.Append(' ', indent).Append('-');
            Write(text, item, indent);
            return;
        }

        int start = text.Length + indent;
        WriteMap(text, map, indent + 2);
        text[start] = '-';
    }

    private static void WriteBlock(StringBuilder text, string value, int indent)
    {
        bool isEnded = value.EndsWith('\n');
        text.Append(isEnded ? " |\n" : " |-\n");
        foreach (string line in (isEnded ? value[..^1] : value).Split('\n'))
        {
            text.Append(' ', line.Length == 0 ? 0 : indent).Append(line).Append('\n');
        }
    }

    private static string Scalar(JsonNode? value) => value switch
    {
        null => "null",
        JsonObject map when map[TaskExport.Plain] is { } plain => plain.ToString(),
        JsonObject => "{}",
        JsonArray list => $"[{string.Join(", ", list.Select(Scalar))}]",
        _ when value.GetValueKind() == JsonValueKind.String => Quoted(value.ToString()),
        _ => value.ToJsonString(),
    };

    private static string Quoted(string text)
    {
        if (Unquoted().IsMatch(text) && !OtherThanText.Contains(text, StringComparer.OrdinalIgnoreCase))
        {
            return text;
        }

        var quoted = new StringBuilder("\"");
        foreach (char c in text)
        {
            quoted.Append(c switch
            {
                '"' => "\\\"",
                '\\' => "\\\\",
                '\n' => "\\n",
                '\t' => "\\t",
                '\r' => "\\r",
                _ when char.IsControl(c) || c is '\u0085' or '\u2028' or '\u2029' or '\uFEFF' => string.Create(CultureInfo.InvariantCulture, $"\\u{(int)c:X4}"),
                _ => c.ToString(),
            });
        }

        return quoted.Append('"').ToString();
    }

    [GeneratedRegex(@"^[A-Za-z_][A-Za-z0-9_./\-]*\z", RegexOptions.CultureInvariant)]
    private static partial Regex Unquoted();

    // Several lines that a literal block gives back letter by letter: no space or line feed at the ends, nothing that a reader of YAML would change.
    [GeneratedRegex(@"\A[^\s\p{C}\u0085\u2028\u2029\uFEFF](?:[^\p{C}\u0085\u2028\u2029\uFEFF]|\n)*\n(?:[^\p{C}\u0085\u2028\u2029\uFEFF]|\n)*[^\s\p{C}\u0085\u2028\u2029\uFEFF]\n?\z", RegexOptions.CultureInvariant)]
    private static partial Regex Block();
}
