namespace Millrace.Connectors.MongoDb.Bson.Filters;

/// <summary>All of the children; true when there are none.</summary>
internal sealed class AndNode(IReadOnlyList<FilterNode> children) : FilterNode
{
    private readonly FilterNode[] _children = [.. children];

    public override bool Matches(BsonValue subject)
    {
        foreach (var child in _children)
        {
            if (!child.Matches(subject))
            {
                return false;
            }
        }

        return true;
    }
}
