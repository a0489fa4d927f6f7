using System.Globalization;
using Millrace.Connectors.MongoDb.Bson;
using Millrace.Testing.MongoDb.Values;

namespace Millrace.Testing.MongoDb.Query;

/// <summary>Reads the aggregation expressions that the simulator knows: paths, literals, comparison, logic, and a few functions.</summary>
internal static class ExpressionParser
{
    public static Expression Parse(Node node) => node switch
    {
        Leaf when node.AsString() is "$$ROOT" or "$$CURRENT" => root => root,
        Leaf when node.AsString() is ['$', '$', ..] and var variable => ParseVariable(variable),
        Leaf when node.AsString() is ['$', ..] and var path => root => Resolve(root, path[1..]),
        Doc { Count: 1 } call when call.Fields[0].Name is ['$', ..] => ParseCall(call.Fields[0].Name, call.Fields[0].Value),
        Doc document => ParseDocument(document),
        Arr array => ParseArray(array),
        _ => _ => node,
    };

    /// <summary>The value at a dotted path; through arrays the values of the items that have one.</summary>
    public static Node? Resolve(Node? from, string path)
    {
        Node? at = from;
        string[] segments = path.Split('.');
        for (int i = 0; i < segments.Length; i++)
        {
            if (at is Arr array)
            {
                string rest = string.Join('.', segments[i..]);
                return Arr.Of(array.Items.OfType<Doc>().Select(d => Resolve(d, rest)).OfType<Node>());
            }

            at = (at as Doc)?[segments[i]];
        }

        return at;
    }

    private static Expression ParseVariable(string variable) => variable.Split('.', 2) switch
    {
        ["$$ROOT" or "$$CURRENT", var path] => root => Resolve(root, path),
        ["$$REMOVE"] => _ => null,
        _ => throw new CommandException(17276, $"Use of undefined variable: {variable[2..]}"),
    };

    private static Expression ParseDocument(Doc document)
    {
        var fields = document.Select(f => (f.Name, Value: Parse(f.Value))).ToArray();
        return root =>
        {
            var result = new Doc();
            foreach ((string name, Expression value) in fields)
            {
                result.AddIf(name, value(root));
            }

            return result;
        };
    }

    private static Expression ParseArray(Arr array)
    {
        Expression[] items = [.. array.Select(Parse)];
        return root => Arr.Of(items.Select(i => i(root) ?? Leaf.Null));
    }

    private static Expression ParseCall(string name, Node argument)
    {
        if (name == "$literal")
        {
            return _ => argument;
        }

        Expression[] a = [.. (argument is Arr several ? several.Items : [argument]).Select(Parse)];
        return name switch
        {
            "$eq" => Comparison(a, o => o == 0),
            "$ne" => Comparison(a, o => o != 0),
            "$gt" => Comparison(a, o => o > 0),
            "$gte" => Comparison(a, o => o >= 0),
            "$lt" => Comparison(a, o => o < 0),
            "$lte" => Comparison(a, o => o <= 0),
            "$cmp" => root => Leaf.Int32(Math.Sign(Order(a[0](root), a[1](root)))),
            "$and" => root => a.All(x => x(root).IsTrue()),
            "$or" => root => a.Any(x => x(root).IsTrue()),
            "$not" => root => !a[0](root).IsTrue(),
            "$ifNull" => root => a.Select(x => x(root)).FirstOrDefault(v => v is { Type: not BsonType.Null }) ?? a[^1](root),
            "$type" => root => a[0](root) is { } value ? FilterParser.NameOf(value.Type) : "missing",
            "$bsonSize" => root => a[0](root) is Doc doc ? doc.ToBytes().Length : Leaf.Null,
            "$size" => root => a[0](root) is Arr items ? items.Items.Count : throw new CommandException(17124, "The argument to $size must be an array"),
            "$concat" => root => string.Concat(a.Select(x => x(root).AsString())),
            "$add" => root => Arithmetic(a.Select(x => x(root)), (x, y) => x + y),
            "$subtract" => root => Arithmetic(a.Select(x => x(root)), (x, y) => x - y),
            "$multiply" => root => Arithmetic(a.Select(x => x(root)), (x, y) => x * y),
            "$in" => root => a[1](root) is Arr items && a[0](root) is { } value && items.Any(i => ValueKey.Compare(i, value) == 0),
            "$toString" => root => a[0](root) switch { null => Leaf.Null, var v when v.AsString() is { } s => s, var v => (v.AsLong() ?? 0).ToString(CultureInfo.InvariantCulture) },
            _ => throw new CommandException(ErrorCode.InvalidPipelineOperator, $"Unrecognized expression '{name}'"),
        };
    }

    private static Expression Comparison(Expression[] arguments, Func<int, bool> accepts) => arguments.Length == 2
        ? root => accepts(Order(arguments[0](root), arguments[1](root)))
        : throw new CommandException(16020, "Expression takes exactly 2 arguments");

    // A missing value sorts before null and after MinKey.
    private static int Order(Node? a, Node? b) =>
        (a is null ? [ValueKey.Class(BsonType.Undefined)] : ValueKey.Of(a)).AsSpan().SequenceCompareTo(b is null ? [ValueKey.Class(BsonType.Undefined)] : ValueKey.Of(b));

    private static Node Arithmetic(IEnumerable<Node?> values, Func<double, double, double> operation)
    {
        Node?[] all = [.. values];
        if (all.Any(v => v is null or { Type: BsonType.Null }))
        {
            return Leaf.Null;
        }

        double result = all.Select(v => v.AsDouble() ?? throw new CommandException(ErrorCode.TypeMismatch, "only numbers can be reckoned with")).Aggregate(operation);
        return all.Any(v => v!.Type is BsonType.Double or BsonType.Decimal128) ? (Node)result
            : all.All(v => v!.Type == BsonType.Int32) && result is >= int.MinValue and <= int.MaxValue ? (Node)(int)result : (Node)(long)result;
    }
}
