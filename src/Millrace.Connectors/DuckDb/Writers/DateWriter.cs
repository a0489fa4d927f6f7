using Millrace.Connectors.DuckDb.Native;
using Millrace.Core.Batches;

namespace Millrace.Connectors.DuckDb.Writers;

/// <summary>Days since 1970-01-01 into DATE, whose outermost values mean infinity.</summary>
internal sealed unsafe class DateWriter : DuckDbColumnWriter
{
    internal static readonly DateWriter Instance = new();

    // 5877642-06-25 BC, the first day that DuckDB's date functions and casts know.
    private const int First = -2147483646;
    private const int Last = 2147483646;

    internal override string Refusal => "the date is outside DuckDB's range";

    internal override int FirstRefused(Column column, int from, int to)
    {
        ReadOnlySpan<int> values = ((Column<int>)column).Values;
        for (int row = from; row < to; row++)
        {
            if (values[row] is < First or > Last && !column.IsNull(row))
                return row;
        }

        return -1;
    }

    private protected override void WriteValues(Column column, int from, int count, DuckDbVector vector, int at) =>
        ((Column<int>)column).Values.Slice(from, count).CopyTo(new Span<int>(vector.Data<int>() + at, count));
}
