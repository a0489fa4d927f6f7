using System.Runtime.CompilerServices;

namespace Millrace.Connectors.DuckDb.Native;

/// <summary>A column of a data chunk.</summary>
internal readonly unsafe ref struct DuckDbVector
{
    private readonly nint _vector;

    internal DuckDbVector(nint vector) => _vector = vector;

    /// <summary>The values; those of null rows mean nothing.</summary>
    internal T* Data<T>()
        where T : unmanaged => (T*)DuckDbNative.duckdb_vector_get_data(_vector);

    /// <summary>One bit a row, 1 = has a value; null while every row has one.</summary>
    internal ulong* Validity => DuckDbNative.duckdb_vector_get_validity(_vector);

    /// <summary>The bits of <see cref="Validity"/>, made writable with every row valid.</summary>
    internal ulong* WritableValidity()
    {
        DuckDbNative.duckdb_vector_ensure_validity_writable(_vector);
        return DuckDbNative.duckdb_vector_get_validity(_vector);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static bool IsValid(ulong* validity, int row) =>
        validity == null || (validity[row >> 6] & (1UL << (row & 63))) != 0;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void SetNull(ulong* validity, int row) => validity[row >> 6] &= ~(1UL << (row & 63));
}
