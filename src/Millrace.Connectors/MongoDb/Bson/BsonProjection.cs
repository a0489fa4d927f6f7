using System.Text;

using Millrace.Core.Errors;

namespace Millrace.Connectors.MongoDb.Bson;

/// <summary>
/// Which fields of a document are kept, by dotted paths; copies raw elements and keeps their order. Made once, used for every
/// document; thread-safe.
/// </summary>
/// <remarks>
/// As in a server's projection, a path goes through the documents of an array, nested arrays too. When fields are included, what a
/// path cannot enter is left out: with <c>a.b</c>, a number in place of <c>a</c>. When they are excluded, it stays.
/// </remarks>
public sealed class BsonProjection
{
    private const string Id = "_id";

    private readonly bool _include;
    private readonly Branch _root;

    private BsonProjection(bool include, Branch root)
    {
        _include = include;
        _root = root;
    }

    /// <summary>Keeps these fields and, always, <c>_id</c>.</summary>
    /// <param name="paths">Dotted paths.</param>
    /// <exception cref="MillraceException">MR1106 when a path is empty, or is part of another.</exception>
    public static BsonProjection Include(IEnumerable<string> paths)
    {
        ArgumentNullException.ThrowIfNull(paths);
        var all = paths.ToList();
        if (!all.Exists(path => path == Id || path.StartsWith(Id + ".", StringComparison.Ordinal)))
        {
            all.Add(Id);
        }

        return new BsonProjection(include: true, Build(all));
    }

    /// <summary>Keeps everything but these fields.</summary>
    /// <param name="paths">Dotted paths.</param>
    /// <exception cref="MillraceException">MR1106 when a path is empty, or is part of another.</exception>
    public static BsonProjection Exclude(IEnumerable<string> paths)
    {
        ArgumentNullException.ThrowIfNull(paths);
        return new BsonProjection(include: false, Build([.. paths]));
    }

    /// <summary>Writes what is kept of <paramref name="document"/> as a document of its own.</summary>
    /// <param name="document">Exactly one document; untrusted.</param>
    /// <param name="writer">No document may be open in it. After an error it has none open either, and nothing was written.</param>
    /// <exception cref="MillraceException">MR1101 when the document is not valid BSON.</exception>
    public void Apply(ReadOnlySpan<byte> document, BsonWriter writer)
    {
        ArgumentNullException.ThrowIfNull(writer);
        var complete = false;
        writer.StartDocument();
        try
        {
            WriteDocument(document, _root, writer);
            writer.End();
            complete = true;
        }
        finally
        {
            if (!complete)
            {
                writer.Abandon();
            }
        }
    }

    private void WriteDocument(ReadOnlySpan<byte> document, Branch branch, BsonWriter writer)
    {
        var reader = new BsonReader(document);
        while (reader.Next())
        {
            var child = branch.Find(reader.Name);
            if (child is null || child.IsLeaf)
            {
                // In an inclusion only what is named stays, in an exclusion only what is not.
                if (child is not null == _include)
                {
                    writer.WriteValue(reader.Name, reader.Current);
                }

                continue;
            }

            WriteInside(reader.Name, reader.Current, child, writer);
        }
    }

    /// <summary>Writes a value that paths lead into.</summary>
    private void WriteInside(ReadOnlySpan<byte> name, BsonValue value, Branch branch, BsonWriter writer)
    {
        if (writer.Depth > BsonLimits.MaxDepth)
        {
            BsonThrow.TooDeep();
        }

        switch (value.Type)
        {
            case BsonType.Document:
                writer.StartDocument(name);
                WriteDocument(value.Bytes, branch, writer);
                writer.End();
                break;
            case BsonType.Array:
                writer.StartArray(name);
                var reader = new BsonReader(value.Bytes);
                while (reader.Next())
                {
                    WriteInside(default, reader.Current, branch, writer);
                }

                writer.End();
                break;
            default:
                if (!_include)
                {
                    writer.WriteValue(name, value);
                }

                break;
        }
    }

    private static Branch Build(List<string> paths)
    {
        var root = new Branch([]);
        foreach (var path in paths.Distinct(StringComparer.Ordinal))
        {
            root.Add(path);
        }

        return root;
    }

    /// <summary>A name on a path and what may follow it. Few children: a scan beats a hash.</summary>
    private sealed class Branch(byte[] name)
    {
        private readonly byte[] _name = name;
        private Branch[] _children = [];

        public bool IsLeaf => _children.Length == 0;

        public Branch? Find(ReadOnlySpan<byte> name)
        {
            foreach (var child in _children)
            {
                if (name.SequenceEqual(child._name))
                {
                    return child;
                }
            }

            return null;
        }

        public void Add(string path)
        {
            var at = this;
            var created = false;
            foreach (var part in path.Split('.'))
            {
                var bytes = Encoding.UTF8.GetBytes(part);
                var next = at.Find(bytes);
                var throughLeaf = next is not null && next.IsLeaf;
                if (bytes.Length == 0 || throughLeaf)
                {
                    Refuse(path);
                }

                created = next is null;
                next ??= new Branch(bytes);
                if (created)
                {
                    at._children = [.. at._children, next];
                }

                at = next;
            }

            if (!created)
            {
                Refuse(path);
            }
        }

        private static void Refuse(string path) =>
            BsonThrow.BadProjection(
                $"The field '{path}' is empty, or one field of the list is part of another.",
                "Name each field once, and either a field or parts of it.");
    }
}
