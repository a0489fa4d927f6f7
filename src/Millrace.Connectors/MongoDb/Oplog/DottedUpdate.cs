using System.Buffers.Text;
using Millrace.Connectors.MongoDb.Bson;

namespace Millrace.Connectors.MongoDb.Oplog;

/// <summary>
/// Sets or removes one dotted path. A number on the path is an index where it meets an array, else a field name. Setting makes the
/// documents that are missing on the way and fills an array up with nulls; removing an element of an array leaves null in its place.
/// Where the path meets a value that it cannot enter, nothing changes: a later entry of the log has put that value there.
/// </summary>
internal static class DottedUpdate
{
    /// <summary>The longest array that a set may make; MongoDB's own bound on padding is 1,500,000.</summary>
    private const int MaxArrayLength = 1_600_000;

    /// <summary>Writes the changed document.</summary>
    public static void Apply(ReadOnlySpan<byte> before, ReadOnlySpan<byte> path, bool isSet, BsonValue value, BsonWriter writer)
    {
        writer.StartDocument();
        WriteDocument(before, path, isSet, value, writer, 0);
        writer.End();
    }

    private static void WriteDocument(ReadOnlySpan<byte> before, ReadOnlySpan<byte> path, bool isSet, BsonValue value, BsonWriter writer, int depth)
    {
        CheckDepth(depth);
        ReadOnlySpan<byte> name = Split(path, out ReadOnlySpan<byte> rest);
        bool found = false;
        var reader = new BsonReader(before);
        while (reader.Next())
        {
            if (found || !reader.Name.SequenceEqual(name))
            {
                writer.WriteRaw(reader.Name, reader.Type, reader.Value);
                continue;
            }

            found = true;
            if (!rest.IsEmpty)
            {
                WriteInner(reader.Name, reader.Current, rest, isSet, value, writer, depth);
            }
            else if (isSet)
            {
                writer.WriteValue(name, value);
            }
        }

        if (!found && isSet)
        {
            WriteNew(name, rest, value, writer, depth);
        }
    }

    private static void WriteArray(ReadOnlySpan<byte> before, ReadOnlySpan<byte> path, bool isSet, BsonValue value, BsonWriter writer, int depth)
    {
        CheckDepth(depth);
        ReadOnlySpan<byte> name = Split(path, out ReadOnlySpan<byte> rest);
        bool isIndex = Utf8Parser.TryParse(name, out int index, out int used) && used == name.Length && index >= 0;
        int at = 0;
        var reader = new BsonReader(before);
        for (; reader.Next(); at++)
        {
            if (!isIndex || at != index)
            {
                writer.WriteRaw(default, reader.Type, reader.Value);
            }
            else if (!rest.IsEmpty)
            {
                WriteInner(default, reader.Current, rest, isSet, value, writer, depth);
            }
            else if (isSet)
            {
                writer.WriteValue(default, value);
            }
            else
            {
                writer.WriteNull(default);
            }
        }

        if (isIndex && isSet && index >= at)
        {
            WriteBeyond(at, index, rest, value, writer, depth);
        }
    }

    /// <summary>Writes an element after an array's end, with nulls up to it.</summary>
    private static void WriteBeyond(int at, int index, ReadOnlySpan<byte> rest, BsonValue value, BsonWriter writer, int depth)
    {
        if (index > MaxArrayLength)
        {
            UpdateThrow.Rejected("it sets an element far beyond the end of an array");
        }

        for (; at < index; at++)
        {
            writer.WriteNull(default);
        }

        WriteNew(default, rest, value, writer, depth);
    }

    private static void WriteInner(
        ReadOnlySpan<byte> name, BsonValue inner, ReadOnlySpan<byte> rest, bool isSet, BsonValue value, BsonWriter writer, int depth)
    {
        if (inner.Type == BsonType.Document)
        {
            writer.StartDocument(name);
            WriteDocument(inner.Bytes, rest, isSet, value, writer, depth + 1);
            writer.End();
        }
        else if (inner.Type == BsonType.Array)
        {
            writer.StartArray(name);
            WriteArray(inner.Bytes, rest, isSet, value, writer, depth + 1);
            writer.End();
        }
        else
        {
            writer.WriteValue(name, inner);
        }
    }

    /// <summary>Writes a value with the documents that the rest of its path needs around it.</summary>
    private static void WriteNew(ReadOnlySpan<byte> name, ReadOnlySpan<byte> rest, BsonValue value, BsonWriter writer, int depth)
    {
        int opened = 0;
        while (!rest.IsEmpty)
        {
            CheckDepth(depth + ++opened);
            writer.StartDocument(name);
            name = Split(rest, out rest);
        }

        writer.WriteValue(name, value);
        for (; opened > 0; opened--)
        {
            writer.End();
        }
    }

    private static ReadOnlySpan<byte> Split(ReadOnlySpan<byte> path, out ReadOnlySpan<byte> rest)
    {
        int dot = path.IndexOf((byte)'.');
        rest = dot < 0 ? default : path[(dot + 1)..];
        return dot < 0 ? path : path[..dot];
    }

    private static void CheckDepth(int depth)
    {
        if (depth > BsonLimits.MaxDepth)
        {
            UpdateThrow.Rejected("it is nested too deep");
        }
    }
}
