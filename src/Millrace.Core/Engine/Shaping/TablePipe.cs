using System.Collections.Immutable;
using Millrace.Core.Batches;
using Millrace.Core.Config;
using Millrace.Core.Contracts;
using Millrace.Core.Errors;
using Millrace.Core.Schemas;

namespace Millrace.Core.Engine.Shaping;

/// <summary>Turns the input columns of one target table, parent or child, into its next step.</summary>
internal sealed class TablePipe
{
    private readonly ShaperSettings _settings;
    private readonly ColumnChooser _chooser;
    private readonly Router _router;
    private readonly TableWrite _template;
    private TableWrite? _write;
    private int _writeVersion = -1;

    public TablePipe(ShaperSettings settings, TableState table, TableWrite template)
    {
        _settings = settings;
        _template = template;
        Table = table;
        _chooser = new ColumnChooser(table, settings.Fit, settings.Task.MaxColumns);
        _router = new Router(table, _chooser, settings.Task.Contract);
    }

    public TableState Table { get; }

    /// <summary>How the table is written, as it is now.</summary>
    public TableWrite Write
    {
        get
        {
            if (_write is null || _writeVersion != Table.Version)
            {
                _write = _template with { Schema = Table.Schema, RekeyFrom = RekeyFrom, ParentKey = ParentKeyNames?.Invoke() ?? [] };
                _writeVersion = Table.Version;
            }

            return _write;
        }
    }

    /// <summary>The column that an existing table was keyed by before this run re-keyed it.</summary>
    public string? RekeyFrom { get; set; }

    /// <summary>Names of the key's columns for a table that is written by key; asked after routing.</summary>
    public Func<ImmutableArray<string>>? KeyNames { get; set; }

    /// <summary>The fields of that key, whether a batch feeds them or not.</summary>
    public Func<IReadOnlyList<TargetField>>? KeyFields { get; set; }

    /// <summary>For a child table: names of the columns that repeat the parent's key; asked after routing.</summary>
    public Func<ImmutableArray<string>>? ParentKeyNames { get; set; }

    /// <summary>Routes a batch and adds its step; uses the inputs and the marks up.</summary>
    /// <param name="inputs">The columns, with the fields that they belong to found by <see cref="FieldsOf"/>.</param>
    /// <param name="fields">One field for each input.</param>
    /// <param name="rows">Rows.</param>
    /// <param name="marks">What stands beside the columns.</param>
    /// <param name="totals">Gets the step, the rejected rows and the counts.</param>
    /// <param name="aside">Columns that are no part of the table and yet of the row as quarantine shows it.</param>
    /// <returns>The rows that were written, or null for all of them.</returns>
    public int[]? Run(
        IReadOnlyList<InputColumn> inputs, TargetField[] fields, int rows, BatchMarks marks, ShapeTotals totals, IReadOnlyList<InputColumn> aside)
    {
        Routing routing = new(rows) { Routes = [.. fields.Select(f => new Route { Field = f })] };
        if (!MayBeMade(routing))
        {
            Report(routing, inputs, aside, marks, totals);
            marks.Dispose();
            return [];
        }

        try
        {
            return Run(inputs, routing.Routes, rows, marks, totals, aside);
        }
        finally
        {
            foreach (Route route in routing.Routes)
            {
                route.Release();
            }
        }
    }

    private int[]? Run(
        IReadOnlyList<InputColumn> inputs, Route[] routes, int rows, BatchMarks marks, ShapeTotals totals, IReadOnlyList<InputColumn> aside)
    {
        Routing routing = _router.Route(inputs, routes, rows);
        RequireKey(inputs, routing, marks);
        LimitKey(inputs, routing);
        Declare(inputs, [.. routing.Routes.Select(r => r.Field)]);
        int? extra = UsesExtra(routing) ? Table.FindFixed(SystemColumns.Extra, SystemColumns.Extra, LogicalType.Json).Base : null;
        if (KeyNames is not null)
        {
            Table.Key = KeyNames();
        }

        Report(routing, inputs, aside, marks, totals);
        var assembler = new Assembler(Table, inputs, routing);
        int[]? kept = assembler.Kept;
        if (kept is [])
        {
            marks.Dispose();
        }
        else
        {
            totals.Steps.Add(MakeStep(assembler, extra, rows, marks));
        }

        totals.NewColumns.AddRange(Table.TakeAdded());
        return kept;
    }

    /// <summary>Makes the columns that the source declares and no row has a value in, as far as the contract lets them be made.</summary>
    /// <param name="inputs">The columns.</param>
    /// <param name="fields">One field for each.</param>
    public void Declare(IReadOnlyList<InputColumn> inputs, TargetField[] fields)
    {
        if (Table.Existed && _settings.Task.Contract.Columns != ContractMode.Evolve)
        {
            return;
        }

        for (int i = 0; i < fields.Length; i++)
        {
            if (inputs[i] is { IsDeclared: true, HasValues: false } input && fields[i] is { Base: < 0, HasVariants: false } field
                && _chooser.Choose(field, input.Values.Type, false) is { Kind: VerdictKind.NewBase } verdict)
            {
                _chooser.Apply(field, verdict, input.SourceType);
            }
        }
    }

    /// <summary>Adds a step that changes the whole table.</summary>
    public void Control(BatchMarks marks, ShapeTotals totals)
    {
        if (Table.IsKnown)
        {
            totals.Steps.Add(new(Write, Table.TakeChange(), marks.ToBatch(Table.Schema with { Columns = [] }, [], 0)));
        }
    }

    /// <summary>The fields that inputs belong to; inputs of one path share a field.</summary>
    public TargetField[] FieldsOf(IReadOnlyList<InputColumn> inputs)
    {
        var fields = new TargetField[inputs.Count];
        Dictionary<(string Path, string Wanted), TargetField>? unknown = null;
        for (int i = 0; i < fields.Length; i++)
        {
            InputColumn input = inputs[i];
            TargetField field = Table.Find(input.Path, input.Wanted, input.Pinned);
            if (field.Base < 0 && !field.HasVariants)
            {
                unknown ??= [];
                if (!unknown.TryAdd((input.Path, input.Wanted), field))
                {
                    field = unknown[(input.Path, input.Wanted)];
                }
            }

            if (field.Base < 0 && !field.IsKey)
            {
                field.Expected ??= input.Expected;
            }

            fields[i] = field;
        }

        return fields;
    }

    private ShapedStep MakeStep(Assembler assembler, int? extra, int rows, BatchMarks marks)
    {
        (ImmutableArray<ColumnSchema> schema, List<Column> columns) = assembler.Build(extra);
        BatchMarks own = assembler.Kept is null ? marks : marks.Select(assembler.Kept);
        if (assembler.Kept is not null)
        {
            marks.Dispose();
        }

        RecordBatch batch = own.ToBatch(Table.Schema with { Columns = schema }, columns, assembler.Kept?.Length ?? rows);
        return new(Write, Table.TakeChange(), batch);
    }

    private bool MayBeMade(Routing routing)
    {
        ContractMode mode = Table.Existed ? ContractMode.Evolve : _settings.Task.Contract.Tables;
        string reason = $"Table {Table.Table} does not exist, and the contract for tables does not let it be made.";
        switch (mode)
        {
            case ContractMode.Evolve:
                return true;
            case ContractMode.Freeze:
                throw new MillraceException(
                    ErrorCodes.ContractViolated, reason, "Create the table, or set schema_contract.tables to evolve.", "schema_contract.tables");
        }

        for (int row = 0; row < routing.Rows; row++)
        {
            if (mode == ContractMode.Quarantine)
            {
                routing.Quarantine(row, ErrorCodes.ContractViolated, reason);
            }
            else
            {
                routing.Discard(row);
            }
        }

        return false;
    }

    // A merge cannot place a row whose key has no value, or one that the key's column cannot hold.
    private void RequireKey(IReadOnlyList<InputColumn> inputs, Routing routing, BatchMarks marks)
    {
        if (KeyFields is null || _template.Disposition != WriteDisposition.Merge)
        {
            return;
        }

        bool needsDeletes = _template.DeleteMode != DeleteMode.Ignore;
        foreach (TargetField field in KeyFields())
        {
            int[] own = [.. Enumerable.Range(0, inputs.Count).Where(i => routing.Routes[i].Field == field)];
            if (own is [var only] && routing.Routes[only].Whole == field.Base && field.Base >= 0 && inputs[only].Values.NullCount == 0)
            {
                continue;
            }

            for (int row = 0; row < routing.Rows; row++)
            {
                bool needsKey = needsDeletes || marks.ChangeOf(row) != ChangeKind.Delete;
                if (needsKey && routing.FateOf(row) == RowFate.Kept && !HasKey(inputs, routing, own, field, row))
                {
                    routing.Quarantine(row, ErrorCodes.KeyMissing, $"The key field {field.Wanted} has no value that its column can hold.");
                }
            }
        }
    }

    // A destination's index ends somewhere; one row that does not fit in must not fail the load of the others. Where a destination keeps a key as
    // text, each of its bytes that are no text takes two hexadecimal digits.
    private void LimitKey(IReadOnlyList<InputColumn> inputs, Routing routing)
    {
        if (_settings.MaxKeyBytes is not { } most || KeyNames is null || ParentKeyNames is not null)
        {
            return;
        }

        VarColumn[] parts = [.. Enumerable.Range(0, inputs.Count).Where(i => routing.Routes[i].Field.IsKey).Select(i => inputs[i].Values).OfType<VarColumn>()];
        for (int row = 0; parts.Length > 0 && row < routing.Rows; row++)
        {
            int bytes = 0;
            foreach (VarColumn part in parts)
            {
                bytes += part.IsNull(row) ? 0 : part.Type.Kind == TypeKind.Bytes ? 2 * part[row].Length : part[row].Length;
            }

            if (bytes > most && routing.FateOf(row) == RowFate.Kept)
            {
                routing.Quarantine(row, ErrorCodes.ValueRefused, $"The key takes {bytes} bytes, more than the {most} that an index of the destination can hold.");
            }
        }
    }

    private static bool HasKey(IReadOnlyList<InputColumn> inputs, Routing routing, int[] own, TargetField field, int row)
    {
        foreach (int i in own)
        {
            if (!inputs[i].Values.IsNull(row) && routing.Routes[i][row] == field.Base && field.Base >= 0)
            {
                return true;
            }
        }

        return false;
    }

    private static bool UsesExtra(Routing routing)
    {
        foreach (Route route in routing.Routes)
        {
            for (int row = 0; row < (route.IsPerRow ? routing.Rows : 1); row++)
            {
                if (route[row] == Route.Extra)
                {
                    return true;
                }
            }
        }

        return false;
    }

    private void Report(
        Routing routing, IReadOnlyList<InputColumn> inputs, IReadOnlyList<InputColumn> aside, BatchMarks marks, ShapeTotals totals)
    {
        totals.DiscardedRows += routing.DiscardedRows;
        totals.DiscardedValues += routing.DiscardedValues;
        foreach ((int row, ErrorCode code, string reason) in routing.Reasons)
        {
            string raw = KeptRow.Of(marks.ChangeOf(row), [.. inputs.Concat(aside).Select(i => (i.Wanted, i.Values))], row);
            totals.Rejected.Add(new RejectedRow(Table.Table, marks.PositionOf(row), code, reason, raw));
        }
    }
}
