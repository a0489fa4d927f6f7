using System.Buffers;

namespace Millrace.Core.Batches;

/// <summary>
/// The memory of columns. The shared pool keeps a few arrays of a size for each core; a run has as many of one size in flight as its batches have
/// columns, so it would allocate most of them anew. This one keeps all that were in flight at once, which the bytes in flight bound.
/// </summary>
/// <typeparam name="T">The values.</typeparam>
internal static class ColumnPool<T>
{
    private const int LargestKept = 16 << 20;
    private const int KeptOfOneSize = 1024;

    /// <summary>The pool.</summary>
    public static ArrayPool<T> Shared { get; } = ArrayPool<T>.Create(LargestKept, KeptOfOneSize);
}
