using Millrace.Connectors.MongoDb.Bson;

namespace Millrace.Testing.MongoDb.Query;

/// <summary><c>$size</c>.</summary>
internal sealed class SizePredicate(long size) : ValuePredicate
{
    public override bool LooksIntoArrays => false;

    public override bool Matches(BsonType type, ReadOnlySpan<byte> value)
    {
        if (type != BsonType.Array)
        {
            return false;
        }

        long count = 0;
        var reader = new BsonReader(value);
        while (reader.Next())
        {
            count++;
        }

        return count == size;
    }
}
