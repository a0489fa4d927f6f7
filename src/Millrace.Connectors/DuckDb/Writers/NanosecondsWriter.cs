using Millrace.Connectors.DuckDb.Native;
using Millrace.Core.Batches;

namespace Millrace.Connectors.DuckDb.Writers;

/// <summary>100 ns ticks into TIMESTAMP_NS, which reaches from 1677-09-22 to 2262-04-11.</summary>
internal sealed unsafe class NanosecondsWriter : DuckDbColumnWriter
{
    internal static readonly NanosecondsWriter Instance = new();

    private const long NanosecondsPerTick = 100;

    // The outermost nanoseconds mean infinity; no multiple of 100 meets them, but 1677-09-21 is not whole: DuckDB
    // refuses to print it.
    private const long First = -9_223_286_400_000_000_000 / NanosecondsPerTick;
    private const long Last = long.MaxValue / NanosecondsPerTick;

    internal override string Refusal => "the timestamp is outside the years 1677 to 2262 of DuckDB's TIMESTAMP_NS";

    internal override int FirstRefused(Column column, int from, int to)
    {
        ReadOnlySpan<long> ticks = ((Column<long>)column).Values;
        for (int row = from; row < to; row++)
        {
            if (ticks[row] is < First or > Last && !column.IsNull(row))
                return row;
        }

        return -1;
    }

    private protected override void WriteValues(Column column, int from, int count, DuckDbVector vector, int at)
    {
        ReadOnlySpan<long> ticks = ((Column<long>)column).Values.Slice(from, count);
        long* nanoseconds = vector.Data<long>() + at;
        for (int i = 0; i < ticks.Length; i++)
            nanoseconds[i] = ticks[i] * NanosecondsPerTick;
    }
}
