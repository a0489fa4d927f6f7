namespace Millrace.Connectors.MongoDb.Bson.Filters;

/// <summary>A predicate on the subject itself.</summary>
internal sealed class SelfNode(FilterPredicate predicate) : FilterNode
{
    public override bool Matches(BsonValue subject) => predicate.Matches(subject);
}
