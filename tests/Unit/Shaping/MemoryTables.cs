using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Millrace.Core.Batches;
using Millrace.Core.Contracts;
using Millrace.Core.Engine.Shaping;
using Millrace.Core.Schemas;

namespace Millrace.UnitTests.Shaping;

/// <summary>A destination in memory that applies shaped steps, and checks on the way what every destination relies on.</summary>
internal sealed class MemoryTables(bool ignoresCase = false)
{
    private readonly Dictionary<TableId, MemoryTable> _tables = [];

    public List<RejectedRow> Rejected { get; } = [];

    public long DiscardedRows { get; private set; }

    public long DiscardedValues { get; private set; }

    public IEnumerable<TableId> Ids => _tables.Keys;

    public MemoryTable this[string name] => _tables[new("raw", name)];

    public bool Has(string name) => _tables.ContainsKey(new("raw", name));

    public TargetTable? Describe(TableId id) => _tables.TryGetValue(id, out MemoryTable? table)
        ? new(table.Write.Schema, table.Rows.Count == 0, true, table.WideIntegers())
        : null;

    public void Apply(ShapedBatch shaped)
    {
        Rejected.AddRange(shaped.Rejected);
        DiscardedRows += shaped.DiscardedRows;
        DiscardedValues += shaped.DiscardedValues;
        foreach (ShapedStep step in shaped.Steps)
        {
            Apply(step);
        }
    }

    /// <summary>Schema and rows of every table, in one comparable text. Columns stand by name: flattened columns that one row brings have no order.</summary>
    public string Dump()
    {
        var text = new StringBuilder();
        foreach ((TableId id, MemoryTable table) in _tables.OrderBy(t => t.Key.Name, StringComparer.Ordinal))
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"{id} key {string.Join(",", table.Write.Schema.Key)}");
            foreach (ColumnSchema column in table.Write.Schema.Columns.OrderBy(c => c.Name, StringComparer.Ordinal))
            {
                text.AppendLine(CultureInfo.InvariantCulture, $"  {column.Name} {column.Type} from {column.Source}");
            }

            foreach (SortedDictionary<string, string> row in table.NormalRows())
            {
                text.AppendLine("  | " + string.Join(", ", row.Select(c => $"{c.Key}={c.Value}")));
            }
        }

        return text.ToString();
    }

    private void Apply(ShapedStep step)
    {
        TableId id = step.Table.Schema.Table;
        if (!_tables.TryGetValue(id, out MemoryTable? table))
        {
            step.Changed.ShouldBeTrue("a table that does not exist must be announced");
            _tables.Add(id, table = new MemoryTable(step.Table));
        }

        if (!step.Changed)
        {
            step.Table.Schema.Columns.ShouldBe(table.Write.Schema.Columns, "a change must be announced");
            step.Table.Schema.Key.ShouldBe(table.Write.Schema.Key, "a new key must be announced");
        }

        StringComparer names = ignoresCase ? StringComparer.OrdinalIgnoreCase : StringComparer.Ordinal;
        step.Table.Schema.Columns.Select(c => c.Name).Distinct(names).Count().ShouldBe(step.Table.Schema.Columns.Length, "names are unique");
        table.Evolve(step.Table);
        if (step.Rows is { } rows)
        {
            table.Put(rows);
            rows.Dispose();
        }
    }
}

/// <summary>One table in memory; a value is its canonical text.</summary>
internal sealed class MemoryTable(TableWrite write)
{
    public TableWrite Write { get; private set; } = write;

    public List<Dictionary<string, string>> Rows { get; } = [];

    public IEnumerable<string> Columns => Write.Schema.Columns.Select(c => c.Name);

    public ColumnSchema Column(string name) => Write.Schema.Columns.Single(c => c.Name == name);

    public string? Value(int row, string column) => Rows[row].GetValueOrDefault(column);

    public void Evolve(TableWrite next)
    {
        foreach (ColumnSchema column in Write.Schema.Columns)
        {
            ColumnSchema after = next.Schema.Columns.Single(c => c.Name == column.Name);
            JoinResult joined = TypeLattice.Join(column.Type, after.Type);
            joined.Kind.ShouldNotBe(JoinKind.Variant, $"{column.Name} {column.Type} to {after.Type}");
            joined.Type.ShouldBe(after.Type);
        }

        if (next.RekeyFrom is { } plain && !Write.Schema.Key.SequenceEqual(next.Schema.Key))
        {
            string tag = CanonicalKey.TagOf(Column(plain).SourceType)!;
            foreach (Dictionary<string, string> row in Rows)
            {
                row[SystemColumns.Key] = tag + ":" + row[plain];
            }
        }

        Write = next;
    }

    public void Put(RecordBatch batch)
    {
        if (batch.Control == TableControl.DeleteAll)
        {
            Rows.Clear();
        }

        for (int i = 0; i < batch.Columns.Length; i++)
        {
            batch.Columns[i].Type.ShouldBe(batch.Schema.Columns[i].Type);
            batch.Columns[i].Count.ShouldBe(batch.RowCount);
            Write.Schema.Columns.ShouldContain(batch.Schema.Columns[i]);
        }

        for (int row = 0; row < batch.RowCount; row++)
        {
            WriteRow(batch, row);
        }
    }

    public ImmutableArray<string> WideIntegers() =>
        [.. Write.Schema.Columns.Where(c => c.Type.Kind == TypeKind.Int64 && Rows.Any(r => r.TryGetValue(c.Name, out string? v) && TypeLattice.IsWide(long.Parse(v, CultureInfo.InvariantCulture)))).Select(c => c.Name)];

    public IEnumerable<SortedDictionary<string, string>> NormalRows() => Rows
        .Select(r => new SortedDictionary<string, string>(r.ToDictionary(c => c.Key, c => Normal(c.Value, Column(c.Key).Type)), StringComparer.Ordinal))
        .OrderBy(r => string.Join("|", r.Select(c => c.Key + "=" + c.Value)), StringComparer.Ordinal);

    private void WriteRow(RecordBatch batch, int row)
    {
        bool isMerge = Write.Disposition == WriteDisposition.Merge;
        ImmutableArray<string> match = isMerge ? Write.ParentKey.IsEmpty || batch.ChangeOf(row) != ChangeKind.Delete ? Write.Schema.Key : Write.ParentKey : [];
        Dictionary<string, string> values = [];
        HashSet<string> unset = [];
        for (int i = 0; i < batch.Columns.Length; i++)
        {
            string name = batch.Schema.Columns[i].Name;
            if (batch.Columns[i].IsUnset(row))
            {
                unset.Add(name);
            }
            else if (!batch.Columns[i].IsNull(row))
            {
                values.Add(name, ValueText.Of(batch.Columns[i], row));
            }
        }

        List<Dictionary<string, string>> met = isMerge ? Rows.FindAll(r => match.All(k => Same(r.GetValueOrDefault(k), values.GetValueOrDefault(k), Column(k).Type))) : [];
        if (isMerge)
        {
            match.ShouldAllBe(k => values.ContainsKey(k), "a merged row needs its whole key");
        }

        Rows.RemoveAll(met.Contains);
        if (batch.ChangeOf(row) == ChangeKind.Delete)
        {
            return;
        }

        foreach (string name in unset)
        {
            if (met.Count > 0 && met[0].TryGetValue(name, out string? kept))
            {
                values.Add(name, kept);
            }
        }

        Rows.Add(values);
    }

    private static bool Same(string? a, string? b, LogicalType type) => a is not null && b is not null && Normal(a, type) == Normal(b, type);

    private static string Normal(string value, LogicalType type) => type.Kind switch
    {
        TypeKind.Float32 or TypeKind.Float64 => double.Parse(value, CultureInfo.InvariantCulture).ToString("R", CultureInfo.InvariantCulture),
        TypeKind.Decimal when value.Contains('.', StringComparison.Ordinal) => value.TrimEnd('0').TrimEnd('.'),
        TypeKind.Timestamp => NormalTime(value),
        TypeKind.Json => JsonNode.Parse(value)!.ToJsonString(),
        _ => value,
    };

    private static string NormalTime(string value)
    {
        string text = value.TrimEnd('Z');
        return text.Contains('T', StringComparison.Ordinal) ? text.Contains('.', StringComparison.Ordinal) ? text.TrimEnd('0').TrimEnd('.') : text : text + "T00:00:00";
    }
}
