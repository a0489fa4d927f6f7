using System.Text.Json.Nodes;

namespace Millrace.UnitTests.MongoDb;

/// <summary>
/// An independent idea of what oplog updates are: makes documents, changes them, and says the change in either form of the log.
/// </summary>
internal static class UpdateModel
{
    private static readonly string[] Names = ["a", "b", "s", "u", "d", "i", "l", "0", "1", "name", "ünï"];

    public static JsonObject RandomDocument(Random random)
    {
        JsonObject document = RandomObject(random, 0);
        document["_id"] = random.Next(1000);
        return document;
    }

    /// <summary>A changed copy; the key stays.</summary>
    public static JsonObject Change(JsonObject before, Random random)
    {
        var after = (JsonObject)before.DeepClone();
        for (int i = random.Next(1, 5); i > 0; i--)
        {
            ChangeInside(after, random, 0);
        }

        after["_id"] = before["_id"]?.DeepClone();
        return after;
    }

    /// <summary>The change as a version 2 diff.</summary>
    public static JsonObject DiffFor(JsonObject before, JsonObject after, Random random) =>
        new() { ["$v"] = 2, ["diff"] = ObjectDiff(before, after, random) };

    /// <summary>The change as $set and $unset.</summary>
    public static JsonObject OperatorsFor(JsonObject before, JsonObject after, Random random)
    {
        var set = new JsonObject();
        var unset = new JsonObject();
        Compare("", before, after, set, unset, random);
        var update = new JsonObject { ["$v"] = 1 };
        if (set.Count > 0)
        {
            update["$set"] = set;
        }

        if (unset.Count > 0)
        {
            update["$unset"] = unset;
        }

        return update;
    }

    private static JsonObject RandomObject(Random random, int depth)
    {
        var result = new JsonObject();
        for (int i = random.Next(0, 5); i > 0; i--)
        {
            result[Names[random.Next(Names.Length)]] = RandomValue(random, depth);
        }

        return result;
    }

    private static JsonNode? RandomValue(Random random, int depth) => random.Next(depth > 3 ? 4 : 7) switch
    {
        0 => null,
        1 => JsonValue.Create($"text {random.Next(50)}"),
        2 or 3 => JsonValue.Create(random.Next(100)),
        4 or 5 => RandomObject(random, depth + 1),
        _ => new JsonArray([.. Enumerable.Range(0, random.Next(0, 5)).Select(_ => RandomValue(random, depth + 1))]),
    };

    private static void ChangeInside(JsonNode node, Random random, int depth)
    {
        if (node is JsonArray array)
        {
            ChangeArray(array, random, depth);
            return;
        }

        var document = (JsonObject)node;
        string name = Names[random.Next(Names.Length)];
        if (document[name] is JsonObject or JsonArray && random.Next(3) > 0)
        {
            ChangeInside(document[name]!, random, depth + 1);
        }
        else if (random.Next(4) == 0)
        {
            document.Remove(name);
        }
        else
        {
            document[name] = RandomValue(random, depth);
        }
    }

    private static void ChangeArray(JsonArray array, Random random, int depth)
    {
        int at = array.Count == 0 ? 0 : random.Next(array.Count);
        switch (random.Next(4))
        {
            case 0 when array.Count > 0:
                while (array.Count > at)
                {
                    array.RemoveAt(array.Count - 1);
                }

                break;
            case 1:
                array.Add(RandomValue(random, depth));
                break;
            case 2 when array.Count > 0 && array[at] is JsonObject or JsonArray:
                ChangeInside(array[at]!, random, depth + 1);
                break;
            default:
                if (array.Count > 0)
                {
                    array[at] = RandomValue(random, depth);
                }

                break;
        }
    }

    private static JsonObject ObjectDiff(JsonObject before, JsonObject after, Random random)
    {
        var removed = new JsonObject();
        var changed = new JsonObject();
        var added = new JsonObject();
        var inner = new JsonObject();
        foreach ((string name, _) in before)
        {
            if (!after.ContainsKey(name))
            {
                removed[name] = false;
            }
        }

        foreach ((string name, JsonNode? value) in after)
        {
            if (!before.TryGetPropertyValue(name, out JsonNode? old))
            {
                added[name] = value?.DeepClone();
            }
            else if (!JsonNode.DeepEquals(old, value))
            {
                Nest(name, old, value, changed, inner, random);
            }
        }

        var diff = new JsonObject();
        foreach ((string name, JsonObject section) in new[] { ("d", removed), ("u", changed), ("i", added) })
        {
            if (section.Count > 0)
            {
                diff[name] = section;
            }
        }

        foreach ((string name, JsonNode? value) in inner)
        {
            diff["s" + name] = value?.DeepClone();
        }

        return diff;
    }

    private static void Nest(string name, JsonNode? old, JsonNode? value, JsonObject changed, JsonObject inner, Random random)
    {
        switch (old, value)
        {
            case (JsonObject a, JsonObject b) when random.Next(4) > 0:
                inner[name] = ObjectDiff(a, b, random);
                break;
            case (JsonArray a, JsonArray b) when random.Next(4) > 0:
                inner[name] = ArrayDiff(a, b, random);
                break;
            default:
                changed[name] = value?.DeepClone();
                break;
        }
    }

    private static JsonObject ArrayDiff(JsonArray before, JsonArray after, Random random)
    {
        var diff = new JsonObject { ["a"] = true };
        if (after.Count < before.Count)
        {
            diff["l"] = after.Count;
        }

        for (int i = 0; i < after.Count; i++)
        {
            if (i >= before.Count)
            {
                diff[$"u{i}"] = after[i]?.DeepClone();
            }
            else if (!JsonNode.DeepEquals(before[i], after[i]))
            {
                (string key, JsonNode? value) = (before[i], after[i]) switch
                {
                    (JsonObject a, JsonObject b) when random.Next(3) > 0 => ($"s{i}", ObjectDiff(a, b, random)),
                    (JsonArray a, JsonArray b) when random.Next(3) > 0 => ($"s{i}", ArrayDiff(a, b, random)),
                    _ => ($"u{i}", after[i]?.DeepClone()),
                };
                diff[key] = value;
            }
        }

        return diff;
    }

    private static void Compare(string path, JsonObject before, JsonObject after, JsonObject set, JsonObject unset, Random random)
    {
        foreach ((string name, _) in before)
        {
            if (!after.ContainsKey(name))
            {
                unset[path + name] = true;
            }
        }

        foreach ((string name, JsonNode? value) in after)
        {
            if (!before.TryGetPropertyValue(name, out JsonNode? old) || !JsonNode.DeepEquals(old, value))
            {
                Compare(path + name, old, value, set, unset, random);
            }
        }
    }

    private static void Compare(string path, JsonNode? old, JsonNode? value, JsonObject set, JsonObject unset, Random random)
    {
        if (old is JsonObject a && value is JsonObject b && random.Next(4) > 0)
        {
            Compare(path + ".", a, b, set, unset, random);
        }
        else if (old is JsonArray before && value is JsonArray after && after.Count >= before.Count && random.Next(4) > 0)
        {
            for (int i = 0; i < after.Count; i++)
            {
                if (i >= before.Count)
                {
                    set[$"{path}.{i}"] = after[i]?.DeepClone();
                }
                else if (!JsonNode.DeepEquals(before[i], after[i]))
                {
                    Compare($"{path}.{i}", before[i], after[i], set, unset, random);
                }
            }
        }
        else
        {
            set[path] = value?.DeepClone();
        }
    }
}
