using System.Buffers.Text;
using Millrace.Connectors.MongoDb.Bson;

namespace Millrace.Connectors.MongoDb.Oplog;

/// <summary>
/// Applies the <c>diff</c> of a version 2 update. Of a document: <c>d</c> removes fields, <c>u</c> changes them in place, <c>i</c> puts them
/// at the end, <c>sNAME</c> holds the diff of a nested document or array. Of an array (<c>a: true</c>): <c>l</c> is its new length,
/// <c>uINDEX</c> a new element, <c>sINDEX</c> the diff of one.
/// Where a diff expects a document or an array and meets something else, the value becomes null: this entry is applied again over a later
/// state, and an entry that follows sets the value.
/// </summary>
internal static class DocumentDiff
{
    private const int MaxArrayLength = 1_600_000;

    /// <summary>Writes the changed document.</summary>
    public static void Apply(ReadOnlySpan<byte> before, ReadOnlySpan<byte> diff, BsonWriter writer)
    {
        writer.StartDocument();
        WriteDocument(before, diff, writer, 0);
        writer.End();
    }

    private static void WriteDocument(ReadOnlySpan<byte> before, ReadOnlySpan<byte> diff, BsonWriter writer, int depth)
    {
        CheckDepth(depth);
        var fields = new DiffFields(diff);
        try
        {
            var reader = new BsonReader(before);
            while (reader.Next())
            {
                int item = fields.Find(reader.Name);
                if (item < 0)
                {
                    writer.WriteRaw(reader.Name, reader.Type, reader.Value);
                    continue;
                }

                switch (fields.ActionOf(item))
                {
                    case DiffAction.Update:
                        fields.MarkDone(item);
                        writer.WriteValue(reader.Name, fields.ValueOf(item));
                        break;
                    case DiffAction.Inner:
                        fields.MarkDone(item);
                        WriteInner(reader.Name, reader.Current, fields.ValueOf(item).Bytes, writer, depth);
                        break;
                    default:
                        break;
                }
            }

            WriteMissing(in fields, writer);
        }
        finally
        {
            fields.Dispose();
        }
    }

    /// <summary>Puts inserted fields, and updated ones that were not there, at the end.</summary>
    private static void WriteMissing(in DiffFields fields, BsonWriter writer)
    {
        for (int item = 0; item < fields.Count; item++)
        {
            if (fields.ActionOf(item) is DiffAction.Update or DiffAction.Insert && !fields.IsDone(item))
            {
                writer.WriteValue(fields.NameOf(item), fields.ValueOf(item));
            }
        }
    }

    private static void WriteInner(ReadOnlySpan<byte> name, BsonValue before, ReadOnlySpan<byte> diff, BsonWriter writer, int depth)
    {
        bool isArray = IsArrayDiff(diff);
        if (isArray && before.Type == BsonType.Array)
        {
            writer.StartArray(name);
            WriteArray(before.Bytes, diff, writer, depth + 1);
            writer.End();
        }
        else if (!isArray && before.Type == BsonType.Document)
        {
            writer.StartDocument(name);
            WriteDocument(before.Bytes, diff, writer, depth + 1);
            writer.End();
        }
        else
        {
            writer.WriteNull(name);
        }
    }

    private static void WriteArray(ReadOnlySpan<byte> before, ReadOnlySpan<byte> diff, BsonWriter writer, int depth)
    {
        CheckDepth(depth);
        int length = ReadLength(diff);
        int at = 0;
        var changes = new BsonReader(diff);
        bool hasChange = NextChange(ref changes, -1, out int changed);
        var reader = new BsonReader(before);
        for (; (length < 0 || at < length) && reader.Next(); at++)
        {
            if (!hasChange || at != changed)
            {
                writer.WriteRaw(default, reader.Type, reader.Value);
                continue;
            }

            if (changes.Name[0] == (byte)'u')
            {
                writer.WriteValue(default, changes.Current);
            }
            else
            {
                WriteInner(default, reader.Current, changes.Value, writer, depth);
            }

            hasChange = NextChange(ref changes, changed, out changed);
        }

        WriteRest(at, length, changed, hasChange, ref changes, writer);
    }

    /// <summary>Writes what a diff puts after the array's former end: new elements, and nulls where it says nothing.</summary>
    private static void WriteRest(int at, int length, int changed, bool hasChange, ref BsonReader changes, BsonWriter writer)
    {
        for (; hasChange || at < length; at++)
        {
            if (!hasChange || at != changed)
            {
                writer.WriteNull(default);
                continue;
            }

            if (changes.Name[0] == (byte)'u')
            {
                writer.WriteValue(default, changes.Current);
            }
            else
            {
                writer.WriteNull(default);
            }

            hasChange = NextChange(ref changes, changed, out changed);
        }
    }

    private static bool IsArrayDiff(ReadOnlySpan<byte> diff)
    {
        var reader = new BsonReader(diff);
        return reader.Next() && reader.Name.SequenceEqual("a"u8) && reader.Type == BsonType.Boolean && reader.GetBoolean();
    }

    private static int ReadLength(ReadOnlySpan<byte> diff)
    {
        var reader = new BsonReader(diff);
        if (!reader.Find("l"u8) || reader.Type != BsonType.Int32)
        {
            return -1;
        }

        int length = reader.GetInt32();
        if (length is < 0 or > MaxArrayLength)
        {
            UpdateThrow.Rejected("it gives an array an impossible length");
        }

        return length;
    }

    /// <summary>Goes to the next <c>uINDEX</c> or <c>sINDEX</c>; they come in ascending order.</summary>
    private static bool NextChange(ref BsonReader changes, int previous, out int index)
    {
        index = previous;
        while (changes.Next())
        {
            ReadOnlySpan<byte> name = changes.Name;
            if (name.SequenceEqual("a"u8) || name.SequenceEqual("l"u8))
            {
                continue;
            }

            bool isElement = name is [(byte)'u', ..] || (name is [(byte)'s', ..] && changes.Type == BsonType.Document);
            if (!isElement || !Utf8Parser.TryParse(name[1..], out index, out int used) || used != name.Length - 1
                || index <= previous || index > MaxArrayLength)
            {
                UpdateThrow.Rejected($"its array diff has a change '{System.Text.Encoding.UTF8.GetString(name)}', which cannot be there");
            }

            return true;
        }

        return false;
    }

    private static void CheckDepth(int depth)
    {
        if (depth > BsonLimits.MaxDepth)
        {
            UpdateThrow.Rejected("it is nested too deep");
        }
    }
}
