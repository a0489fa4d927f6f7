using Millrace.Connectors.MongoDb.Bson;
using Millrace.Testing.MongoDb.Values;

namespace Millrace.Testing.MongoDb.Query;

/// <summary>Compares with an operand. Only values of the operand's own kind match, except against MinKey and MaxKey.</summary>
internal sealed class ComparisonPredicate(Node operand, Func<int, bool> accepts) : ValuePredicate
{
    private readonly byte[] _key = ValueKey.Of(operand);
    private readonly bool _isNaN = operand.AsDouble() is double.NaN;
    private readonly bool _anyType = operand.Type is BsonType.MinKey or BsonType.MaxKey;

    public override bool MatchesMissing => operand.Type == BsonType.Null && accepts(0);

    public override bool Matches(BsonType type, ReadOnlySpan<byte> value)
    {
        if (!_anyType && ValueKey.Class(type) != _key[0])
        {
            return false;
        }

        KeyBuffer key = KeyBuffer.Shared();
        ValueKey.Append(key, type, value);
        int order = key.Written.SequenceCompareTo(_key);

        // A NaN equals itself and is neither above nor below a number.
        return _isNaN || IsNaN(type, value) ? order == 0 && accepts(0) : accepts(order);
    }

    private static bool IsNaN(BsonType type, ReadOnlySpan<byte> value) => type switch
    {
        BsonType.Double => double.IsNaN(BitConverter.ToDouble(value)),
        BsonType.Decimal128 => Decimal128.Read(value).IsNaN,
        _ => false,
    };
}
