using Millrace.Connectors.MongoDb.Bson;
using Millrace.Testing.MongoDb.Values;

namespace Millrace.Testing.MongoDb.Query;

/// <summary><c>$group</c> with the accumulators <c>$sum</c>, <c>$count</c>, <c>$avg</c>, <c>$min</c>, <c>$max</c>, <c>$first</c>, <c>$last</c>, <c>$push</c>.</summary>
internal static class GroupStage
{
    public static IEnumerable<byte[]> Run(IEnumerable<byte[]> documents, Doc specification)
    {
        Expression id = ExpressionParser.Parse(specification["_id"] ?? throw new CommandException(15955, "a group specification must include an _id"));
        var outputs = specification.Where(f => f.Name != "_id").Select(f => (f.Name, Add: Accumulator(f.Value))).ToArray();
        return Grouped(documents, id, outputs);
    }

    /// <summary>Reads an accumulator: what it makes of all documents of a group.</summary>
    public static Func<IReadOnlyList<Doc>, Node> Accumulator(Node specification)
    {
        Field call = specification is Doc { Count: 1 } doc ? doc.Fields[0] : throw new CommandException(40234, "The field must be an accumulator object");
        Expression value = call.Name == "$count" ? static _ => Leaf.Int32(1) : ExpressionParser.Parse(call.Value);
        return call.Name switch
        {
            "$sum" or "$count" => group => Sum(group.Select(d => value(d))),
            "$avg" => group => group.Select(d => value(d).AsDouble()).OfType<double>().ToArray() is { Length: > 0 } numbers ? (Node)numbers.Average() : Leaf.Null,
            "$min" => group => Extreme(group.Select(d => value(d)), 1),
            "$max" => group => Extreme(group.Select(d => value(d)), -1),
            "$first" => group => value(group[0]) ?? Leaf.Null,
            "$last" => group => value(group[^1]) ?? Leaf.Null,
            "$push" => group => Arr.Of(group.Select(d => value(d)).OfType<Node>()),
            _ => throw new CommandException(15952, $"unknown group operator '{call.Name}'"),
        };
    }

    private static IEnumerable<byte[]> Grouped(IEnumerable<byte[]> documents, Expression id, (string Name, Func<IReadOnlyList<Doc>, Node> Add)[] outputs)
    {
        var groups = new Dictionary<byte[], (Node Id, List<Doc> Documents)>(KeyComparer.Instance);
        foreach (byte[] document in documents)
        {
            Doc doc = Doc.Parse(document);
            Node key = id(doc) ?? Leaf.Null;
            byte[] bytes = ValueKey.Of(key);
            if (!groups.TryGetValue(bytes, out (Node Id, List<Doc> Documents) group))
            {
                groups.Add(bytes, group = (key, []));
            }

            group.Documents.Add(doc);
        }

        foreach ((Node key, List<Doc> members) in groups.Values)
        {
            var result = new Doc { { "_id", key } };
            foreach ((string name, Func<IReadOnlyList<Doc>, Node> add) in outputs)
            {
                result.Add(name, add(members));
            }

            yield return result.ToBytes();
        }
    }

    private static Node Sum(IEnumerable<Node?> values)
    {
        long whole = 0;
        double real = 0;
        bool isReal = false, isLong = false;
        foreach (Node? value in values.Where(v => v is not null && v.IsNumber()))
        {
            isLong |= value!.Type == BsonType.Int64;
            if (value.Type is BsonType.Int32 or BsonType.Int64)
            {
                whole += value.AsLong()!.Value;
            }
            else
            {
                isReal = true;
                real += value.AsDouble()!.Value;
            }
        }

        // Each branch is a node of its own type: C# would widen the numbers to one.
        return isReal ? (Node)(whole + real) : isLong || whole is > int.MaxValue or < int.MinValue ? (Node)whole : (Node)(int)whole;
    }

    private static Node Extreme(IEnumerable<Node?> values, int sign)
    {
        Node? best = null;
        foreach (Node? value in values)
        {
            if (value is { Type: not BsonType.Null } && (best is null || sign * ValueKey.Compare(value, best) < 0))
            {
                best = value;
            }
        }

        return best ?? Leaf.Null;
    }
}
