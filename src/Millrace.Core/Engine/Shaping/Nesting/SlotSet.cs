using Millrace.Core.Batches;
using Millrace.Core.Schemas;

namespace Millrace.Core.Engine.Shaping.Nesting;

/// <summary>The typed columns of one path while they grow row by row: one column for each type that came. A row has one value at most.</summary>
internal sealed class SlotSet(string path, string wanted)
{
    private readonly List<(Column Values, string? SourceType)> _slots = [];
    private int _lastRow = -1;

    public string Path { get; } = path;

    public string Wanted { get; } = wanted;

    /// <summary>Starts the value of a row; false where the row has one (a document that names a field twice).</summary>
    public bool Begin(int row)
    {
        bool isFirst = row > _lastRow;
        _lastRow = Math.Max(row, _lastRow);
        return isFirst;
    }

    /// <summary>Marks the row as unset, for a column of the given type that stands in the target.</summary>
    public void AddUnset(int row, LogicalType type)
    {
        Column column = Slot(type, null);
        column.PadTo(row);
        column.AppendUnset();
    }

    /// <summary>The column of a type, a new one where there is none.</summary>
    public Column Slot(LogicalType type, string? sourceType)
    {
        foreach ((Column values, string? known) in _slots)
        {
            if (values.Type == type && known == sourceType)
            {
                return values;
            }
        }

        Column added = Column.Create(type);
        _slots.Add((added, sourceType));
        return added;
    }

    /// <summary>Writes a decimal into a column that has, or may get, room for its digits on both sides.</summary>
    public void AppendDecimal(int row, Int128 value, int scale)
    {
        int whole = Math.Max(Scaling.Digits(value) - scale, 0);
        foreach ((Column values, _) in _slots)
        {
            if (values is Column<Int128> decimals && TryWiden(decimals, whole, scale))
            {
                decimals.AppendAt(row, value * Scaling.Power(decimals.Type.Scale - scale));
                return;
            }
        }

        ((Column<Int128>)Slot(LogicalType.Decimal(Math.Max(whole + scale, 1), scale), null)).AppendAt(row, value);
    }

    /// <summary>Ends the columns and hands them on.</summary>
    public IEnumerable<InputColumn> ToInputs(int rows)
    {
        foreach ((Column values, string? sourceType) in _slots)
        {
            values.PadTo(rows);
            yield return new InputColumn(Path, Wanted, values, sourceType);
        }
    }

    private static bool TryWiden(Column<Int128> column, int whole, int scale)
    {
        int newScale = Math.Max(column.Type.Scale, scale);
        int newWhole = Math.Max(column.Type.Precision - column.Type.Scale, whole);
        if (newWhole + newScale > LogicalType.MaxDecimalPrecision)
        {
            return false;
        }

        if (newScale > column.Type.Scale)
        {
            Int128 factor = Scaling.Power(newScale - column.Type.Scale);
            Span<Int128> values = column.Values;
            for (int i = 0; i < values.Length; i++)
            {
                // A null row's value is not defined and must not overflow into anything: it stays what it is.
                values[i] = column.IsNull(i) ? default : values[i] * factor;
            }
        }

        column.Retype(LogicalType.Decimal(Math.Max(newWhole + newScale, 1), newScale));
        return true;
    }
}
