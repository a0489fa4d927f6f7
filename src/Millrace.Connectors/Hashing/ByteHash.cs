using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Millrace.Connectors.Hashing;

/// <summary>
/// A fast 64-bit hash of bytes for tables in memory. The same only within one process where the seed is <see cref="RandomSeed"/>; never for
/// anything that is stored.
/// </summary>
internal static class ByteHash
{
    /// <summary>A seed that differs from process to process, so that nobody can send keys that all fall into one slot.</summary>
    public static ulong RandomSeed { get; } = (ulong)Random.Shared.NextInt64(long.MinValue, long.MaxValue);

    /// <summary>Hashes bytes.</summary>
    public static ulong Of(ReadOnlySpan<byte> bytes, ulong seed)
    {
        ulong hash = seed ^ ((ulong)bytes.Length * 0x9E3779B97F4A7C15);
        while (bytes.Length >= sizeof(ulong))
        {
            hash = Mix(hash ^ Unsafe.ReadUnaligned<ulong>(ref MemoryMarshal.GetReference(bytes)));
            bytes = bytes[sizeof(ulong)..];
        }

        ulong tail = 0;
        foreach (byte value in bytes)
        {
            tail = (tail << 8) | value;
        }

        return Mix(hash ^ tail);
    }

    /// <summary>Hashes a number.</summary>
    public static ulong Of(ulong value, ulong seed) => Mix(seed ^ (value + 0x9E3779B97F4A7C15));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Mix(ulong value)
    {
        ulong high = Math.BigMul(value ^ 0xA0761D6478BD642F, 0xE7037ED1A0B428DB, out ulong low);
        return BitOperations.RotateLeft(high ^ low, 23);
    }
}
