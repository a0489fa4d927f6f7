using System.Text;
using Millrace.Connectors.MongoDb.Bson;

namespace Millrace.Testing.MongoDb.Values;

/// <summary>A BSON value in memory: what commands, updates and pipelines work on. Stored documents stay bytes.</summary>
public abstract class Node
{
    /// <summary>The type byte.</summary>
    public abstract BsonType Type { get; }

    /// <summary>Appends the value under a name; inside of an array the writer numbers values itself.</summary>
    public abstract void Write(BsonWriter writer, ReadOnlySpan<byte> name);

    /// <summary>A copy that shares no changeable part.</summary>
    public abstract Node Clone();

    /// <summary>The value's bytes, without type and name.</summary>
    public virtual ReadOnlyMemory<byte> ToRaw()
    {
        using var buffer = new ByteBuffer();
        var writer = new BsonWriter(buffer);
        writer.StartDocument();
        Write(writer, ""u8);
        writer.End();
        return buffer.WrittenSpan[6..^1].ToArray();
    }

    /// <summary>True where type and bytes are the same; 1 and 1.0 are not.</summary>
    public bool Same(Node other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return Type == other.Type && ToRaw().Span.SequenceEqual(other.ToRaw().Span);
    }

    /// <summary>A string.</summary>
    public static implicit operator Node(string value) => Leaf.String(value);

    /// <summary>An int32.</summary>
    public static implicit operator Node(int value) => Leaf.Int32(value);

    /// <summary>An int64.</summary>
    public static implicit operator Node(long value) => Leaf.Int64(value);

    /// <summary>A double.</summary>
    public static implicit operator Node(double value) => Leaf.Double(value);

    /// <summary>A boolean.</summary>
    public static implicit operator Node(bool value) => Leaf.Boolean(value);

    /// <summary>Makes a node of a value that a reader stands on.</summary>
    internal static Node Of(BsonType type, ReadOnlyMemory<byte> raw) => type switch
    {
        BsonType.Document => Doc.Parse(raw),
        BsonType.Array => Arr.Parse(raw),
        _ => new Leaf(type, raw),
    };

    private protected static void WriteFields(BsonWriter writer, IReadOnlyList<Field> fields)
    {
        Span<byte> small = stackalloc byte[256];
        foreach (Field field in fields)
        {
            int most = Encoding.UTF8.GetMaxByteCount(field.Name.Length);
            Span<byte> name = most <= small.Length ? small : new byte[most];
            field.Value.Write(writer, name[..Encoding.UTF8.GetBytes(field.Name, name)]);
        }
    }
}
