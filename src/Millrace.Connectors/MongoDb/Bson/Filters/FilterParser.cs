using System.Text;

namespace Millrace.Connectors.MongoDb.Bson.Filters;

/// <summary>Turns a query document into nodes. Recursive; the documents come validated, so their depth is bounded.</summary>
internal static class FilterParser
{
    private const string Supported =
        "Supported are $eq, $ne, $gt, $gte, $lt, $lte, $in, $nin, $exists, $type, $regex, $size, $all, $elemMatch, $not, $and, $or, $nor.";

    /// <summary>A query: paths with conditions, and <c>$and $or $nor</c>.</summary>
    public static FilterNode ParseQuery(ReadOnlySpan<byte> query)
    {
        var nodes = new List<FilterNode>();
        var reader = new BsonReader(query);
        while (reader.Next())
        {
            var name = Encoding.UTF8.GetString(reader.Name);
            nodes.Add(name.StartsWith('$') ? ParseLogical(name, reader.Current) : ParseCondition(name, reader.Current));
        }

        return All(nodes);
    }

    private static FilterNode ParseLogical(string name, BsonValue value)
    {
        switch (name)
        {
            case "$and":
                return new AndNode(ParseQueries(name, value));
            case "$or":
                return new OrNode(ParseQueries(name, value));
            case "$nor":
                return new NotNode(new OrNode(ParseQueries(name, value)));
            default:
                BsonThrow.BadFilter($"The operator {name} is not supported in a filter.", Supported);
                return default;
        }
    }

    private static List<FilterNode> ParseQueries(string name, BsonValue value)
    {
        var nodes = new List<FilterNode>();
        if (value.Type == BsonType.Array)
        {
            var reader = new BsonReader(value.Bytes);
            while (reader.Next())
            {
                RequireType(name, reader.Current, BsonType.Document, "an array of filters");
                nodes.Add(ParseQuery(reader.Value));
            }
        }

        if (nodes.Count == 0)
        {
            BsonThrow.BadFilter($"{name} needs an array of at least one filter.", "Write " + name + ": [ {…}, {…} ].");
        }

        return nodes;
    }

    /// <summary>What stands beside a path: a value to equal, a pattern, or operators.</summary>
    private static FilterNode ParseCondition(string path, BsonValue value) =>
        IsOperators(value) ? ParseOperators(path, value.Bytes) : At(path, EqualTo(value));

    /// <summary>Operators on a path, or on an element itself where <paramref name="path"/> is null.</summary>
    private static FilterNode ParseOperators(string? path, ReadOnlySpan<byte> operators)
    {
        var nodes = new List<FilterNode>();
        var reader = new BsonReader(operators);
        while (reader.Next())
        {
            var name = Encoding.UTF8.GetString(reader.Name);
            if (!name.StartsWith('$'))
            {
                BsonThrow.BadFilter($"A filter mixes operators with the name '{name}'.", "Use operators only, or names only.");
            }

            nodes.Add(name switch
            {
                "$regex" => At(path, ParseRegex(reader.Current, operators)),
                "$options" => ParseOptions(operators),
                _ => ParseOperator(path, name, reader.Current),
            });
        }

        return All(nodes);
    }

    private static FilterNode ParseOperator(string? path, string name, BsonValue value)
    {
        switch (name)
        {
            case "$eq": return At(path, new ComparePredicate(Comparison.Equal, value));
            case "$ne": return new NotNode(At(path, NotEqualTo(value)));
            case "$gt": return At(path, new ComparePredicate(Comparison.Greater, value));
            case "$gte": return At(path, new ComparePredicate(Comparison.GreaterOrEqual, value));
            case "$lt": return At(path, new ComparePredicate(Comparison.Less, value));
            case "$lte": return At(path, new ComparePredicate(Comparison.LessOrEqual, value));
            case "$in": return At(path, ParseIn(name, value));
            case "$nin": return new NotNode(At(path, ParseIn(name, value)));
            case "$exists": return IsTrue(value) ? At(path, new ExistsPredicate()) : new NotNode(At(path, new ExistsPredicate()));
            case "$type": return At(path, new TypePredicate(FilterTypes.Parse(value)));
            case "$size": return At(path, new SizePredicate(ParseSize(value)));
            case "$all": return ParseAll(path, value);
            case "$elemMatch": return At(path, ParseElementMatch(value));
            case "$not": return new NotNode(ParseNot(path, value));
            default:
                BsonThrow.BadFilter($"The operator {name} is not supported in a filter.", Supported);
                return default;
        }
    }

    private static FilterNode At(string? path, FilterPredicate predicate) =>
        path is null ? new SelfNode(predicate) : new PathNode(path, predicate);

    private static FilterNode All(List<FilterNode> nodes) => nodes.Count == 1 ? nodes[0] : new AndNode(nodes);

    /// <summary>A pattern beside a name means "matches it"; any other value means "equals it".</summary>
    private static FilterPredicate EqualTo(BsonValue value)
    {
        if (value.Type == BsonType.RegularExpression)
        {
            var pattern = value.GetRegularExpression(out var options);
            return new RegexPredicate(pattern, options);
        }

        return new ComparePredicate(Comparison.Equal, value);
    }

    private static ComparePredicate NotEqualTo(BsonValue value)
    {
        if (value.Type == BsonType.RegularExpression)
        {
            BsonThrow.BadFilter("$ne cannot take a regular expression.", "Use $not with the regular expression.");
        }

        return new ComparePredicate(Comparison.Equal, value);
    }

    private static AnyPredicate ParseIn(string name, BsonValue value)
    {
        RequireType(name, value, BsonType.Array, "an array of values");
        var choices = new List<FilterPredicate>();
        var reader = new BsonReader(value.Bytes);
        while (reader.Next())
        {
            if (IsOperators(reader.Current))
            {
                BsonThrow.BadFilter($"{name} cannot hold operators.", "List the values themselves.");
            }

            choices.Add(EqualTo(reader.Current));
        }

        return new AnyPredicate(choices);
    }

    private static FilterNode ParseAll(string? path, BsonValue value)
    {
        RequireType("$all", value, BsonType.Array, "an array of values");
        var nodes = new List<FilterNode>();
        var reader = new BsonReader(value.Bytes);
        while (reader.Next())
        {
            nodes.Add(IsOperators(reader.Current) ? ParseOperators(path, reader.Value) : At(path, EqualTo(reader.Current)));
        }

        // By the manual, $all of nothing matches nothing.
        return nodes.Count == 0 ? new OrNode([]) : All(nodes);
    }

    private static ElementPredicate ParseElementMatch(BsonValue value)
    {
        RequireType("$elemMatch", value, BsonType.Document, "a condition");
        var isLogical = false;
        var reader = new BsonReader(value.Bytes);
        if (reader.Next())
        {
            isLogical = reader.Name.SequenceEqual("$and"u8) || reader.Name.SequenceEqual("$or"u8) || reader.Name.SequenceEqual("$nor"u8);
        }

        return IsOperators(value) && !isLogical
            ? new ElementPredicate(ParseOperators(null, value.Bytes), nestedOnly: false)
            : new ElementPredicate(ParseQuery(value.Bytes), nestedOnly: true);
    }

    private static FilterNode ParseNot(string? path, BsonValue value)
    {
        if (value.Type == BsonType.RegularExpression)
        {
            return At(path, EqualTo(value));
        }

        if (!IsOperators(value))
        {
            BsonThrow.BadFilter("$not needs operators or a regular expression.", "Write $not: { $gt: 5 }, or $ne for a value.");
        }

        return ParseOperators(path, value.Bytes);
    }

    private static RegexPredicate ParseRegex(BsonValue value, ReadOnlySpan<byte> siblings)
    {
        ReadOnlySpan<byte> options = default;
        ReadOnlySpan<byte> pattern = default;
        if (value.Type == BsonType.RegularExpression)
        {
            pattern = value.GetRegularExpression(out options);
        }
        else
        {
            RequireType("$regex", value, BsonType.String, "a pattern");
            pattern = value.GetString();
        }

        var reader = new BsonReader(siblings);
        if (reader.Find("$options"u8))
        {
            RequireType("$options", reader.Current, BsonType.String, "option letters");
            options = reader.GetString();
        }

        return new RegexPredicate(pattern, options);
    }

    /// <summary>The options belong to the pattern, which reads them; alone they mean nothing.</summary>
    private static AndNode ParseOptions(ReadOnlySpan<byte> siblings)
    {
        var reader = new BsonReader(siblings);
        if (!reader.Find("$regex"u8))
        {
            BsonThrow.BadFilter("$options needs a $regex beside it.", "Add the $regex, or remove $options.");
        }

        return new AndNode([]);
    }

    private static long ParseSize(BsonValue value)
    {
        var size = FilterTypes.WholeNumber(value);
        if (size is null or < 0)
        {
            BsonThrow.BadFilter("$size needs a whole number that is not negative.", "Write $size: 2.");
        }

        return size.Value;
    }

    private static bool IsTrue(BsonValue value) => value.Type switch
    {
        BsonType.Boolean => value.GetBoolean(),
        BsonType.Null or BsonType.Undefined => false,
        _ => FilterTypes.WholeNumber(value) != 0,
    };

    /// <summary>A document whose first name is an operator; the parts of a DBRef are not.</summary>
    private static bool IsOperators(BsonValue value)
    {
        if (value.Type != BsonType.Document)
        {
            return false;
        }

        var reader = new BsonReader(value.Bytes);
        return reader.Next() && reader.Name.StartsWith((byte)'$')
            && !reader.Name.SequenceEqual("$ref"u8) && !reader.Name.SequenceEqual("$id"u8) && !reader.Name.SequenceEqual("$db"u8);
    }

    private static void RequireType(string name, BsonValue value, BsonType type, string what)
    {
        if (value.Type != type)
        {
            BsonThrow.BadFilter($"{name} needs {what}, not a value of type {value.Type}.", $"Give {name} {what}.");
        }
    }
}
