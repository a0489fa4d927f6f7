namespace Millrace.Connectors.MongoDb.Bson.Filters;

/// <summary><c>$size</c>: an array with so many elements.</summary>
internal sealed class SizePredicate(long size) : FilterPredicate
{
    public override bool LooksIntoArrays => false;

    public override bool Matches(BsonValue value)
    {
        if (value.Type != BsonType.Array)
        {
            return false;
        }

        var reader = new BsonReader(value.Bytes);
        long count = 0;
        while (reader.Next())
        {
            count++;
        }

        return count == size;
    }
}
