using Millrace.Connectors.MongoDb.Bson;

namespace Millrace.Testing.MongoDb.Query;

/// <summary>Several predicates that one value has to satisfy.</summary>
internal sealed class ConjunctionPredicate(IReadOnlyList<(ValuePredicate Predicate, bool Negated)> parts) : ValuePredicate
{
    public override bool MatchesMissing => parts.All(p => p.Predicate.MatchesMissing != p.Negated);

    public override bool Matches(BsonType type, ReadOnlySpan<byte> value)
    {
        foreach ((ValuePredicate predicate, bool negated) in parts)
        {
            if (predicate.Matches(type, value) == negated)
            {
                return false;
            }
        }

        return true;
    }
}
