using Millrace.Core.Batches;
using Millrace.Core.Schemas;

namespace Millrace.Core.Engine.Shaping;

/// <summary>
/// Values that the wider type of a pair cannot hold: integers beyond ±2^53 on the way to float64, dates beyond what 100 ns ticks in 64 bits
/// can say on the way to a timestamp.
/// </summary>
internal static class WideValues
{
    private const int MaxTickDays = (int)(long.MaxValue / TimeSpan.TicksPerDay) - 1;

    /// <summary>True for kinds that may hold such values.</summary>
    public static bool MayHold(TypeKind kind) => kind is TypeKind.Int64 or TypeKind.Date;

    /// <summary>True where the row's value is one; the row holds a value.</summary>
    public static bool IsWide(Column column, int row) => column switch
    {
        Column<long> c when c.Type.Kind == TypeKind.Int64 => TypeLattice.IsWide(c.Values[row]),
        Column<int> c when c.Type.Kind == TypeKind.Date => c.Values[row] is > MaxTickDays or < -MaxTickDays,
        _ => false,
    };

    /// <summary>True where any row holds one.</summary>
    public static bool Any(Column column)
    {
        if (!MayHold(column.Type.Kind))
        {
            return false;
        }

        for (int row = 0; row < column.Count; row++)
        {
            if (IsWide(column, row) && !column.IsNull(row))
            {
                return true;
            }
        }

        return false;
    }
}
