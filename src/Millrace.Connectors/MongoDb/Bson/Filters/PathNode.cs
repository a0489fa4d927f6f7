using System.Buffers.Text;
using System.Text;

namespace Millrace.Connectors.MongoDb.Bson.Filters;

/// <summary>
/// A predicate on what a dotted path leads to. The path fans out over the documents of an array, takes a number as an index, and
/// ends at a value, at each element of an array value, or at nothing.
/// </summary>
internal sealed class PathNode : FilterNode
{
    private readonly byte[][] _names;
    private readonly int[] _indexes;
    private readonly FilterPredicate _predicate;

    public PathNode(string path, FilterPredicate predicate)
    {
        _names = [.. path.Split('.').Select(Encoding.UTF8.GetBytes)];
        _indexes = [.. _names.Select(IndexOf)];
        _predicate = predicate;
    }

    public override bool Matches(BsonValue subject) =>
        subject.Type is BsonType.Document or BsonType.Array && MatchesFrom(subject.Bytes, 0);

    private bool MatchesFrom(ReadOnlySpan<byte> document, int depth)
    {
        var reader = new BsonReader(document);
        if (!reader.Find(_names[depth]))
        {
            return _predicate.MatchesMissing;
        }

        return MatchesValue(reader.Current, depth + 1);
    }

    /// <summary>Goes on from a value that the first <paramref name="depth"/> names led to.</summary>
    private bool MatchesValue(BsonValue value, int depth)
    {
        if (depth == _names.Length)
        {
            return MatchesEnd(value);
        }

        return value.Type switch
        {
            BsonType.Document => MatchesFrom(value.Bytes, depth),
            BsonType.Array => MatchesInArray(value.Bytes, depth),
            _ => _predicate.MatchesMissing,
        };
    }

    private bool MatchesInArray(ReadOnlySpan<byte> array, int depth)
    {
        var reader = new BsonReader(array);
        for (var i = 0; reader.Next(); i++)
        {
            if (i == _indexes[depth] && MatchesValue(reader.Current, depth + 1))
            {
                return true;
            }

            // Only documents are entered: [[{"b": 1}]] has no "b".
            if (reader.Type == BsonType.Document && MatchesFrom(reader.Value, depth))
            {
                return true;
            }
        }

        return false;
    }

    private bool MatchesEnd(BsonValue value)
    {
        if (value.Type == BsonType.Array && _predicate.LooksIntoArrays)
        {
            var reader = new BsonReader(value.Bytes);
            while (reader.Next())
            {
                if (_predicate.Matches(reader.Current))
                {
                    return true;
                }
            }
        }

        return _predicate.Matches(value);
    }

    private static int IndexOf(byte[] name) =>
        Utf8Parser.TryParse(name, out int index, out var used) && used == name.Length && index >= 0 ? index : -1;
}
