namespace Millrace.Connectors.MongoDb.Bson.Filters;

/// <summary><c>$elemMatch</c>: an array with an element that meets a condition.</summary>
/// <param name="condition">What an element has to meet.</param>
/// <param name="nestedOnly">Whether the condition is a query, which only documents and arrays can meet.</param>
internal sealed class ElementPredicate(FilterNode condition, bool nestedOnly) : FilterPredicate
{
    public override bool LooksIntoArrays => false;

    public override bool Matches(BsonValue value)
    {
        if (value.Type != BsonType.Array)
        {
            return false;
        }

        var reader = new BsonReader(value.Bytes);
        while (reader.Next())
        {
            if ((!nestedOnly || reader.Type is BsonType.Document or BsonType.Array) && condition.Matches(reader.Current))
            {
                return true;
            }
        }

        return false;
    }
}
