using Millrace.Core.Batches;
using Millrace.Core.Schemas;

namespace Millrace.Core.Engine.Shaping;

/// <summary>Arithmetic on scaled decimals.</summary>
internal static class Scaling
{
    private static readonly Int128[] Powers = MakePowers();

    /// <summary>Ten to the power of <paramref name="exponent"/>, 0 to 38.</summary>
    public static Int128 Power(int exponent) => Powers[exponent];

    /// <summary>Digits of a value without sign, at least 1.</summary>
    public static int Digits(Int128 value)
    {
        UInt128 size = (UInt128)(value < 0 ? -value : value);
        int digits = 1;
        while (digits < Powers.Length && size >= (UInt128)Powers[digits])
        {
            digits++;
        }

        return digits;
    }

    /// <summary>The narrowest decimal type that holds one value: no trailing zeros, no leading ones.</summary>
    public static LogicalType Narrowest(Column<Int128> column, int row)
    {
        Int128 value = column.Values[row];
        int scale = column.Type.Scale;
        while (scale > 0 && value % 10 == 0)
        {
            value /= 10;
            scale--;
        }

        return LogicalType.Decimal(Math.Max(Digits(value), Math.Max(scale, 1)), scale);
    }

    private static Int128[] MakePowers()
    {
        var powers = new Int128[LogicalType.MaxDecimalPrecision + 1];
        powers[0] = Int128.One;
        for (int i = 1; i < powers.Length; i++)
        {
            powers[i] = powers[i - 1] * 10;
        }

        return powers;
    }
}
