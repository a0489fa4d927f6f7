namespace Millrace.Connectors.MongoDb.Bson.Filters;

/// <summary>A condition on one value.</summary>
internal abstract class FilterPredicate
{
    /// <summary>Whether the condition holds where the path leads to nothing.</summary>
    public virtual bool MatchesMissing => false;

    /// <summary>Whether an array matches when one of its elements does.</summary>
    public virtual bool LooksIntoArrays => true;

    public abstract bool Matches(BsonValue value);
}
