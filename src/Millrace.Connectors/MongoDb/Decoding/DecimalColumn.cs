using Millrace.Connectors.MongoDb.Bson;
using Millrace.Core.Batches;
using Millrace.Core.Schemas;

namespace Millrace.Connectors.MongoDb.Decoding;

/// <summary>
/// Fits decimal128 values of any scale into one column: the scale rises to the largest that came, and values that are there are
/// rescaled in place.
/// </summary>
internal static class DecimalColumn
{
    /// <summary>Digits before the point that a column has at least, so that its type does not change with every batch.</summary>
    public const int LeastIntegerDigits = 18;

    /// <summary>
    /// Appends a value where all of the column's values and this one fit into 38 digits. A negative zero does not: a scaled integer has no
    /// sign for it.
    /// </summary>
    public static bool TryAppend(FieldColumns field, int row, Decimal128 value, string sourceType)
    {
        if (!value.TryToScaled(out Int128 unscaled, out int scale) || (unscaled == 0 && value.IsNegative))
        {
            return false;
        }

        int digits = Math.Max(DigitsOf(unscaled) - scale, 0);
        var column = field[ValueSlot.Decimal] as Column<Int128>;
        int columnScale = column?.Type.Scale ?? 0;
        int newScale = Math.Max(scale, columnScale);
        int integerDigits = Math.Max(digits, field.IntegerDigits);
        if (integerDigits + newScale > LogicalType.MaxDecimalPrecision)
        {
            return false;
        }

        column ??= field.Column<Column<Int128>>(ValueSlot.Decimal, sourceType);
        field.IntegerDigits = integerDigits;
        int precision = Math.Min(Math.Max(integerDigits, LeastIntegerDigits) + newScale, LogicalType.MaxDecimalPrecision);
        if (newScale != columnScale || precision != column.Type.Precision)
        {
            Rescale(column, newScale - columnScale);
            column.Retype(LogicalType.Decimal(precision, newScale));
        }

        column.AppendAt(row, unscaled * Power(newScale - scale));
        return true;
    }

    private static void Rescale(Column<Int128> column, int by)
    {
        if (by == 0)
        {
            return;
        }

        Int128 factor = Power(by);
        Span<Int128> values = column.Values;
        for (int row = 0; row < values.Length; row++)
        {
            // What stands in a null row is not defined and could overflow.
            values[row] = column.IsNull(row) ? 0 : values[row] * factor;
        }
    }

    private static Int128 Power(int exponent) => (Int128)PowersOfTen.UInt128(exponent);

    private static int DigitsOf(Int128 value)
    {
        UInt128 magnitude = Int128.IsNegative(value) ? (UInt128)(-value) : (UInt128)value;
        int digits = 0;
        while (digits < LogicalType.MaxDecimalPrecision && magnitude >= PowersOfTen.UInt128(digits))
        {
            digits++;
        }

        return digits;
    }
}
