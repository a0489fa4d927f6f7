using System.Collections.Immutable;
using System.Text.Json;
using Millrace.Core.Batches;
using Millrace.Core.Config;
using Millrace.Core.Contracts;
using Millrace.Core.Engine.Shaping.Mapping;
using Millrace.Core.Schemas;

namespace Millrace.Core.Engine.Shaping.Nesting;

/// <summary>
/// The table of one array field (<c>nested: child_tables</c>): the parent's key, <c>_index</c> and the element's fields, or <c>value</c> for an
/// element that is no object.
/// </summary>
internal sealed class ChildTable
{
    private const string ElementPath = "[]";
    private const string IndexName = "_index";
    private readonly TablePipe _pipe;
    private readonly MappingStage? _mappings;
    private readonly bool _replacesChildren;
    private TargetField[] _parentKey = [];
    private TargetField? _index;

    public ChildTable(ShaperSettings settings, string path, TableState table)
    {
        Path = path;
        TaskTarget target = settings.Task.Target;
        _replacesChildren = target.Disposition == WriteDisposition.Merge;
        var write = new TableWrite(table.Schema, target.Disposition)
        {
            Strategy = _replacesChildren ? MergeStrategy.DeleteInsert : MergeStrategy.Upsert,
            DeleteMode = target.DeleteMode,
            IsChangeCapture = settings.Task.Source.Method == ReplicationMethod.ChangeCapture,
        };
        _pipe = new TablePipe(settings, table, write) { ParentKeyNames = ParentKeyNames };
        if (target.Disposition != WriteDisposition.Append)
        {
            _pipe.KeyNames = KeyNames;
        }

        ImmutableArray<ColumnMapping> own = [.. settings.Task.Columns
            .Where(c => c.From?.StartsWith(path + ".", StringComparison.Ordinal) == true)
            .Select(c => c with { From = SourcePathOf(c.From![(path.Length + 1)..]) })];
        _mappings = own.IsEmpty ? null : new MappingStage(own, settings.Task.Nested.Separator);
    }

    /// <summary>The array's path in the source.</summary>
    public string Path { get; }

    public TableState Table => _pipe.Table;

    /// <summary>The path that the index column keeps, by which a later run knows whose child a table is.</summary>
    public static string IndexSource(string path) => path + ElementPath;

    /// <summary>The array's path that a child table keeps, or null for a table that is none.</summary>
    public static string? PathOf(TableSchema child) => child.Columns
        .Where(c => c.Source?.EndsWith(ElementPath, StringComparison.Ordinal) == true && c.Type.Kind == TypeKind.Int64)
        .Select(c => c.Source![..^ElementPath.Length])
        .FirstOrDefault(p => p.Length > 0);

    /// <summary>Adds a step that changes the whole table.</summary>
    public void Control(BatchMarks marks, ShapeTotals totals) => _pipe.Control(marks, totals);

    /// <summary>Adds the step of the children of some parent rows.</summary>
    /// <param name="parents">The parent rows that are written.</param>
    /// <param name="arrays">The arrays, or null where no row has one.</param>
    /// <param name="rest">What the parent's field holds beside arrays; tells where it is unset.</param>
    /// <param name="keys">Copies of the parent's key columns.</param>
    /// <param name="marks">What stands beside the parent rows.</param>
    /// <param name="totals">Gets the step.</param>
    public void Write(
        IEnumerable<int> parents, VarColumn? arrays, Column? rest, IReadOnlyList<InputColumn> keys, BatchMarks marks, ShapeTotals totals)
    {
        if (arrays is null && !Table.IsKnown)
        {
            return;
        }

        using var rows = new ChildRows(ElementPath, keys);
        foreach (int parent in parents)
        {
            bool isUnset = arrays?.IsUnset(parent) == true || rest?.IsUnset(parent) == true;
            if (isUnset)
            {
                continue;
            }

            if (_replacesChildren)
            {
                rows.AddDelete(parent);
            }

            if (arrays is not null && !arrays.IsNull(parent) && marks.ChangeOf(parent) != ChangeKind.Delete)
            {
                rows.AddElements(parent, arrays[parent]);
            }
        }

        if (rows.Count > 0 && (rows.HasElements || Table.IsKnown))
        {
            Run(rows, keys, marks, totals);
        }
    }

    private static string SourcePathOf(string rest) => ElementPath + "." + rest;

    private void Run(ChildRows rows, IReadOnlyList<InputColumn> keys, BatchMarks marks, ShapeTotals totals)
    {
        List<InputColumn> inputs = [];
        int keyCount = keys.Count;
        inputs.AddRange(rows.TakeKeys());
        inputs.Add(new InputColumn(IndexSource(Path), IndexName, rows.TakeIndex(), null));
        List<InputColumn> fields = rows.TakeFields();
        _mappings?.Apply(fields, rows.Count);
        inputs.AddRange(fields);
        if (keys.Any(k => k.Wanted == SystemColumns.Key))
        {
            // The parent was re-keyed: its children follow by the column that repeated its plain key.
            _pipe.RekeyFrom ??= PlainKey();
            Table.FindFixed(ChildRows.KeyPath(SystemColumns.Key), SystemColumns.Key, LogicalType.Text);
        }

        TargetField[] found = _pipe.FieldsOf(inputs);
        _parentKey = [.. found[..keyCount].Distinct()];
        _index = found[keyCount];
        foreach (TargetField field in _parentKey.Append(_index))
        {
            field.IsKey = true;
        }

        BatchMarks own = rows.Marks(marks);
        try
        {
            _pipe.Run(inputs, found, rows.Count, own, totals, []);
        }
        catch
        {
            own.Dispose();
            throw;
        }
        finally
        {
            foreach (InputColumn input in inputs)
            {
                input.Dispose();
            }
        }
    }

    private string? PlainKey()
    {
        TargetField plain = Table.Find(ChildRows.KeyPath("_id"), "_id");
        return plain.Base >= 0 && !Table.Has(SystemColumns.Key) ? Table[plain.Base].Name : null;
    }

    private ImmutableArray<string> ParentKeyNames() => [.. _parentKey.Where(f => f.Base >= 0).Select(f => Table[f.Base].Name)];

    private ImmutableArray<string> KeyNames() =>
        _index is { Base: >= 0 } ? [.. ParentKeyNames(), Table[_index.Base].Name] : Table.Key.IsEmpty ? ParentKeyNames() : Table.Key;
}
