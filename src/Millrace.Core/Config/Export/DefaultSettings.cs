using System.Collections.Immutable;
using System.Reflection;
using System.Text.Json.Nodes;
using Millrace.Core.Config.Options;

namespace Millrace.Core.Config.Export;

/// <summary>Takes out of a map what would be so without it.</summary>
internal static class DefaultSettings
{
    /// <summary>Takes out settings that are null or have their declared default, in maps inside, too.</summary>
    public static void Remove(JsonObject map, ImmutableArray<OptionDescription> options)
    {
        foreach (OptionDescription option in options.Where(o => map.ContainsKey(o.Name)))
        {
            JsonNode? value = map[option.Name];
            if (value is null || IsDefault(value, option))
            {
                map.Remove(option.Name);
            }
            else if (value is JsonObject inner && !option.Children.IsEmpty)
            {
                Remove(inner, option.Children);
            }
            else if (value is JsonArray list && !option.Children.IsEmpty)
            {
                foreach (JsonObject item in list.OfType<JsonObject>())
                {
                    Remove(item, option.Children);
                }
            }
        }
    }

    private static bool IsDefault(JsonNode value, OptionDescription option)
    {
        if (value is not JsonValue)
        {
            return false;
        }

        // A map that may be written as one value.
        if (option.ValueType.GetCustomAttribute<ShorthandAttribute>() is { } shorthand)
        {
            return option.Children.Where(c => shorthand.Options.Contains(c.Name)).All(c => IsDefault(value, c));
        }

        return option is { Default: { } text, IsList: false, Children.IsEmpty: true }
            && ScalarParser.TryParse(option.ValueType, text, out object? byDefault, out _)
            && ScalarParser.TryParse(option.ValueType, value.ToString(), out object? set, out _)
            && Equals(byDefault, set);
    }
}
