using System.Text;
using Millrace.Connectors.MongoDb.Bson;
using Millrace.Core.Batches;
using Millrace.Core.Schemas;

namespace Millrace.Connectors.MongoDb.Decoding;

/// <summary>One top-level field: its name, its columns in the current batch, and which field came after it last.</summary>
internal sealed class FieldColumns(byte[] name, int index)
{
    /// <summary>Slots there are.</summary>
    public const int SlotCount = (int)ValueSlot.Json + 1;

    private readonly Column?[] _columns = new Column?[SlotCount];
    private readonly string?[] _sourceTypes = new string?[SlotCount];

    /// <summary>The name, UTF-8.</summary>
    public byte[] Name { get; } = name;

    /// <summary>The name.</summary>
    public string Text { get; } = Encoding.UTF8.GetString(name);

    /// <summary>The field's place among the dataset's fields, in the order in which they were first seen.</summary>
    public int Index { get; } = index;

    /// <summary>The field that came after this one in the last document.</summary>
    public FieldColumns? Next { get; set; }

    /// <summary>The document that had the field last, to notice a name that stands twice.</summary>
    public long LastDocument { get; set; } = -1;

    /// <summary>Digits before the point that the batch's decimals need.</summary>
    public int IntegerDigits { get; set; }

    /// <summary>Columns in the current batch.</summary>
    public int ColumnCount { get; private set; }

    /// <summary>The column of a slot, or null where the batch has none.</summary>
    public Column? this[ValueSlot slot] => _columns[(int)slot];

    /// <summary>MongoDB's name for the type of the slot's values.</summary>
    public string? SourceTypeOf(ValueSlot slot) => _sourceTypes[(int)slot];

    /// <summary>The column of a slot, made when it is first needed.</summary>
    public T Column<T>(ValueSlot slot, string sourceType)
        where T : Column
    {
        ref string? known = ref _sourceTypes[(int)slot];
        if (!ReferenceEquals(known, sourceType))
        {
            known = Merge(known, sourceType);
        }

        return (T)(_columns[(int)slot] ?? Create(slot));
    }

    /// <summary>Takes the batch's columns away; the field starts the next batch with none.</summary>
    public void Reset()
    {
        Array.Clear(_columns);
        Array.Clear(_sourceTypes);
        ColumnCount = 0;
        IntegerDigits = 0;
    }

    private Column Create(ValueSlot slot)
    {
        Column column = Core.Batches.Column.Create(TypeOf(slot));
        _columns[(int)slot] = column;
        ColumnCount++;
        return column;
    }

    private static string Merge(string? known, string seen) => (known, seen) switch
    {
        (null, _) => seen,
        ("int", "long") or ("long", "int") => "long",
        _ => known == seen ? known : "mixed",
    };

    private static LogicalType TypeOf(ValueSlot slot) => slot switch
    {
        ValueSlot.Boolean => LogicalType.Boolean,
        ValueSlot.Integer => LogicalType.Int64,
        ValueSlot.Double => LogicalType.Float64,
        ValueSlot.Decimal => LogicalType.Decimal(DecimalColumn.LeastIntegerDigits, 0),
        ValueSlot.Date => LogicalType.TimestampUtc(3),
        ValueSlot.Uuid => LogicalType.Uuid,
        ValueSlot.Bytes => LogicalType.Bytes,
        ValueSlot.Json => LogicalType.Json,
        _ => LogicalType.Text,
    };
}
