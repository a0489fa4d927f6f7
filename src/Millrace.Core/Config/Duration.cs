using System.Globalization;
using System.Text;

namespace Millrace.Core.Config;

/// <summary>A length of time as the project file writes it: <c>500ms</c>, <c>30s</c>, <c>10m</c>, <c>2h30m</c>, <c>1d</c>.</summary>
public static class Duration
{
    private static readonly System.Buffers.SearchValues<char> Digits = System.Buffers.SearchValues.Create("0123456789.");

    private static readonly (string Unit, long Milliseconds)[] Units =
        [("d", 86_400_000), ("h", 3_600_000), ("ms", 1), ("m", 60_000), ("s", 1000)];

    /// <summary>Reads a duration; each part needs its unit, a bare number is refused.</summary>
    public static bool TryParse(string? text, out TimeSpan duration)
    {
        duration = default;
        ReadOnlySpan<char> rest = text.AsSpan().Trim();
        if (rest.IsEmpty)
        {
            return false;
        }

        double total = 0;
        while (!rest.IsEmpty)
        {
            int digits = rest.IndexOfAnyExcept(Digits);
            if (digits <= 0 || !double.TryParse(rest[..digits], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double number))
            {
                return false;
            }

            rest = rest[digits..];
            long factor = UnitOf(rest, out int length);
            if (factor == 0)
            {
                return false;
            }

            total += number * factor;
            rest = rest[length..];
        }

        if (total > TimeSpan.MaxValue.TotalMilliseconds / 2)
        {
            return false;
        }

        duration = TimeSpan.FromMilliseconds(total);
        return true;
    }

    /// <summary>The duration in the same notation, shortest form: <c>2h30m</c>.</summary>
    public static string Format(TimeSpan duration)
    {
        long left = (long)duration.TotalMilliseconds;
        if (left == 0)
        {
            return "0s";
        }

        var text = new StringBuilder();
        foreach ((string unit, long factor) in Units.OrderByDescending(u => u.Milliseconds))
        {
            if (left / factor is > 0 and long count)
            {
                text.Append(CultureInfo.InvariantCulture, $"{count}{unit}");
                left %= factor;
            }
        }

        return text.ToString();
    }

    private static long UnitOf(ReadOnlySpan<char> text, out int length)
    {
        foreach ((string unit, long factor) in Units)
        {
            if (text.StartsWith(unit, StringComparison.OrdinalIgnoreCase))
            {
                length = unit.Length;
                return factor;
            }
        }

        length = 0;
        return 0;
    }
}
