using System.Collections;
using Millrace.Connectors.MongoDb.Bson;

namespace Millrace.Testing.MongoDb.Values;

/// <summary>An array.</summary>
public sealed class Arr : Node, IEnumerable<Node>
{
    /// <inheritdoc/>
    public override BsonType Type => BsonType.Array;

    /// <summary>The items.</summary>
    public List<Node> Items { get; } = [];

    /// <summary>An array of these.</summary>
    public static Arr Of(IEnumerable<Node> items)
    {
        var array = new Arr();
        array.Items.AddRange(items);
        return array;
    }

    /// <summary>Reads an array of its bytes; leaves refer to them.</summary>
    public static Arr Parse(ReadOnlyMemory<byte> bytes)
    {
        var array = new Arr();
        var reader = new BsonReader(bytes.Span);
        while (reader.Next())
        {
            array.Items.Add(Of(reader.Type, bytes.Slice(reader.ValueOffset, reader.Value.Length)));
        }

        return array;
    }

    /// <summary>Appends an item.</summary>
    public void Add(Node item) => Items.Add(item);

    /// <inheritdoc/>
    public override void Write(BsonWriter writer, ReadOnlySpan<byte> name)
    {
        ArgumentNullException.ThrowIfNull(writer);
        writer.StartArray(name);
        foreach (Node item in Items)
        {
            item.Write(writer, ""u8);
        }

        writer.End();
    }

    /// <inheritdoc/>
    public override Arr Clone() => Of(Items.Select(i => i.Clone()));

    /// <inheritdoc/>
    public IEnumerator<Node> GetEnumerator() => Items.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
