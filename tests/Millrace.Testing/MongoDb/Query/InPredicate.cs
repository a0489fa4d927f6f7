using Millrace.Connectors.MongoDb.Bson;
using Millrace.Testing.MongoDb.Values;

namespace Millrace.Testing.MongoDb.Query;

/// <summary><c>$in</c>: one of several values or expressions.</summary>
internal sealed class InPredicate : ValuePredicate
{
    private readonly HashSet<byte[]>.AlternateLookup<ReadOnlySpan<byte>> _keys;
    private readonly List<RegexPredicate> _expressions = [];
    private readonly bool _hasNull;

    public InPredicate(Arr operands)
    {
        var keys = new HashSet<byte[]>(KeyComparer.Instance);
        foreach (Node operand in operands)
        {
            if (operand.Type == BsonType.RegularExpression)
            {
                _expressions.Add(RegexPredicate.Of(operand));
            }

            keys.Add(ValueKey.Of(operand));
            _hasNull |= operand.Type == BsonType.Null;
        }

        _keys = keys.GetAlternateLookup<ReadOnlySpan<byte>>();
    }

    public override bool MatchesMissing => _hasNull;

    public override bool Matches(BsonType type, ReadOnlySpan<byte> value)
    {
        KeyBuffer key = KeyBuffer.Shared();
        ValueKey.Append(key, type, value);
        if (_keys.Contains(key.Written))
        {
            return true;
        }

        foreach (RegexPredicate expression in _expressions)
        {
            if (expression.Matches(type, value))
            {
                return true;
            }
        }

        return false;
    }
}
