using System.Numerics;
using Millrace.Connectors.DuckDb.Native;
using Millrace.Core.Batches;

namespace Millrace.Connectors.DuckDb.Writers;

/// <summary>Scaled Int128 into DECIMAL(p,s), which DuckDB keeps in 16, 32, 64 or 128 bits by its precision. Where the column's
/// scale is not the table's, values are rescaled exactly or refused.</summary>
internal static class DecimalWriter
{
    internal static DuckDbColumnWriter For(DuckDbColumnType target) => target.Storage switch
    {
        DuckDbTypeId.SmallInt => new Writer<short>(target),
        DuckDbTypeId.Integer => new Writer<int>(target),
        DuckDbTypeId.BigInt => new Writer<long>(target),
        _ => new Writer<Int128>(target),
    };

    /// <summary>10 to the power of 0 to 38.</summary>
    internal static readonly Int128[] Powers = CreatePowers();

    private static Int128[] CreatePowers()
    {
        Int128[] powers = new Int128[39];
        powers[0] = 1;
        for (int i = 1; i < powers.Length; i++)
            powers[i] = powers[i - 1] * 10;
        return powers;
    }

    private sealed unsafe class Writer<T>(DuckDbColumnType target) : DuckDbColumnWriter
        where T : unmanaged, IBinaryInteger<T>
    {
        internal override string Refusal => $"the number does not fit DECIMAL({target.Width},{target.Scale})";

        internal override int FirstRefused(Column column, int from, int to)
        {
            ReadOnlySpan<Int128> values = ((Column<Int128>)column).Values;
            int shift = target.Scale - column.Type.Scale;

            // Rising scale: the bound is what still fits after the multiplication. Falling: the rest must be zero.
            Int128 bound = Powers[target.Width - Math.Clamp(shift, 0, target.Width)];
            Int128 divisor = Powers[Math.Max(0, -shift)];
            for (int row = from; row < to; row++)
            {
                Int128 value = values[row];
                if (shift < 0)
                {
                    (Int128 quotient, Int128 rest) = Int128.DivRem(value, divisor);
                    value = rest == 0 ? quotient : bound;
                }

                if ((value >= bound || value <= -bound) && !column.IsNull(row))
                    return row;
            }

            return -1;
        }

        private protected override void WriteValues(Column column, int from, int count, DuckDbVector vector, int at)
        {
            ReadOnlySpan<Int128> values = ((Column<Int128>)column).Values.Slice(from, count);
            T* result = vector.Data<T>() + at;
            int shift = target.Scale - column.Type.Scale;
            if (shift == 0)
            {
                for (int i = 0; i < values.Length; i++)
                    result[i] = T.CreateTruncating(values[i]);
                return;
            }

            Int128 factor = Powers[Math.Abs(shift)];
            for (int i = 0; i < values.Length; i++)
                result[i] = T.CreateTruncating(shift > 0 ? values[i] * factor : values[i] / factor);
        }
    }
}
