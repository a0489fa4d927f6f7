using Millrace.Connectors.DuckDb.Native;
using Millrace.Core.Batches;

namespace Millrace.Connectors.DuckDb.Writers;

/// <summary>100 ns ticks into the microseconds of TIME, TIMESTAMP and TIMESTAMPTZ. A value with a seventh digit is refused,
/// never rounded.</summary>
internal sealed unsafe class TicksWriter : DuckDbColumnWriter
{
    /// <summary>Ticks since midnight; 24:00:00 is a time of day to DuckDB.</summary>
    internal static readonly TicksWriter Time =
        new(0, TimeSpan.TicksPerDay, "the time has more than six fractional digits or lies outside a day");

    /// <summary>Ticks since 1970. All of them lie within DuckDB's range.</summary>
    internal static readonly TicksWriter Timestamp =
        new(long.MinValue, long.MaxValue, "the timestamp has more than six fractional digits");

    private readonly long _first;
    private readonly long _last;

    private TicksWriter(long first, long last, string refusal)
    {
        _first = first;
        _last = last;
        Refusal = refusal;
    }

    internal override string Refusal { get; }

    internal override int FirstRefused(Column column, int from, int to)
    {
        ReadOnlySpan<long> ticks = ((Column<long>)column).Values;
        for (int row = from; row < to; row++)
        {
            long value = ticks[row];
            if ((value % TimeSpan.TicksPerMicrosecond != 0 || value < _first || value > _last) && !column.IsNull(row))
                return row;
        }

        return -1;
    }

    private protected override void WriteValues(Column column, int from, int count, DuckDbVector vector, int at)
    {
        ReadOnlySpan<long> ticks = ((Column<long>)column).Values.Slice(from, count);
        long* micros = vector.Data<long>() + at;
        for (int i = 0; i < ticks.Length; i++)
            micros[i] = ticks[i] / TimeSpan.TicksPerMicrosecond;
    }
}
