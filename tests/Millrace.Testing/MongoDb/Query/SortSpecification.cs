using System.Text;
using Millrace.Connectors.MongoDb.Bson;
using Millrace.Testing.MongoDb.Values;

namespace Millrace.Testing.MongoDb.Query;

/// <summary>A sort document, as byte keys: an array sorts by its smallest item, or by its greatest where the order is descending.</summary>
internal sealed class SortSpecification
{
    private readonly (byte[][] Path, bool Descending)[] _fields;

    public SortSpecification(Doc sort)
    {
        _fields = [.. sort.Select(f => (Path(f.Name), f.Value.AsLong() switch
        {
            1 => false,
            -1 => true,
            _ => throw new CommandException(ErrorCode.BadValue, $"$sort key ordering must be 1 (for ascending) or -1 (for descending): {f.Name}"),
        }))];
    }

    public byte[] KeyOf(ReadOnlySpan<byte> document)
    {
        var key = new KeyBuffer();
        foreach ((byte[][] path, bool descending) in _fields)
        {
            byte[]? best = null;
            Collect(document, path, 0, descending, ref best);
            int from = key.Length;
            key.Add(best ?? ValueKey.Null);
            if (descending)
            {
                key.Invert(from);
            }
        }

        return key.Written.ToArray();
    }

    private static byte[][] Path(string name) => [.. name.Split('.').Select(Encoding.UTF8.GetBytes)];

    private static void Collect(ReadOnlySpan<byte> document, byte[][] path, int segment, bool greatest, ref byte[]? best)
    {
        var reader = new BsonReader(document);
        if (!reader.Find(path[segment]))
        {
            return;
        }

        bool isLast = segment == path.Length - 1;
        if (reader.Type == BsonType.Document && !isLast)
        {
            Collect(reader.Value, path, segment + 1, greatest, ref best);
        }
        else if (reader.Type == BsonType.Array)
        {
            var items = new BsonReader(reader.Value);
            while (items.Next())
            {
                if (isLast)
                {
                    Offer(ValueKey.Of(items.Type, items.Value), greatest, ref best);
                }
                else if (items.Type == BsonType.Document)
                {
                    Collect(items.Value, path, segment + 1, greatest, ref best);
                }
            }
        }
        else if (isLast)
        {
            Offer(ValueKey.Of(reader.Type, reader.Value), greatest, ref best);
        }
    }

    private static void Offer(byte[] key, bool greatest, ref byte[]? best)
    {
        if (best is null || (key.AsSpan().SequenceCompareTo(best) > 0) == greatest)
        {
            best = key;
        }
    }
}
