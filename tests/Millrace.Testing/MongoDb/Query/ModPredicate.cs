using Millrace.Connectors.MongoDb.Bson;
using Millrace.Testing.MongoDb.Values;

namespace Millrace.Testing.MongoDb.Query;

/// <summary><c>$mod</c>.</summary>
internal sealed class ModPredicate(long divisor, long remainder) : ValuePredicate
{
    public override bool Matches(BsonType type, ReadOnlySpan<byte> value) =>
        type is BsonType.Int32 or BsonType.Int64 or BsonType.Double or BsonType.Decimal128
        && new Leaf(type, value.ToArray()).AsLong() % divisor == remainder;
}
