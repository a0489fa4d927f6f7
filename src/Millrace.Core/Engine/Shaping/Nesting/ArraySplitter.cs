using Millrace.Core.Batches;
using Millrace.Core.Schemas;

namespace Millrace.Core.Engine.Shaping.Nesting;

/// <summary>Separates a JSON column's arrays, which go to a child table, from its other values, which stay.</summary>
internal static class ArraySplitter
{
    /// <summary>
    /// The arrays of a JSON column, or null where it has none; the column keeps the rest. A row that is unset stays unset in both.
    /// </summary>
    public static VarColumn? Split(VarColumn source)
    {
        int first = FirstArray(source);
        if (first < 0)
        {
            return null;
        }

        var arrays = (VarColumn)Column.Create(LogicalType.Json);
        for (int row = 0; row < source.Count; row++)
        {
            if (source.IsUnset(row))
            {
                arrays.PadTo(row);
                arrays.AppendUnset();
            }
            else if (IsArray(source, row))
            {
                arrays.AppendAt(row, source[row]);
                source.SetNull(row);
            }
        }

        arrays.PadTo(source.Count);
        return arrays;
    }

    private static int FirstArray(VarColumn source)
    {
        for (int row = 0; row < source.Count; row++)
        {
            if (IsArray(source, row))
            {
                return row;
            }
        }

        return -1;
    }

    private static bool IsArray(VarColumn source, int row) =>
        !source.IsNull(row) && source[row].TrimStart(" \t\r\n"u8) is [(byte)'[', ..];
}
