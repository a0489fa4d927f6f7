using Millrace.Connectors.MongoDb.Bson;

namespace Millrace.Testing.MongoDb.Query;

/// <summary><c>$exists: true</c>.</summary>
internal sealed class ExistsPredicate : ValuePredicate
{
    public override bool LooksIntoArrays => false;

    public override bool Matches(BsonType type, ReadOnlySpan<byte> value) => true;
}
