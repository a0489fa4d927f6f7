using System.Text.Json.Nodes;

namespace Millrace.Catalog.Stores.Relational.Definitions;

/// <summary>Values of a JSON object by their path, <c>source.connection</c>.</summary>
internal static class JsonPaths
{
    /// <summary>Takes a value out, and the objects around it that are empty then; null where there is none.</summary>
    public static JsonNode? Take(JsonObject json, string path)
    {
        int dot = path.IndexOf('.', StringComparison.Ordinal);
        if (dot < 0)
        {
            JsonNode? value = json[path];
            json.Remove(path);
            return value;
        }

        if (json[path[..dot]] is not JsonObject inner)
        {
            return null;
        }

        JsonNode? found = Take(inner, path[(dot + 1)..]);
        if (inner.Count == 0)
        {
            json.Remove(path[..dot]);
        }

        return found;
    }

    /// <summary>Puts a value in, and the objects around it that are missing.</summary>
    public static void Put(JsonObject json, string path, JsonNode? value)
    {
        int dot = path.IndexOf('.', StringComparison.Ordinal);
        if (dot < 0)
        {
            json[path] = value;
            return;
        }

        if (json[path[..dot]] is not JsonObject inner)
        {
            json[path[..dot]] = inner = [];
        }

        Put(inner, path[(dot + 1)..], value);
    }

    /// <summary>The same object, the named members first and in this order, the others after them as they were.</summary>
    public static JsonObject Ordered(JsonObject json, params ReadOnlySpan<string> order)
    {
        var ordered = new JsonObject();
        foreach (string name in order)
        {
            Move(json, name, ordered);
        }

        foreach (string name in json.Select(m => m.Key).ToArray())
        {
            Move(json, name, ordered);
        }

        return ordered;
    }

    /// <summary>A value's text as a column keeps it.</summary>
    public static string? Text(JsonNode? value) => value?.ToString();

    private static void Move(JsonObject from, string name, JsonObject to)
    {
        if (from.TryGetPropertyValue(name, out JsonNode? value))
        {
            from.Remove(name);
            to[name] = value;
        }
    }
}
