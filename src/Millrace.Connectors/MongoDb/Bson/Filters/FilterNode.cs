namespace Millrace.Connectors.MongoDb.Bson.Filters;

/// <summary>A condition on a value: a whole document, or an element of an array inside <c>$elemMatch</c>.</summary>
internal abstract class FilterNode
{
    public abstract bool Matches(BsonValue subject);
}
