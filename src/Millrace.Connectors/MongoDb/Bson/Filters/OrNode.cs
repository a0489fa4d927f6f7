namespace Millrace.Connectors.MongoDb.Bson.Filters;

/// <summary>Any of the children.</summary>
internal sealed class OrNode(IReadOnlyList<FilterNode> children) : FilterNode
{
    private readonly FilterNode[] _children = [.. children];

    public override bool Matches(BsonValue subject)
    {
        foreach (var child in _children)
        {
            if (child.Matches(subject))
            {
                return true;
            }
        }

        return false;
    }
}
