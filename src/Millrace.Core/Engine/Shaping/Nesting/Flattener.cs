using System.Text.Json;
using Millrace.Core.Batches;
using Millrace.Core.Config;
using Millrace.Core.Schemas;

namespace Millrace.Core.Engine.Shaping.Nesting;

/// <summary>
/// <c>nested: flatten</c>: the fields of nested objects become columns of their own, named with the separator. Arrays, empty objects and
/// what lies deeper than the depth stay JSON, so that nothing is lost.
/// </summary>
internal sealed class Flattener(NestedSettings nested)
{
    /// <summary>The columns that one JSON column becomes; the given one is used up.</summary>
    /// <param name="input">The JSON column.</param>
    /// <param name="table">The target; its columns below this one keep what they hold where a row is unset.</param>
    public List<InputColumn> Flatten(InputColumn input, TableState table)
    {
        var root = new DocumentNode(input.Path, input.Wanted);
        var values = (VarColumn)input.Values;
        List<DocumentNode> all = [root];
        if (values.HasUnset)
        {
            AddStored(root, all, table);
        }

        for (int row = 0; row < values.Count; row++)
        {
            if (!values.IsNull(row))
            {
                ReadOnlySpan<byte> json = values[row];
                Utf8JsonReader reader = JsonText.Open(json);
                Read(ref reader, json, root, 0, row, all);
            }
            else if (values.IsUnset(row))
            {
                foreach (DocumentNode node in all)
                {
                    node.MarkUnset(row);
                }
            }
        }

        List<InputColumn> inputs = [.. all.SelectMany(n => n.Slots.ToInputs(values.Count))];
        input.Dispose();
        return inputs;
    }

    private void AddStored(DocumentNode root, List<DocumentNode> all, TableState table)
    {
        root.Stored = LogicalType.Json;
        foreach ((string path, LogicalType type) in table.ColumnsBelow(root.Path))
        {
            root.Descendant(path, nested.Separator, all).Stored = type;
        }
    }

    private void Read(ref Utf8JsonReader reader, ReadOnlySpan<byte> json, DocumentNode node, int depth, int row, List<DocumentNode> all)
    {
        bool isObject = reader.TokenType == JsonTokenType.StartObject && !JsonText.IsWrapper(reader);
        if (!isObject || depth >= nested.MaxDepth || IsEmpty(reader))
        {
            Write(ref reader, json, node, depth, row);
            return;
        }

        int guess = 0;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            DocumentNode child = node.Child(ref reader, ref guess, nested.Separator, all);
            reader.Read();
            Read(ref reader, json, child, depth + 1, row, all);
        }
    }

    private static void Write(ref Utf8JsonReader reader, ReadOnlySpan<byte> json, DocumentNode node, int depth, int row)
    {
        if (depth == 0 && reader.TokenType != JsonTokenType.StartObject && reader.TokenType != JsonTokenType.Null)
        {
            // A source that gives JSON for a scalar or an array means JSON.
            if (node.Slots.Begin(row))
            {
                ((VarColumn)node.Slots.Slot(LogicalType.Json, null)).AppendAt(row, json);
            }

            return;
        }

        TypedJson.Append(ref reader, json, node.Slots, row);
    }

    private static bool IsEmpty(Utf8JsonReader reader) => reader.Read() && reader.TokenType == JsonTokenType.EndObject;
}
