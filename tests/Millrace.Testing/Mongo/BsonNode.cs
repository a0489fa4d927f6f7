using System.Buffers.Binary;
using System.Text;

namespace Millrace.Testing.Mongo;

/// <summary>A BSON value in memory, for tests that make documents up. Written by its own code, so that the product's writer is no part of the proof.</summary>
public abstract class BsonNode
{
    /// <summary>The type byte of bsonspec.org.</summary>
    public abstract byte Type { get; }

    /// <summary>Appends the value's bytes, without type and name.</summary>
    public abstract void Write(MemoryStream output);

    /// <summary>An equal value that shares no changeable part with this one.</summary>
    public abstract BsonNode Clone();

    /// <summary>The value's bytes.</summary>
    public byte[] ToBytes()
    {
        using var output = new MemoryStream();
        Write(output);
        return output.ToArray();
    }

    /// <summary>True where type and bytes are the same.</summary>
    public bool Same(BsonNode other) => Type == other.Type && ToBytes().AsSpan().SequenceEqual(other.ToBytes());

    private protected static void WriteInt32(MemoryStream output, int value)
    {
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, value);
        output.Write(bytes);
    }

    private protected static void WriteFields(MemoryStream output, IEnumerable<(string Name, BsonNode Value)> fields)
    {
        long start = output.Position;
        WriteInt32(output, 0);
        foreach ((string name, BsonNode value) in fields)
        {
            output.WriteByte(value.Type);
            output.Write(Encoding.UTF8.GetBytes(name));
            output.WriteByte(0);
            value.Write(output);
        }

        output.WriteByte(0);
        long end = output.Position;
        output.Position = start;
        WriteInt32(output, (int)(end - start));
        output.Position = end;
    }
}

/// <summary>A document: fields in order.</summary>
public sealed class BsonDoc : BsonNode
{
    /// <summary>The fields.</summary>
    public List<(string Name, BsonNode Value)> Fields { get; } = [];

    /// <inheritdoc/>
    public override byte Type => 0x03;

    /// <summary>The first field of this name, or null.</summary>
    public BsonNode? Find(string name) => Fields.Find(f => f.Name == name).Value;

    /// <summary>Appends a field.</summary>
    public BsonDoc Add(string name, BsonNode value)
    {
        Fields.Add((name, value));
        return this;
    }

    /// <inheritdoc/>
    public override void Write(MemoryStream output) => WriteFields(output, Fields);

    /// <inheritdoc/>
    public override BsonDoc Clone()
    {
        var copy = new BsonDoc();
        copy.Fields.AddRange(Fields.Select(f => (f.Name, f.Value.Clone())));
        return copy;
    }
}

/// <summary>An array.</summary>
public sealed class BsonList : BsonNode
{
    /// <summary>The items.</summary>
    public List<BsonNode> Items { get; } = [];

    /// <inheritdoc/>
    public override byte Type => 0x04;

    /// <summary>An array of these.</summary>
    public static BsonList Of(IEnumerable<BsonNode> items)
    {
        var list = new BsonList();
        list.Items.AddRange(items);
        return list;
    }

    /// <inheritdoc/>
    public override void Write(MemoryStream output) => WriteFields(output, Items.Select((item, i) => (i.ToString(), item)));

    /// <inheritdoc/>
    public override BsonList Clone() => Of(Items.Select(i => i.Clone()));
}
