namespace Millrace.Connectors.MongoDb.Bson.Filters;

/// <summary>Not the child.</summary>
internal sealed class NotNode(FilterNode child) : FilterNode
{
    public override bool Matches(BsonValue subject) => !child.Matches(subject);
}
