using System.Collections.Immutable;
using Millrace.Core.Batches;
using Millrace.Core.Config;
using Millrace.Core.Contracts;
using Millrace.Core.Engine.Shaping.Mapping;
using Millrace.Core.Engine.Shaping.Nesting;
using Millrace.Core.Schemas;

namespace Millrace.Core.Engine.Shaping;

/// <summary>
/// Turns the batches of one dataset into rows of its target tables: mappings, casts and masks, nested values, types and the schema
/// contract. The same changes give the same tables in whatever batches they come. Not safe for concurrent use.
/// </summary>
public sealed class TableShaper
{
    private readonly ShaperSettings _settings;
    private readonly TablePipe _parent;
    private readonly KeyPlanner _keys;
    private readonly InputStage _inputs;
    private readonly ChildTableSet? _children;

    private TableShaper(ShaperSettings settings, TablePipe parent, ChildTableSet? children)
    {
        _settings = settings;
        _parent = parent;
        _keys = new KeyPlanner(settings.Task, parent.Table);
        _inputs = new InputStage(settings.Task, parent.Table, new SampledTypes(settings.Sample, settings.Task.Nested.Mode == NestedMode.Json));
        _children = children;
        if (IsKeyed)
        {
            parent.KeyNames = _keys.Names;
            parent.KeyFields = () => _keys.Fields;
        }
    }

    private bool IsKeyed => _settings.Task.Target.Disposition != WriteDisposition.Append;

    /// <summary>Makes a shaper; looks at the target table, and at the child tables that are known to be there.</summary>
    /// <exception cref="Errors.MillraceException">A mapping is at odds with itself (<see cref="Errors.ErrorCodes.InvalidConfiguration"/>).</exception>
    public static async ValueTask<TableShaper> CreateAsync(ShaperSettings settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        MappingRules.Validate(settings.Task);
        var table = new TableState(settings.Target, settings.Naming, await settings.Existing(settings.Target).ConfigureAwait(false));
        TaskTarget target = settings.Task.Target;
        var write = new TableWrite(table.Schema, target.Disposition)
        {
            Strategy = target.Strategy,
            DeleteMode = target.DeleteMode,
            IsChangeCapture = settings.Task.Source.Method == ReplicationMethod.ChangeCapture,
            Checks = settings.Task.Checks,
        };
        ChildTableSet? children = settings.Task.Nested.Mode == NestedMode.ChildTables
            ? await ChildTableSet.CreateAsync(settings).ConfigureAwait(false)
            : null;
        return new TableShaper(settings, new TablePipe(settings, table, write), children);
    }

    /// <summary>Shapes one batch; takes it over.</summary>
    /// <exception cref="Errors.MillraceException">
    /// <see cref="Errors.ErrorCodes.ContractViolated"/> where the contract says <see cref="ContractMode.Freeze"/>.
    /// </exception>
    public async ValueTask<ShapedBatch> ShapeAsync(RecordBatch batch)
    {
        ArgumentNullException.ThrowIfNull(batch);
        var totals = new ShapeTotals();
        try
        {
            await ShapeAsync(batch, totals).ConfigureAwait(false);
            return WithPosition(totals.ToShaped(), batch.Position);
        }
        catch
        {
            batch.Dispose();
            totals.Dispose();
            throw;
        }
    }

    private async ValueTask ShapeAsync(RecordBatch batch, ShapeTotals totals)
    {
        if (batch.Control != TableControl.None)
        {
            _parent.Control(BatchMarks.Of(batch), totals);
            _children?.Control(BatchMarks.Of(batch), totals);
        }
        else if (batch.RowCount == 0)
        {
            batch.Dispose();
        }
        else
        {
            await ShapeRowsAsync(batch, totals).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// The table of a dataset without rows: all columns that the source declares; where it declares none, those of its key, as far as no mapping changes
    /// them, and the system's.
    /// </summary>
    /// <param name="described">What the source says of the dataset.</param>
    internal TableWrite WithoutRows(TableSchema described)
    {
        ArgumentNullException.ThrowIfNull(described);
        if (described.IsDeclared)
        {
            return Declared(described);
        }

        var names = ImmutableArray.CreateBuilder<string>();
        foreach (ColumnSchema column in described.Columns.Where(c => described.Key.Contains(c.Name)))
        {
            bool isMapped = _settings.Task.Columns.Any(m => m.From == column.Name);
            bool isKey = _settings.Task.Target.PrimaryKey.IsEmpty || _settings.Task.Target.PrimaryKey.Contains(column.Name);
            if (!isMapped && isKey)
            {
                TargetField field = _parent.Table.Find(column.Name, column.Name);
                int index = field.Base >= 0 ? field.Base : _parent.Table.AddBase(field, column.Type, column.SourceType);
                names.Add(_parent.Table[index].Name);
            }
        }

        _parent.Table.Key = IsKeyed ? names.ToImmutable() : [];
        return _parent.Write;
    }

    private TableWrite Declared(TableSchema described)
    {
        using var none = new RecordBatch(described, [.. described.Columns.Select(c => Column.Create(c.Type))], 0);
        List<InputColumn> inputs = _inputs.Read(none, null);
        _keys.Plan(described.Key, inputs, 0);
        _parent.Declare(inputs, _parent.FieldsOf(inputs));
        _parent.Table.Key = IsKeyed ? _keys.Names() : [];
        return _parent.Write;
    }

    /// <summary>How the table is written, with the key that rows will have as far as the source's description and the table's columns tell it.</summary>
    /// <param name="described">What the source says of the dataset, or null.</param>
    internal TableWrite BeforeRows(TableSchema? described)
    {
        TableWrite write = _parent.Write;
        ImmutableArray<string> key = _settings.Task.Target.Disposition == WriteDisposition.Merge ? _keys.Expected(described?.Key ?? []) : [];
        return write with { Schema = write.Schema with { Key = key } };
    }

    private async ValueTask ShapeRowsAsync(RecordBatch batch, ShapeTotals totals)
    {
        BatchMarks marks = BatchMarks.Of(batch);
        List<InputColumn> arrays = [];
        List<InputColumn> inputs = _inputs.Read(batch, _children is null ? null : arrays);
        try
        {
            _keys.Plan(batch.Schema.Key, inputs, batch.RowCount);
            _parent.RekeyFrom = IsKeyed ? _keys.RekeyFrom : null;
            using ChildBatch? children = _children is null
                ? null
                : await _children.ReadAsync(inputs, arrays, _keys.Fields, marks).ConfigureAwait(false);
            int[]? kept = _parent.Run(inputs, _parent.FieldsOf(inputs), batch.RowCount, marks, totals, _inputs.Showable(arrays));
            children?.Write(kept, totals);
        }
        finally
        {
            foreach (InputColumn input in inputs.Concat(arrays))
            {
                input.Dispose();
            }
        }
    }

    // What a batch brought is only complete with its last step, so only that one is a commit point.
    private static ShapedBatch WithPosition(ShapedBatch shaped, Position? position)
    {
        int last = shaped.Steps.Length - 1;
        while (last >= 0 && shaped.Steps[last].Rows is null)
        {
            last--;
        }

        if (last < 0 || position is null)
        {
            return shaped;
        }

        ShapedStep step = shaped.Steps[last];
        RecordBatch rows = step.Rows!;
        RecordBatch placed = (BatchMarks.Of(rows) with { Position = position }).ToBatch(rows.Schema, rows.Columns, rows.RowCount);
        return shaped with { Steps = shaped.Steps.SetItem(last, step with { Rows = placed }) };
    }
}
