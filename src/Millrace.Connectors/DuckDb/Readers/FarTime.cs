using System.Globalization;
using Millrace.Core.Batches;
using Millrace.Core.Schemas;

namespace Millrace.Connectors.DuckDb.Readers;

/// <summary>The text of timestamps that ticks do not hold: beyond their years, or finer than they are.</summary>
internal static class FarTime
{
    private const long SecondsPerDay = 86_400;

    /// <summary>The text.</summary>
    /// <param name="value">Units since 1970-01-01.</param>
    /// <param name="perSecond">Units in a second.</param>
    /// <param name="type">The column's type.</param>
    internal static string Text(long value, long perSecond, LogicalType type)
    {
        (long seconds, long fraction) = Floor(value, perSecond);
        (long days, long second) = Floor(seconds, SecondsPerDay);
        using var date = (Column<int>)Column.Create(LogicalType.Date);
        date.Append((int)days);
        int digits = (int)Math.Log10(perSecond);
        string fine = digits == 0 ? "" : "." + fraction.ToString("D" + digits.ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
        return $"{ValueText.Of(date, 0)}T{TimeSpan.FromSeconds(second):hh\\:mm\\:ss}{fine}{(type.IsUtc ? "Z" : "")}";
    }

    private static (long Whole, long Left) Floor(long value, long by)
    {
        (long quotient, long rest) = Math.DivRem(value, by);
        return rest < 0 ? (quotient - 1, rest + by) : (quotient, rest);
    }
}
