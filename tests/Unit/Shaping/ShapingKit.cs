using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using Millrace.Core.Batches;
using Millrace.Core.Config;
using Millrace.Core.Contracts;
using Millrace.Core.Engine.Shaping;
using Millrace.Core.Schemas;

namespace Millrace.UnitTests.Shaping;

/// <summary>A row of a test: fields in document order; a value is a CLR value, or null.</summary>
internal sealed record TestRow(ChangeKind Change, params (string Name, object? Value)[] Fields)
{
    public static TestRow Insert(params (string Name, object? Value)[] fields) => new(ChangeKind.Insert, fields);

    public static TestRow Delete(params (string Name, object? Value)[] fields) => new(ChangeKind.Delete, fields);
}

/// <summary>JSON in a test row.</summary>
internal sealed record JsonValue(string Text);

/// <summary>An ObjectId in a test row: text with its source type.</summary>
internal sealed record ObjectIdValue(string Hex);

/// <summary>A naive timestamp in a test row.</summary>
internal sealed record NaiveTime(DateTime Value);

/// <summary>A decimal with its scale in a test row.</summary>
internal sealed record ScaledValue(Int128 Value, int Scale);

/// <summary>The mark of a field that the change says nothing of.</summary>
internal sealed record UnsetValue(LogicalType Type);

/// <summary>Builds batches the way a schemaless source does: a column for each name and type, in order of arrival.</summary>
internal static class BatchMaker
{
    public static RecordBatch Make(IEnumerable<TestRow> rows, params string[] key) => Make([.. rows], key, null);

    public static RecordBatch Make(TestRow[] rows, string[] key, Position? position)
    {
        List<(string Name, string? SourceType, Column Values)> columns = [];
        for (int row = 0; row < rows.Length; row++)
        {
            foreach ((string name, object? value) in rows[row].Fields)
            {
                if (value is not null)
                {
                    Append(columns, name, value, row);
                }
            }
        }

        foreach ((_, _, Column values) in columns)
        {
            values.PadTo(rows.Length);
        }

        var positions = (VarColumn)Column.Create(LogicalType.Text);
        for (int row = 0; row < rows.Length; row++)
        {
            positions.Append(Encoding.UTF8.GetBytes($"test/{row:D6}"));
        }

        ImmutableArray<ColumnSchema> schema = [.. columns.Select(c => new ColumnSchema(c.Name, c.Values.Type, true, null, c.SourceType))];
        return new RecordBatch(new(new("", "orders"), schema, [.. key]), [.. columns.Select(c => c.Values)], rows.Length)
        {
            Partition = "p",
            Changes = rows.Any(r => r.Change != ChangeKind.Insert) ? rows.Select(r => r.Change).ToArray() : default,
            RowPositions = positions,
            Position = position,
            SourceBytes = rows.Length * 10,
        };
    }

    private static void Append(List<(string Name, string? SourceType, Column Values)> columns, string name, object value, int row)
    {
        (LogicalType type, string? sourceType) = TypeOf(value);
        if (value is ScaledValue scaled && columns.Find(c => c.Name == name && Room(c.Values, scaled)).Values is Column<Int128> known)
        {
            Widen(known, scaled);
            known.AppendAt(row, scaled.Value * Power(known.Type.Scale - scaled.Scale));
            return;
        }

        Column? column = value is ScaledValue ? null : columns.Find(c => c.Name == name && c.Values.Type == type && c.SourceType == sourceType).Values;
        if (column is null)
        {
            column = Column.Create(type);
            columns.Add((name, sourceType, column));
        }

        AppendValue(column, row, value);
    }

    private static (LogicalType Type, string? SourceType) TypeOf(object value) => value switch
    {
        bool => (LogicalType.Boolean, null),
        short => (LogicalType.Int16, null),
        int => (LogicalType.Int32, "int"),
        long => (LogicalType.Int64, "long"),
        float => (LogicalType.Float32, null),
        double => (LogicalType.Float64, "double"),
        string => (LogicalType.Text, "string"),
        ObjectIdValue => (LogicalType.Text, "objectId"),
        JsonValue => (LogicalType.Json, null),
        byte[] => (LogicalType.Bytes, null),
        Guid => (LogicalType.Uuid, "uuid"),
        DateOnly => (LogicalType.Date, null),
        NaiveTime => (LogicalType.TimestampNaive(3), null),
        DateTimeOffset => (LogicalType.TimestampUtc(3), null),
        ScaledValue v => (LogicalType.Decimal(Math.Max(Digits(v.Value), Math.Max(v.Scale, 1)), v.Scale), null),
        UnsetValue v => (v.Type, null),
        _ => throw new ArgumentException(value.GetType().Name, nameof(value)),
    };

    private static void AppendValue(Column column, int row, object value)
    {
        switch (value)
        {
            case bool v: ((Column<bool>)column).AppendAt(row, v); break;
            case short v: ((Column<short>)column).AppendAt(row, v); break;
            case int v: ((Column<int>)column).AppendAt(row, v); break;
            case long v: ((Column<long>)column).AppendAt(row, v); break;
            case float v: ((Column<float>)column).AppendAt(row, v); break;
            case double v: ((Column<double>)column).AppendAt(row, v); break;
            case string v: ((VarColumn)column).AppendAt(row, Encoding.UTF8.GetBytes(v)); break;
            case ObjectIdValue v: ((VarColumn)column).AppendAt(row, Encoding.UTF8.GetBytes(v.Hex)); break;
            case JsonValue v: ((VarColumn)column).AppendAt(row, Encoding.UTF8.GetBytes(v.Text)); break;
            case byte[] v: ((VarColumn)column).AppendAt(row, v); break;
            case Guid v: ((Column<Guid>)column).AppendAt(row, v); break;
            case DateOnly v: ((Column<int>)column).AppendAt(row, v.DayNumber - new DateOnly(1970, 1, 1).DayNumber); break;
            case NaiveTime v: ((Column<long>)column).AppendAt(row, v.Value.Ticks - DateTime.UnixEpoch.Ticks); break;
            case DateTimeOffset v: ((Column<long>)column).AppendAt(row, v.UtcTicks - DateTime.UnixEpoch.Ticks); break;
            case ScaledValue v: ((Column<Int128>)column).AppendAt(row, v.Value); break;
            case UnsetValue:
                column.PadTo(row);
                column.AppendUnset();
                break;
        }
    }

    private static bool Room(Column column, ScaledValue value) =>
        column is Column<Int128> && Math.Max(column.Type.Precision - column.Type.Scale, Digits(value.Value) - value.Scale) + Math.Max(column.Type.Scale, value.Scale) <= 38;

    private static void Widen(Column<Int128> column, ScaledValue value)
    {
        int scale = Math.Max(column.Type.Scale, value.Scale);
        int whole = Math.Max(column.Type.Precision - column.Type.Scale, Math.Max(Digits(value.Value) - value.Scale, 0));
        for (int i = 0; i < column.Count; i++)
        {
            column.Values[i] = column.IsNull(i) ? 0 : column.Values[i] * Power(scale - column.Type.Scale);
        }

        column.Retype(LogicalType.Decimal(Math.Max(whole + scale, 1), scale));
    }

    private static int Digits(Int128 value) => (value < 0 ? -value : value).ToString(CultureInfo.InvariantCulture).Length;

    private static Int128 Power(int exponent)
    {
        Int128 power = 1;
        for (int i = 0; i < exponent; i++)
        {
            power *= 10;
        }

        return power;
    }
}

/// <summary>Makes tasks and shapers for tests.</summary>
internal static class ShapingKit
{
    public static readonly TableId Target = new("raw", "orders");

    public static TaskDefinition Task(WriteDisposition disposition = WriteDisposition.Merge, params ColumnMapping[] columns) => new(
        "job/orders", "job", "orders", new("shop", new(["orders"], []), ReplicationMethod.ChangeCapture), new("warehouse", "raw.orders", disposition))
    {
        Columns = [.. columns],
    };

    public static ValueTask<TableShaper> ShaperAsync(
        TaskDefinition task, MemoryTables tables, NamingRule? naming = null, Func<LogicalType, LogicalType?>? fit = null, TableSchema? sample = null,
        Func<TableId, bool>? tryClaim = null) =>
        TableShaper.CreateAsync(new(task, Target, naming ?? new(63, false), fit ?? (t => t), id => ValueTask.FromResult(tables.Describe(id)))
        {
            ChildTables = [.. tables.Ids.Where(t => t != Target)],
            Sample = sample,
            TryClaim = tryClaim,
        });

    /// <summary>Shapes rows in the given batch sizes; where <paramref name="newRuns"/> says so, each batch with a shaper of its own.</summary>
    public static async Task<MemoryTables> LoadAsync(
        TaskDefinition task, IReadOnlyList<TestRow> rows, IEnumerable<int> sizes, bool newRuns = false, NamingRule? naming = null, string[]? key = null,
        TableSchema? sample = null)
    {
        var tables = new MemoryTables(naming?.IgnoresCase ?? false);
        TableShaper shaper = await ShaperAsync(task, tables, naming, sample: sample);
        int at = 0;
        foreach (int size in sizes)
        {
            if (newRuns)
            {
                shaper = await ShaperAsync(task, tables, naming, sample: sample);
            }

            TestRow[] part = [.. rows.Skip(at).Take(size)];
            at += size;
            if (part.Length > 0)
            {
                tables.Apply(await shaper.ShapeAsync(BatchMaker.Make(part, key ?? ["_id"], new Position($"test/{at}"))));
            }
        }

        return tables;
    }
}
