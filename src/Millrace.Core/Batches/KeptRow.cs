using System.Buffers;
using System.Text;
using System.Text.Json;

namespace Millrace.Core.Batches;

/// <summary>
/// A row as quarantine keeps it: one JSON object of its values by name. What the row said of its key stands before them: nothing for an insert,
/// else <see cref="ChangeName"/>, and for an update that says nothing of some columns their names under <see cref="UnsetName"/>; such a row
/// holds its nulls too, because what it leaves out and what it empties differ. A value of a field that is named like a mark comes after the mark.
/// </summary>
public sealed class KeptRow
{
    /// <summary>The first property of a row that is no plain insert: insert, update, partial_update or delete.</summary>
    public const string ChangeName = "_millrace_change";

    /// <summary>The second property of a partial update: the columns that keep what is there.</summary>
    public const string UnsetName = "_millrace_unset";

    private const string PartialUpdate = "partial_update";

    private KeptRow(ChangeKind change, bool isPartial, IReadOnlyList<JsonProperty> values)
    {
        Change = change;
        IsPartial = isPartial;
        Values = values;
    }

    /// <summary>What the row says happened to its key.</summary>
    internal ChangeKind Change { get; }

    /// <summary>True for an update that leaves alone every column that it does not hold.</summary>
    internal bool IsPartial { get; }

    /// <summary>The values; nulls only where the row is partial.</summary>
    internal IReadOnlyList<JsonProperty> Values { get; }

    /// <summary>One row of a batch.</summary>
    public static string Of(RecordBatch batch, int row)
    {
        ArgumentNullException.ThrowIfNull(batch);
        return Of(batch.ChangeOf(row), [.. batch.Columns.Select((c, i) => (batch.Schema.Columns[i].Name, c))], row);
    }

    /// <summary>One row of some columns; several columns of one name hold the types of one field.</summary>
    internal static string Of(ChangeKind change, IReadOnlyList<(string Name, Column Values)> columns, int row)
    {
        (string Name, Column Values)[] held = [.. columns.Where(c => !c.Values.IsNull(row))];
        HashSet<string> named = [.. held.Select(c => c.Name)];
        string[] unset = change == ChangeKind.Update
            ? [.. columns.Where(c => c.Values.IsUnset(row) && !named.Contains(c.Name)).Select(c => c.Name).Distinct()]
            : [];
        var buffer = new ArrayBufferWriter<byte>();
        using (Utf8JsonWriter writer = RowJson.CreateWriter(buffer))
        {
            writer.WriteStartObject();
            WriteMarks(writer, change, unset, mustMark: named.Contains(ChangeName));
            foreach ((string name, Column values) in held)
            {
                writer.WritePropertyName(name);
                RowJson.WriteValue(writer, values, row);
            }

            if (unset.Length > 0)
            {
                foreach (string name in columns.Select(c => c.Name).Where(n => !named.Contains(n)).Distinct().Except(unset))
                {
                    writer.WriteNull(name);
                }
            }

            writer.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    /// <summary>Reads a kept row; one without marks is an insert, as are those that were kept before there were marks.</summary>
    internal static KeptRow Read(JsonElement kept)
    {
        List<JsonProperty> values = [.. kept.EnumerateObject()];
        string mark = values is [{ Name: ChangeName, Value.ValueKind: JsonValueKind.String } first, ..] ? first.Value.GetString()! : "";
        (ChangeKind Change, int Marks)? read = mark switch
        {
            "insert" => (ChangeKind.Insert, 1),
            "update" => (ChangeKind.Update, 1),
            PartialUpdate => (ChangeKind.Update, 2),
            "delete" => (ChangeKind.Delete, 1),
            _ => null,
        };
        bool isPartial = mark == PartialUpdate;
        return new(
            read?.Change ?? ChangeKind.Insert,
            isPartial,
            [.. values.Skip(read?.Marks ?? 0).Where(p => isPartial || p.Value.ValueKind != JsonValueKind.Null)]);
    }

    private static void WriteMarks(Utf8JsonWriter writer, ChangeKind change, string[] unset, bool mustMark)
    {
        if (unset.Length > 0)
        {
            writer.WriteString(ChangeName, PartialUpdate);
            writer.WriteStartArray(UnsetName);
            foreach (string name in unset)
            {
                writer.WriteStringValue(name);
            }

            writer.WriteEndArray();
        }
        else if (change != ChangeKind.Insert || mustMark)
        {
            writer.WriteString(ChangeName, change switch
            {
                ChangeKind.Update => "update",
                ChangeKind.Delete => "delete",
                _ => "insert",
            });
        }
    }
}
