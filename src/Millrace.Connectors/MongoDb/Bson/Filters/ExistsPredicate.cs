namespace Millrace.Connectors.MongoDb.Bson.Filters;

/// <summary><c>$exists</c>: there is a value.</summary>
internal sealed class ExistsPredicate : FilterPredicate
{
    public override bool LooksIntoArrays => false;

    public override bool Matches(BsonValue value) => true;
}
