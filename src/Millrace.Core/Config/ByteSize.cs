using System.Globalization;

namespace Millrace.Core.Config;

/// <summary>A number of bytes, written 500B, 64KB, 50MB, 2GB (powers of 1000) or 64KiB, 50MiB, 1GiB (powers of 1024).</summary>
/// <param name="Bytes">The number of bytes.</param>
public readonly record struct ByteSize(long Bytes)
{
    private static readonly (string Unit, long Factor)[] Units =
    [
        ("KiB", 1L << 10), ("MiB", 1L << 20), ("GiB", 1L << 30), ("TiB", 1L << 40),
        ("KB", 1000), ("MB", 1_000_000), ("GB", 1_000_000_000), ("TB", 1_000_000_000_000), ("B", 1),
    ];

    /// <summary>Reads a size; a bare number is bytes.</summary>
    public static bool TryParse(string? text, out ByteSize size)
    {
        size = default;
        text = text?.Trim();
        if (string.IsNullOrEmpty(text))
        {
            return false;
        }

        long factor = 1;
        foreach ((string unit, long unitFactor) in Units)
        {
            if (text.EndsWith(unit, StringComparison.OrdinalIgnoreCase))
            {
                factor = unitFactor;
                text = text[..^unit.Length].TrimEnd();
                break;
            }
        }

        if (!decimal.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out decimal number)
            || number > long.MaxValue / factor)
        {
            return false;
        }

        size = new((long)(number * factor));
        return true;
    }

    /// <summary>For people: <c>12.3 MB</c>.</summary>
    public override string ToString() => Bytes switch
    {
        < 1000 => $"{Bytes} B",
        < 1_000_000 => $"{Bytes / 1e3:0.#} KB",
        < 1_000_000_000 => $"{Bytes / 1e6:0.#} MB",
        < 1_000_000_000_000 => $"{Bytes / 1e9:0.##} GB",
        _ => $"{Bytes / 1e12:0.##} TB",
    };
}
