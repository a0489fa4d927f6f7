using Millrace.Connectors.MongoDb.Bson;

namespace Millrace.Testing.MongoDb.Query;

/// <summary>What a filter asks of one value.</summary>
internal abstract class ValuePredicate
{
    public virtual bool MatchesMissing => false;

    /// <summary>Whether an array matches where one of its items does.</summary>
    public virtual bool LooksIntoArrays => true;

    public abstract bool Matches(BsonType type, ReadOnlySpan<byte> value);
}
