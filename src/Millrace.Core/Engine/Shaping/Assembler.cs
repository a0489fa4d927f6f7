using System.Collections.Immutable;
using System.Text.Json;
using Millrace.Core.Batches;
using Millrace.Core.Schemas;

namespace Millrace.Core.Engine.Shaping;

/// <summary>Puts the columns of a target batch together from routed input columns.</summary>
internal sealed class Assembler(TableState table, IReadOnlyList<InputColumn> inputs, Routing routing)
{
    private readonly List<Contribution>?[] _contributions = new List<Contribution>?[table.Count];

    /// <summary>The rows that are written, or null for all.</summary>
    public int[]? Kept { get; } = routing.KeepsAll ? null : KeptRows(routing);

    /// <summary>Builds the columns, in the table's order; uses the inputs up as far as it can.</summary>
    public (ImmutableArray<ColumnSchema> Schema, List<Column> Columns) Build(int? extra)
    {
        CollectContributions();
        var schema = ImmutableArray.CreateBuilder<ColumnSchema>(_contributions.Length);
        List<Column> columns = new(_contributions.Length);
        for (int i = 0; i < _contributions.Length; i++)
        {
            if (i == extra)
            {
                columns.Add(BuildExtra());
                schema.Add(table[i]);
            }
            else if (_contributions[i] is { } contributions)
            {
                columns.Add(BuildColumn(contributions, table[i].Type));
                schema.Add(table[i]);
            }
        }

        return (schema.DrainToImmutable(), columns);
    }

    private static int[] KeptRows(Routing routing)
    {
        List<int> kept = [];
        for (int row = 0; row < routing.Rows; row++)
        {
            if (routing.FateOf(row) == RowFate.Kept)
            {
                kept.Add(row);
            }
        }

        return [.. kept];
    }

    private void CollectContributions()
    {
        bool hasPartialRows = inputs.Any(i => i.Values.HasUnset);
        for (int i = 0; i < inputs.Count; i++)
        {
            Route route = routing.Routes[i];
            if (route.IsPerRow)
            {
                foreach (int column in route.Field.Columns)
                {
                    Add(column, i);
                }
            }
            else if (route.Whole >= 0)
            {
                Add(route.Whole, i);
            }

            if (hasPartialRows)
            {
                // Whichever of the field's columns holds the value now keeps it, and is emptied where the value goes to another of them: a partial
                // row keeps what a column that is left out holds.
                foreach (int column in route.Field.Columns)
                {
                    Add(column, i);
                }
            }
            else if (route.Field.IsKey && route.Field.Base >= 0)
            {
                Add(route.Field.Base, i);
            }
        }
    }

    private void Add(int column, int input)
    {
        List<Contribution> list = _contributions[column] ??= new(1);
        foreach (Contribution there in list)
        {
            if (there.Input == inputs[input])
            {
                return;
            }
        }

        list.Add(new Contribution(inputs[input], routing.Routes[input], column));
    }

    private Column BuildColumn(List<Contribution> contributions, LogicalType type)
    {
        if (contributions is [{ IsWhole: true } only] && Kept is null)
        {
            Column values = only.Input.Take();
            return values.Type == type ? values : ValueConverter.Between(values.Type, type).Whole(values, type);
        }

        Contribution[] parts = [.. contributions];
        foreach (Contribution part in parts)
        {
            part.Prepare(type);
        }

        Column target = Column.Create(type);
        int rows = Kept?.Length ?? routing.Rows;
        for (int i = 0; i < rows; i++)
        {
            AppendRow(target, parts, Kept is null ? i : Kept[i]);
        }

        return target;
    }

    private static void AppendRow(Column target, Contribution[] parts, int row)
    {
        bool isUnset = false;
        foreach (Contribution part in parts)
        {
            Column values = part.Input.Values;
            if (!values.IsNull(row))
            {
                if (part.Route[row] == part.Column)
                {
                    part.Converter!.Append(target, values, row);
                    return;
                }
            }
            else
            {
                isUnset |= values.IsUnset(row);
            }
        }

        if (isUnset)
        {
            target.AppendUnset();
        }
        else
        {
            target.AppendNull();
        }
    }

    private VarColumn BuildExtra()
    {
        InputAndRoute[] parts = [.. inputs.Select((input, i) => new InputAndRoute(input, routing.Routes[i], i))
            .Where(p => p.Route.IsPerRow || p.Route.Whole == Route.Extra)
            .OrderBy(p => p.Input.Path, StringComparer.Ordinal).ThenBy(p => p.Index)];
        var target = (VarColumn)Column.Create(LogicalType.Json);
        using Utf8JsonWriter writer = RowJson.CreateWriter(target);
        int rows = Kept?.Length ?? routing.Rows;
        for (int i = 0; i < rows; i++)
        {
            AppendExtra(target, writer, parts, Kept is null ? i : Kept[i]);
        }

        return target;
    }

    private static void AppendExtra(VarColumn target, Utf8JsonWriter writer, InputAndRoute[] parts, int row)
    {
        bool isOpen = false;
        foreach (InputAndRoute part in parts)
        {
            if (part.Input.Values.IsNull(row) || part.Route[row] != Route.Extra)
            {
                continue;
            }

            if (!isOpen)
            {
                writer.Reset();
                writer.WriteStartObject();
                isOpen = true;
            }

            writer.WritePropertyName(part.Input.Wanted);
            RowJson.WriteValue(writer, part.Input.Values, row);
        }

        if (!isOpen)
        {
            target.AppendNull();
            return;
        }

        writer.WriteEndObject();
        writer.Flush();
        target.EndValue(target.Count);
    }

    private readonly record struct InputAndRoute(InputColumn Input, Route Route, int Index);

    /// <summary>An input that gives a column some or all of its values.</summary>
    private sealed class Contribution(InputColumn input, Route route, int column)
    {
        public InputColumn Input { get; } = input;

        public Route Route { get; } = route;

        public int Column { get; } = column;

        public ValueConverter? Converter { get; private set; }

        public bool IsWhole => !Route.IsPerRow && Route.Whole == Column;

        // An input that only marks rows as unset may be of a type that the column cannot take.
        public void Prepare(LogicalType type) => Converter = MayFill() ? ValueConverter.Between(Input.Values.Type, type) : null;

        private bool MayFill() => Input.HasValues && (Route.IsPerRow ? IsUsed() : Route.Whole == Column);

        private bool IsUsed()
        {
            for (int row = 0; row < Input.Values.Count; row++)
            {
                if (Route[row] == Column)
                {
                    return true;
                }
            }

            return false;
        }
    }
}
