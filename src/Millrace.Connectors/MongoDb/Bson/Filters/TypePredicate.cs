namespace Millrace.Connectors.MongoDb.Bson.Filters;

/// <summary><c>$type</c>: the value has one of some types.</summary>
internal sealed class TypePredicate(IReadOnlyList<BsonType> types) : FilterPredicate
{
    private readonly BsonType[] _types = [.. types];

    public override bool Matches(BsonValue value) => _types.AsSpan().Contains(value.Type);
}
