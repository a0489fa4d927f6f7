using Millrace.Connectors.MongoDb.Bson;
using Millrace.Testing.MongoDb.Values;

namespace Millrace.Testing.MongoDb.Query;

/// <summary>Reads a filter document. An operator that is not known here is refused, as a server refuses one that it does not know.</summary>
internal static class FilterParser
{
    private static readonly Dictionary<string, BsonType[]> TypeNames = new()
    {
        ["double"] = [BsonType.Double], ["string"] = [BsonType.String], ["object"] = [BsonType.Document], ["array"] = [BsonType.Array],
        ["binData"] = [BsonType.Binary], ["undefined"] = [BsonType.Undefined], ["objectId"] = [BsonType.ObjectId], ["bool"] = [BsonType.Boolean],
        ["date"] = [BsonType.DateTime], ["null"] = [BsonType.Null], ["regex"] = [BsonType.RegularExpression], ["dbPointer"] = [BsonType.DbPointer],
        ["javascript"] = [BsonType.JavaScript], ["symbol"] = [BsonType.Symbol], ["javascriptWithScope"] = [BsonType.JavaScriptWithScope],
        ["int"] = [BsonType.Int32], ["timestamp"] = [BsonType.Timestamp], ["long"] = [BsonType.Int64], ["decimal"] = [BsonType.Decimal128],
        ["minKey"] = [BsonType.MinKey], ["maxKey"] = [BsonType.MaxKey],
        ["number"] = [BsonType.Double, BsonType.Int32, BsonType.Int64, BsonType.Decimal128],
    };

    public static Matcher Parse(Doc filter) => new AndMatcher([.. filter.SelectMany(ParseField)]);

    /// <summary>The name that <c>$type</c> and error messages give a type.</summary>
    public static string NameOf(BsonType type) => TypeNames.First(t => t.Value.Length == 1 && t.Value[0] == type).Key;

    private static IEnumerable<Matcher> ParseField(Field field)
    {
        switch (field.Name)
        {
            case "$and":
                return [new AndMatcher(Clauses(field))];
            case "$or":
                return [new OrMatcher(Clauses(field))];
            case "$nor":
                return [new NotMatcher(new OrMatcher(Clauses(field)))];
            case "$expr":
                return [new ExpressionMatcher(ExpressionParser.Parse(field.Value))];
            case "$comment":
                return [];
            case ['$', ..]:
                throw new CommandException(ErrorCode.BadValue, $"unknown top level operator: {field.Name}");
            default:
                return ParsePath(field.Name, field.Value);
        }
    }

    private static Matcher[] Clauses(Field field) => field.Value is Arr { Items.Count: > 0 } clauses
        ? [.. clauses.Select(c => Parse(c as Doc ?? throw new CommandException(ErrorCode.BadValue, $"{field.Name} argument's entries must be objects")))]
        : throw new CommandException(ErrorCode.BadValue, $"{field.Name} argument must be a non-empty array");

    private static IEnumerable<Matcher> ParsePath(string path, Node condition)
    {
        if (condition is Doc { Count: > 0 } operators && operators.Fields[0].Name is ['$', ..] && operators.Fields[0].Name is not ("$ref" or "$id" or "$db"))
        {
            return ParseOperators(operators).Select(p => Over(path, p));
        }

        return [new PathMatcher(path, condition.Type == BsonType.RegularExpression ? RegexPredicate.Of(condition) : Equal(condition))];
    }

    private static Matcher Over(string path, (ValuePredicate Predicate, bool Negated) part)
    {
        var matcher = new PathMatcher(path, part.Predicate);
        return part.Negated ? new NotMatcher(matcher) : matcher;
    }

    private static ComparisonPredicate Equal(Node operand) => new(operand, static order => order == 0);

    private static IEnumerable<(ValuePredicate Predicate, bool Negated)> ParseOperators(Doc operators)
    {
        foreach (Field field in operators)
        {
            switch (field.Name)
            {
                case "$options":
                    break;
                case "$all":
                    foreach (Node item in Array(field))
                    {
                        yield return (item is Doc { Count: 1 } d && d.Fields[0].Name == "$elemMatch" ? ParseElement(d.Fields[0].Value) : Equal(item), false);
                    }

                    break;
                case "$not":
                    yield return (ParseNot(field.Value), true);
                    break;
                default:
                    yield return ParseOperator(field, operators);
                    break;
            }
        }
    }

    private static (ValuePredicate Predicate, bool Negated) ParseOperator(Field field, Doc all) => field.Name switch
    {
        "$eq" => (Equal(field.Value), false),
        "$ne" => (Equal(field.Value), true),
        "$gt" => (new ComparisonPredicate(field.Value, static order => order > 0), false),
        "$gte" => (new ComparisonPredicate(field.Value, static order => order >= 0), false),
        "$lt" => (new ComparisonPredicate(field.Value, static order => order < 0), false),
        "$lte" => (new ComparisonPredicate(field.Value, static order => order <= 0), false),
        "$in" => (new InPredicate(Array(field)), false),
        "$nin" => (new InPredicate(Array(field)), true),
        "$exists" => (new ExistsPredicate(), !field.Value.IsTrue()),
        "$type" => (new TypePredicate(ParseTypes(field.Value)), false),
        "$regex" => (field.Value.Type == BsonType.RegularExpression && all["$options"] is null
            ? RegexPredicate.Of(field.Value)
            : RegexPredicate.Of(field.Value.AsString() ?? throw new CommandException(ErrorCode.BadValue, "$regex has to be a string"), all["$options"].AsString() ?? ""), false),
        "$size" => (new SizePredicate(field.Value.AsLong() ?? throw new CommandException(ErrorCode.BadValue, "$size needs a number")), false),
        "$mod" => (new ModPredicate(Array(field).Items[0].AsLong() ?? 0, Array(field).Items[1].AsLong() ?? 0), false),
        "$elemMatch" => (ParseElement(field.Value), false),
        _ => throw new CommandException(ErrorCode.BadValue, $"unknown operator: {field.Name}"),
    };

    // $not over several operators denies that all of them hold for the path.
    private static ValuePredicate ParseNot(Node value)
    {
        if (value.Type == BsonType.RegularExpression)
        {
            return RegexPredicate.Of(value);
        }

        if (value is not Doc { Count: > 0 } operators)
        {
            throw new CommandException(ErrorCode.BadValue, "$not needs a regex or a document");
        }

        var parts = ParseOperators(operators).ToArray();
        return parts is [(var only, false)] ? only : new ConjunctionPredicate(parts);
    }

    private static ElementPredicate ParseElement(Node value)
    {
        if (value is not Doc doc)
        {
            throw new CommandException(ErrorCode.BadValue, "$elemMatch needs an Object");
        }

        bool isValue = doc.Count > 0 && doc.Fields[0].Name is ['$', ..] and not ("$and" or "$or" or "$nor" or "$expr");
        return isValue ? new ElementPredicate(null, [.. ParseOperators(doc)]) : new ElementPredicate(Parse(doc), []);
    }

    private static Arr Array(Field field) =>
        field.Value as Arr ?? throw new CommandException(ErrorCode.BadValue, $"{field.Name} needs an array");

    private static HashSet<BsonType> ParseTypes(Node value) =>
        [.. (value is Arr several ? several.Items : [value]).SelectMany(ParseType)];

    private static BsonType[] ParseType(Node value)
    {
        if (value.AsString() is { } name)
        {
            return TypeNames.TryGetValue(name, out BsonType[]? types)
                ? types : throw new CommandException(ErrorCode.BadValue, $"Unknown type name alias: {name}");
        }

        BsonType type = value.AsLong() switch { -1 => BsonType.MinKey, >= 1 and <= 127 and var code => (BsonType)code, _ => BsonType.EndOfDocument };
        return type == BsonType.EndOfDocument ? throw new CommandException(ErrorCode.BadValue, "Invalid numerical type code") : [type];
    }
}
