using System.Buffers;

namespace Millrace.Core.Batches;

/// <summary>
/// The memory of columns. The shared pool keeps a few arrays of a size for each core; a run has as many of one size in flight as its batches have
/// columns, so it would allocate most of them anew. This one keeps all that were in flight at once, which the bytes in flight bound.
/// </summary>
/// <typeparam name="T">The values.</typeparam>
internal sealed class ColumnPool<T>
{
    private const int LargestKept = 16 << 20;
    private const int KeptOfOneSize = 1024;
    private readonly ArrayPool<T> _arrays = ArrayPool<T>.Create(LargestKept, KeptOfOneSize);

    private ColumnPool()
    {
    }

    /// <summary>The pool.</summary>
    public static ColumnPool<T> Shared { get; } = new();

    /// <summary>An array of at least this length, its content left from before.</summary>
    public T[] Rent(int length)
    {
        ColumnPool.Rented();
        return _arrays.Rent(length);
    }

    /// <summary>Gives an array back.</summary>
    public void Return(T[] array)
    {
        ColumnPool.Returned();
        _arrays.Return(array);
    }
}

/// <summary>What all pools have handed out; an array is a few kilobytes and more, so that counting costs nothing.</summary>
internal static class ColumnPool
{
    private static long _outstanding;

    /// <summary>Arrays that were rented and not given back yet: none where no batch is alive.</summary>
    public static long Outstanding => Interlocked.Read(ref _outstanding);

    public static void Rented() => Interlocked.Increment(ref _outstanding);

    public static void Returned() => Interlocked.Decrement(ref _outstanding);
}
