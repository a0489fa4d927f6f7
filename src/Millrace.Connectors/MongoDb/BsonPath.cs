using System.Text;
using Millrace.Connectors.MongoDb.Bson;

namespace Millrace.Connectors.MongoDb;

/// <summary>A dotted path to one value of a document; it does not go through arrays.</summary>
internal sealed class BsonPath
{
    private readonly byte[][] _parts;

    public BsonPath(string path)
    {
        Text = path;
        _parts = [.. path.Split('.').Select(Encoding.UTF8.GetBytes)];
    }

    /// <summary>The path as it is written.</summary>
    public string Text { get; }

    /// <summary>Finds the value; false where there is none.</summary>
    public bool TryFind(ReadOnlySpan<byte> document, out BsonValue value)
    {
        ReadOnlySpan<byte> inner = document;
        foreach (byte[] part in _parts.AsSpan(0, _parts.Length - 1))
        {
            var outer = new BsonReader(inner);
            if (!outer.Find(part) || outer.Type != BsonType.Document)
            {
                value = default;
                return false;
            }

            inner = outer.Value;
        }

        var reader = new BsonReader(inner);
        bool found = reader.Find(_parts[^1]);
        value = found ? reader.Current : default;
        return found;
    }
}
