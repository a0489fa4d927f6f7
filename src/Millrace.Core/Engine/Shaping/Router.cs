using Millrace.Core.Batches;
using Millrace.Core.Config;
using Millrace.Core.Errors;
using Millrace.Core.Schemas;

namespace Millrace.Core.Engine.Shaping;

/// <summary>
/// Finds the columns for a batch's values and evolves the table for them, as the contract allows. The result does not depend on where
/// batches are cut: where anything has to change, or where a value decides, rows are looked at one after the other; a batch that
/// changes nothing is routed by whole columns.
/// </summary>
internal sealed class Router(TableState table, ColumnChooser chooser, SchemaContract contract)
{
    private readonly ContractMode _newColumns = table.Existed ? contract.Columns : ContractMode.Evolve;

    private bool HasRowFates =>
        _newColumns is ContractMode.DiscardRow or ContractMode.Quarantine || contract.Types is ContractMode.DiscardRow or ContractMode.Quarantine;

    /// <summary>Routes a batch.</summary>
    public Routing Route(IReadOnlyList<InputColumn> inputs, Route[] routes, int rows)
    {
        var routing = new Routing(rows) { Routes = routes };
        List<TargetField>? open = null;
        for (int i = 0; i < inputs.Count; i++)
        {
            if (!TryRouteWhole(inputs[i], routes[i]))
            {
                (open ??= []).Add(routes[i].Field);
            }
        }

        if (open is not null)
        {
            RouteRows(inputs, routing, HasRowFates ? null : open);
        }

        for (int i = 0; i < inputs.Count; i++)
        {
            Settle(inputs[i], routes[i], routing);
        }

        return routing;
    }

    private bool TryRouteWhole(InputColumn input, Route route)
    {
        route.Whole = Shaping.Route.None;
        if (!input.HasValues)
        {
            return true;
        }

        TargetField field = route.Field;
        Verdict verdict = chooser.Choose(field, input.Values.Type, false);
        if (verdict.Kind == VerdictKind.NewBase && _newColumns == ContractMode.DiscardValue)
        {
            route.Whole = Shaping.Route.Discard;
            return true;
        }

        if (verdict.Kind == VerdictKind.Extra && field.Base < 0 && _newColumns == ContractMode.Evolve)
        {
            route.Whole = Shaping.Route.Extra;
            return true;
        }

        if (verdict.Kind != VerdictKind.Existing || (IsValueDependent(field, input.Values.Type) && WideValues.Any(input.Values)))
        {
            return false;
        }

        route.Whole = verdict.Column;
        return input.Values.Type.Kind != TypeKind.Decimal || verdict.Column == field.Base || MayTakeAllDecimals(field, verdict.Column);
    }

    // Which decimals are too long for the base, or even for the variant, is a matter of each value and not of the widest one.
    private bool MayTakeAllDecimals(TargetField field, int variant) =>
        table[variant].Type.Kind == TypeKind.Decimal
            && (field.Base < 0 || table[field.Base].Type.Kind is not (TypeKind.Int16 or TypeKind.Int32 or TypeKind.Int64 or TypeKind.Decimal));

    // An int64 on its way into a float64 column, a date on its way into a timestamp column.
    private bool IsValueDependent(TargetField field, LogicalType type) =>
        WideValues.MayHold(type.Kind) && field.Base >= 0 && table[field.Base].Type.Kind is TypeKind.Float32 or TypeKind.Float64 or TypeKind.Timestamp;

    private void Settle(InputColumn input, Route route, Routing routing)
    {
        if (route.IsPerRow)
        {
            return;
        }

        if (route.Whole == Shaping.Route.Discard)
        {
            routing.DiscardedValues += input.Values.Count - input.Values.NullCount;
        }
        else if (route.Whole >= 0 && route.Whole == route.Field.Base && !route.Field.IsWide && table[route.Whole].Type.Kind == input.Values.Type.Kind)
        {
            route.Field.IsWide = WideValues.Any(input.Values);
        }
    }

    private void RouteRows(IReadOnlyList<InputColumn> inputs, Routing routing, List<TargetField>? only)
    {
        List<OpenInput> open = [];
        for (int i = 0; i < inputs.Count; i++)
        {
            Route route = routing.Routes[i];
            if (inputs[i].HasValues && (only is null || only.Contains(route.Field)))
            {
                route.Split(routing.Rows);
                open.Add(new OpenInput(inputs[i], route, NeedsNarrowDecimals(route.Field, inputs, routing.Routes)));
            }
        }

        OpenInput[] all = [.. open];
        for (int row = 0; row < routing.Rows; row++)
        {
            if (!HasRowFates || MayKeep(all, row, routing))
            {
                RouteRow(all, row, routing);
            }
        }
    }

    private bool MayKeep(OpenInput[] inputs, int row, Routing routing)
    {
        foreach (OpenInput input in inputs)
        {
            if (input.Values.IsNull(row))
            {
                continue;
            }

            Verdict verdict = Choose(input, row);
            ContractMode mode = ModeOf(input.Route.Field, verdict);
            if (verdict.Kind == VerdictKind.NewBase && mode == ContractMode.Evolve && input.Route.Field.IsTypedBeforehand)
            {
                // The column is made whatever becomes of the row; what the contract says of this value depends on it.
                chooser.Apply(input.Route.Field, verdict, input.SourceType);
                verdict = Choose(input, row);
                mode = ModeOf(input.Route.Field, verdict);
            }

            if (mode == ContractMode.Quarantine)
            {
                routing.Quarantine(row, ErrorCodes.ContractViolated, Describe(input, verdict, contract, _newColumns));
                return false;
            }

            if (mode == ContractMode.DiscardRow)
            {
                routing.Discard(row);
                return false;
            }
        }

        return true;
    }

    private void RouteRow(OpenInput[] inputs, int row, Routing routing)
    {
        foreach (OpenInput input in inputs)
        {
            if (input.Values.IsNull(row))
            {
                continue;
            }

            bool isWide = input.MayBeWide && WideValues.IsWide(input.Values, row);
            if (input.Settled == table.Version && !isWide)
            {
                input.Route.Set(row, input.SettledColumn);
                continue;
            }

            int column = RouteValue(input, row, routing);
            input.Route.Set(row, column);
            TargetField field = input.Route.Field;
            if (isWide && column >= 0 && column == field.Base && table[column].Type.Kind == input.Values.Type.Kind && !field.IsWide)
            {
                field.IsWide = true;
                Unsettle(inputs, field);
            }
            else if (!isWide && !input.NarrowDecimals && column >= 0)
            {
                input.Settled = table.Version;
                input.SettledColumn = column;
            }
        }
    }

    private int RouteValue(OpenInput input, int row, Routing routing)
    {
        TargetField field = input.Route.Field;
        Verdict verdict = Choose(input, row);
        switch (ModeOf(field, verdict))
        {
            case ContractMode.Freeze:
                throw Frozen(Describe(input, verdict, contract, _newColumns));
            case ContractMode.DiscardValue:
                routing.DiscardedValues++;
                return Shaping.Route.Discard;
        }

        if (verdict.Kind == VerdictKind.Extra)
        {
            return Shaping.Route.Extra;
        }

        int column = chooser.Apply(field, verdict, input.SourceType);

        // A column whose type was known beforehand may not be the one for the value that called for it.
        return field.IsTypedBeforehand && verdict.Kind == VerdictKind.NewBase ? RouteValue(input, row, routing) : column;
    }

    private Verdict Choose(OpenInput input, int row)
    {
        TargetField field = input.Route.Field;
        bool isWide = input.MayBeWide && WideValues.IsWide(input.Values, row);
        if (input.Values is not Column<Int128> decimals)
        {
            return chooser.Choose(field, input.Values.Type, isWide);
        }

        if (input.NarrowDecimals)
        {
            return chooser.Choose(field, Scaling.Narrowest(decimals, row), isWide);
        }

        Verdict verdict = chooser.Choose(field, input.Values.Type, isWide);
        bool mayFitAsIs = verdict.Kind != VerdictKind.Existing && (contract.Types != ContractMode.Evolve || field.Pinned is not null);
        return mayFitAsIs && field.Base >= 0 ? chooser.Choose(field, Scaling.Narrowest(decimals, row), isWide) : verdict;
    }

    private ContractMode ModeOf(TargetField field, Verdict verdict) => verdict.Kind switch
    {
        VerdictKind.Existing => ContractMode.Evolve,
        VerdictKind.NewBase => _newColumns,
        VerdictKind.Extra when field.Base < 0 && !field.HasVariants => _newColumns,
        _ => contract.Types,
    };

    private string Describe(OpenInput input, Verdict verdict, SchemaContract allowed, ContractMode columns)
    {
        string name = input.Route.Field.Wanted;
        return verdict.Kind == VerdictKind.NewBase || input.Route.Field.Base < 0
            ? $"{table.Table} has no column {name} ({input.Values.Type}), and the contract for columns is {Name(columns)}."
            : $"{table.Table}.{name} is {table[input.Route.Field.Base].Type} and cannot hold a value of {input.Values.Type}, "
                + $"and the contract for types is {Name(allowed.Types)}.";
    }

    // Where the digits of one field's values do not all go into one decimal, the widest type that a batch saw would decide earlier than the
    // rows themselves do.
    private bool NeedsNarrowDecimals(TargetField field, IReadOnlyList<InputColumn> inputs, Route[] routes)
    {
        int whole = 0;
        int scale = 0;
        bool hasDecimals = false;
        void Meet(LogicalType type)
        {
            if (type.Kind is TypeKind.Int16 or TypeKind.Int32 or TypeKind.Int64 or TypeKind.Decimal)
            {
                whole = Math.Max(whole, TypeLattice.IntegerDigits(type));
                scale = Math.Max(scale, type.Scale);
                hasDecimals |= type.Kind == TypeKind.Decimal;
            }
        }

        foreach (int column in field.Columns)
        {
            Meet(table[column].Type);
        }

        for (int i = 0; i < inputs.Count; i++)
        {
            if (routes[i].Field == field && inputs[i].HasValues)
            {
                Meet(inputs[i].Values.Type);
            }
        }

        return hasDecimals && whole + scale > LogicalType.MaxDecimalPrecision;
    }

    private static void Unsettle(OpenInput[] inputs, TargetField field)
    {
        foreach (OpenInput input in inputs)
        {
            if (input.Route.Field == field)
            {
                input.Settled = -1;
            }
        }
    }

    private static string Name(ContractMode mode) => mode switch
    {
        ContractMode.DiscardRow => "discard_row",
        ContractMode.DiscardValue => "discard_value",
        _ => mode.ToString().ToLowerInvariant(),
    };

    private static MillraceException Frozen(string message) => new(
        ErrorCodes.ContractViolated,
        message,
        "Change the target or the source, or set schema_contract to evolve, discard_value, discard_row or quarantine.",
        "schema_contract");

    /// <summary>An input whose rows are looked at one by one.</summary>
    private sealed class OpenInput(InputColumn input, Route route, bool narrowDecimals)
    {
        public Column Values { get; } = input.Values;

        public string? SourceType { get; } = input.SourceType;

        public Route Route { get; } = route;

        public bool NarrowDecimals { get; } = narrowDecimals && input.Values.Type.Kind == TypeKind.Decimal;

        public bool MayBeWide { get; } = WideValues.MayHold(input.Values.Type.Kind);

        /// <summary>The table's version for which <see cref="SettledColumn"/> takes every value that is not wide; -1 for none.</summary>
        public int Settled { get; set; } = -1;

        public int SettledColumn { get; set; }
    }
}
