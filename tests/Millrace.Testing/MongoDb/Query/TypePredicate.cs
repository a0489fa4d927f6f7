using Millrace.Connectors.MongoDb.Bson;

namespace Millrace.Testing.MongoDb.Query;

/// <summary><c>$type</c>.</summary>
internal sealed class TypePredicate(IReadOnlySet<BsonType> types) : ValuePredicate
{
    public override bool Matches(BsonType type, ReadOnlySpan<byte> value) => types.Contains(type);
}
