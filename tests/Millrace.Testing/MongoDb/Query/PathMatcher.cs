using System.Buffers.Text;
using System.Text;
using Millrace.Connectors.MongoDb.Bson;

namespace Millrace.Testing.MongoDb.Query;

/// <summary>A predicate on what stands at a dotted path, with MongoDB's way through arrays: any item may match.</summary>
internal sealed class PathMatcher(string path, ValuePredicate predicate) : Matcher
{
    private readonly byte[][] _segments = [.. path.Split('.').Select(Encoding.UTF8.GetBytes)];

    public override bool Matches(ReadOnlySpan<byte> document) => MatchesIn(document, 0);

    private bool MatchesIn(ReadOnlySpan<byte> document, int segment)
    {
        var reader = new BsonReader(document);
        if (!reader.Find(_segments[segment]))
        {
            return predicate.MatchesMissing;
        }

        if (segment == _segments.Length - 1)
        {
            return MatchesValue(reader.Type, reader.Value);
        }

        return reader.Type switch
        {
            BsonType.Document => MatchesIn(reader.Value, segment + 1),
            BsonType.Array => MatchesItems(reader.Value, segment + 1),
            _ => predicate.MatchesMissing,
        };
    }

    private bool MatchesItems(ReadOnlySpan<byte> array, int segment)
    {
        if (Utf8Parser.TryParse(_segments[segment], out uint _, out int digits) && digits == _segments[segment].Length && MatchesAt(array, segment))
        {
            return true;
        }

        var reader = new BsonReader(array);
        while (reader.Next())
        {
            if (reader.Type == BsonType.Document && MatchesIn(reader.Value, segment))
            {
                return true;
            }
        }

        return false;
    }

    private bool MatchesAt(ReadOnlySpan<byte> array, int segment)
    {
        var reader = new BsonReader(array);
        if (!reader.Find(_segments[segment]))
        {
            return false;
        }

        if (segment == _segments.Length - 1)
        {
            // An item that is named by its position is taken as it is: an array in it is not looked into.
            return predicate.Matches(reader.Type, reader.Value);
        }

        return reader.Type switch
        {
            BsonType.Document => MatchesIn(reader.Value, segment + 1),
            BsonType.Array => MatchesItems(reader.Value, segment + 1),
            _ => predicate.MatchesMissing,
        };
    }

    private bool MatchesValue(BsonType type, ReadOnlySpan<byte> value)
    {
        if (predicate.Matches(type, value))
        {
            return true;
        }

        if (type != BsonType.Array || !predicate.LooksIntoArrays)
        {
            return false;
        }

        var reader = new BsonReader(value);
        while (reader.Next())
        {
            if (predicate.Matches(reader.Type, reader.Value))
            {
                return true;
            }
        }

        return false;
    }
}
