using Millrace.Connectors.MongoDb.Bson;

namespace Millrace.Testing.MongoDb.Query;

/// <summary><c>$elemMatch</c>: one item of an array matches everything that is asked.</summary>
internal sealed class ElementPredicate(Matcher? matcher, IReadOnlyList<(ValuePredicate Predicate, bool Negated)> predicates) : ValuePredicate
{
    public override bool LooksIntoArrays => false;

    public override bool Matches(BsonType type, ReadOnlySpan<byte> value)
    {
        if (type != BsonType.Array)
        {
            return false;
        }

        var reader = new BsonReader(value);
        while (reader.Next())
        {
            if (matcher is null ? MatchesItem(reader.Type, reader.Value) : reader.Type == BsonType.Document && matcher.Matches(reader.Value))
            {
                return true;
            }
        }

        return false;
    }

    private bool MatchesItem(BsonType type, ReadOnlySpan<byte> value)
    {
        foreach ((ValuePredicate predicate, bool negated) in predicates)
        {
            if (predicate.Matches(type, value) == negated)
            {
                return false;
            }
        }

        return true;
    }
}
