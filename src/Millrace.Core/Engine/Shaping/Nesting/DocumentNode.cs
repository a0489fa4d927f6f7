using System.Text.Json;
using Millrace.Core.Schemas;

namespace Millrace.Core.Engine.Shaping.Nesting;

/// <summary>A place in the documents and its columns; the fields below it are found by their bytes, so that a known field costs no string.</summary>
internal sealed class DocumentNode(string path, string wanted)
{
    private readonly List<(byte[] Name, DocumentNode Node)> _children = [];

    public string Path { get; } = path;

    public string Wanted { get; } = wanted;

    public SlotSet Slots { get; } = new(path, wanted);

    /// <summary>The type that the target's column has, where rows may be unset.</summary>
    public LogicalType? Stored { get; set; }

    public void MarkUnset(int row)
    {
        if (Stored is { } type)
        {
            Slots.AddUnset(row, type);
        }
    }

    /// <summary>The node of a path below this one; made where it is missing.</summary>
    public DocumentNode Descendant(string path, string separator, List<DocumentNode> all)
    {
        DocumentNode node = this;
        foreach (string part in SourcePath.Split(path[(Path.Length + 1)..]))
        {
            byte[] name = JsonText.Utf8(part);
            node = node._children.Find(c => c.Name.AsSpan().SequenceEqual(name)).Node ?? node.Add(part, separator, all);
        }

        return node;
    }

    /// <summary>The child for the name that the reader stands on. Documents repeat their order, so the guess is nearly always right.</summary>
    public DocumentNode Child(ref Utf8JsonReader reader, ref int guess, string separator, List<DocumentNode> all)
    {
        for (int i = 0; i < _children.Count; i++)
        {
            int at = (guess + i) % _children.Count;
            if (reader.ValueTextEquals(_children[at].Name))
            {
                guess = at + 1;
                return _children[at].Node;
            }
        }

        guess = _children.Count + 1;
        return Add(reader.GetString()!, separator, all);
    }

    private DocumentNode Add(string name, string separator, List<DocumentNode> all)
    {
        string child = Wanted.Length == 0 ? name : Wanted + separator + name;
        var added = new DocumentNode(SourcePath.Append(Path, name), child);
        _children.Add((JsonText.Utf8(name), added));
        all.Add(added);
        return added;
    }
}
