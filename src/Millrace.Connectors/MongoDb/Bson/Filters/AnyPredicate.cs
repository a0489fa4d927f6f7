namespace Millrace.Connectors.MongoDb.Bson.Filters;

/// <summary><c>$in</c>: any of some values or patterns.</summary>
internal sealed class AnyPredicate(IReadOnlyList<FilterPredicate> choices) : FilterPredicate
{
    private readonly FilterPredicate[] _choices = [.. choices];

    public override bool MatchesMissing => Array.Exists(_choices, choice => choice.MatchesMissing);

    public override bool Matches(BsonValue value)
    {
        foreach (var choice in _choices)
        {
            if (choice.Matches(value))
            {
                return true;
            }
        }

        return false;
    }
}
