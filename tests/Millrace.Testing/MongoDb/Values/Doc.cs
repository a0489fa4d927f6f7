using System.Collections;
using System.Text;
using Millrace.Connectors.MongoDb.Bson;

namespace Millrace.Testing.MongoDb.Values;

/// <summary>A document: fields in order.</summary>
public sealed class Doc : Node, IEnumerable<Field>
{
    private readonly List<Field> _fields = [];

    /// <inheritdoc/>
    public override BsonType Type => BsonType.Document;

    /// <summary>The fields in order.</summary>
    public IReadOnlyList<Field> Fields => _fields;

    /// <summary>How many fields there are.</summary>
    public int Count => _fields.Count;

    /// <summary>The first field of a name, or null; set replaces it in its place or appends.</summary>
    public Node? this[string name]
    {
        get
        {
            int at = IndexOf(name);
            return at < 0 ? null : _fields[at].Value;
        }

        set
        {
            ArgumentNullException.ThrowIfNull(value);
            int at = IndexOf(name);
            if (at < 0)
            {
                _fields.Add(new Field(name, value));
            }
            else
            {
                _fields[at] = new Field(name, value);
            }
        }
    }

    /// <summary>Reads a document of its bytes; leaves refer to them.</summary>
    public static Doc Parse(ReadOnlyMemory<byte> bytes)
    {
        var doc = new Doc();
        var reader = new BsonReader(bytes.Span);
        while (reader.Next())
        {
            doc._fields.Add(new Field(Encoding.UTF8.GetString(reader.Name), Of(reader.Type, bytes.Slice(reader.ValueOffset, reader.Value.Length))));
        }

        return doc;
    }

    /// <summary>Where a field stands, or -1.</summary>
    public int IndexOf(string name)
    {
        for (int i = 0; i < _fields.Count; i++)
        {
            if (_fields[i].Name == name)
            {
                return i;
            }
        }

        return -1;
    }

    /// <summary>Appends a field.</summary>
    public void Add(string name, Node value) => _fields.Add(new Field(name, value));

    /// <summary>Appends a field where there is a value.</summary>
    public void AddIf(string name, Node? value)
    {
        if (value is not null)
        {
            Add(name, value);
        }
    }

    /// <summary>Puts a field before all others.</summary>
    public void Prepend(string name, Node value) => _fields.Insert(0, new Field(name, value));

    /// <summary>Takes a field away.</summary>
    public bool Remove(string name)
    {
        int at = IndexOf(name);
        if (at >= 0)
        {
            _fields.RemoveAt(at);
        }

        return at >= 0;
    }

    /// <summary>The document's bytes.</summary>
    public byte[] ToBytes()
    {
        using var buffer = new ByteBuffer(512);
        var writer = new BsonWriter(buffer);
        writer.StartDocument();
        WriteFields(writer, _fields);
        writer.End();
        return buffer.WrittenSpan.ToArray();
    }

    /// <inheritdoc/>
    public override ReadOnlyMemory<byte> ToRaw() => ToBytes();

    /// <inheritdoc/>
    public override void Write(BsonWriter writer, ReadOnlySpan<byte> name)
    {
        ArgumentNullException.ThrowIfNull(writer);
        writer.StartDocument(name);
        WriteFields(writer, _fields);
        writer.End();
    }

    /// <summary>Appends the fields to a document that is open.</summary>
    internal void WriteInto(BsonWriter writer) => WriteFields(writer, _fields);

    /// <inheritdoc/>
    public override Doc Clone()
    {
        var copy = new Doc();
        foreach (Field field in _fields)
        {
            copy._fields.Add(new Field(field.Name, field.Value.Clone()));
        }

        return copy;
    }

    /// <inheritdoc/>
    public IEnumerator<Field> GetEnumerator() => _fields.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
