using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Text.Unicode;

namespace Millrace.Connectors.MongoDb.Bson;

/// <summary>
/// Checks of short names and texts, eight bytes at a time. Most are ASCII and under 16 bytes, where a call of the vectorised
/// routines costs more than the work; those take over for the rest.
/// </summary>
internal static class ShortText
{
    private const ulong HighBits = 0x8080_8080_8080_8080;
    private const ulong LowBits = 0x0101_0101_0101_0101;

    /// <summary>Finds the NUL that ends a name and says whether the bytes before it are UTF-8.</summary>
    /// <param name="bytes">From the name's first byte on.</param>
    /// <param name="isUtf8">Whether the name is UTF-8.</param>
    /// <returns>The name's length, or -1 where there is no NUL.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int NameLength(ReadOnlySpan<byte> bytes, out bool isUtf8)
    {
        if (bytes.Length >= sizeof(ulong))
        {
            var word = BinaryPrimitives.ReadUInt64LittleEndian(bytes);

            // The lowest set bit marks the first zero byte; bits above it can be wrong, so only the lowest is used.
            var zeros = (word - LowBits) & ~word & HighBits;
            if (zeros != 0 && (word & HighBits & (zeros ^ (zeros - 1))) == 0)
            {
                isUtf8 = true;
                return BitOperations.TrailingZeroCount(zeros) >> 3;
            }
        }

        return LongNameLength(bytes, out isUtf8);
    }

    /// <summary>Whether the bytes are UTF-8.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool IsUtf8(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length is >= sizeof(ulong) and <= 2 * sizeof(ulong))
        {
            var both = BinaryPrimitives.ReadUInt64LittleEndian(bytes)
                | BinaryPrimitives.ReadUInt64LittleEndian(bytes[^sizeof(ulong)..]);
            if ((both & HighBits) == 0)
            {
                return true;
            }
        }
        else if (bytes.Length is >= sizeof(uint) and < sizeof(ulong))
        {
            var both = BinaryPrimitives.ReadUInt32LittleEndian(bytes)
                | BinaryPrimitives.ReadUInt32LittleEndian(bytes[^sizeof(uint)..]);
            if ((both & HighBits) == 0)
            {
                return true;
            }
        }

        return Utf8.IsValid(bytes);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static int LongNameLength(ReadOnlySpan<byte> bytes, out bool isUtf8)
    {
        var length = bytes.IndexOf((byte)0);
        isUtf8 = length < 0 || Utf8.IsValid(bytes[..length]);
        return length;
    }
}
