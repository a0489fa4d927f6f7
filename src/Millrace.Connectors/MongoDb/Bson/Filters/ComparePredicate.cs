namespace Millrace.Connectors.MongoDb.Bson.Filters;

/// <summary>
/// <c>$eq $gt $gte $lt $lte</c>: a comparison within one kind of type. Only MinKey and MaxKey compare with everything; NaN equals
/// itself and compares with nothing; null and undefined are one, and a missing field counts as null.
/// </summary>
internal sealed class ComparePredicate(Comparison comparison, BsonValue operand) : FilterPredicate
{
    private readonly BsonType _type = operand.Type;
    private readonly byte[] _bytes = operand.Bytes.ToArray();

    public override bool MatchesMissing => IsNull(_type) && AllowsEqual;

    private bool AllowsEqual => comparison is Comparison.Equal or Comparison.LessOrEqual or Comparison.GreaterOrEqual;

    public override bool Matches(BsonValue value)
    {
        var operand = new BsonValue(_type, _bytes);
        if (IsNull(value.Type) && IsNull(_type))
        {
            return AllowsEqual;
        }

        if (BsonCompare.KindRank(value.Type) != BsonCompare.KindRank(_type) && _type is not (BsonType.MinKey or BsonType.MaxKey))
        {
            return false;
        }

        if (IsNaN(value) || IsNaN(operand))
        {
            return IsNaN(value) && IsNaN(operand) && AllowsEqual;
        }

        var order = BsonCompare.Compare(value, operand);
        return comparison switch
        {
            Comparison.Equal => order == 0,
            Comparison.Less => order < 0,
            Comparison.LessOrEqual => order <= 0,
            Comparison.Greater => order > 0,
            _ => order >= 0,
        };
    }

    private static bool IsNull(BsonType type) => type is BsonType.Null or BsonType.Undefined;

    private static bool IsNaN(BsonValue value) => value.Type switch
    {
        BsonType.Double => double.IsNaN(value.GetDouble()),
        BsonType.Decimal128 => value.GetDecimal128().IsNaN,
        _ => false,
    };
}
