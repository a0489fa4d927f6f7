using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace Millrace.Connectors.PostgreSql.Copy;

/// <summary>Pooled bytes that grow at their end and can be taken back to a mark. Integers are big-endian, as on PostgreSQL's wire.</summary>
internal sealed class CopyBuffer : IDisposable
{
    private byte[] _bytes = ArrayPool<byte>.Shared.Rent(512 * 1024);

    /// <summary>Bytes written.</summary>
    public int Length { get; set; }

    /// <summary>What was written.</summary>
    public ReadOnlyMemory<byte> Written => _bytes.AsMemory(0, Length);

    /// <summary>Room for <paramref name="size"/> bytes, counted as written.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Span<byte> Take(int size)
    {
        int start = Length;
        if (_bytes.Length - start < size)
        {
            Grow(size);
        }

        Length = start + size;
        return _bytes.AsSpan(start, size);
    }

    /// <summary>Writes a 16-bit integer.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void WriteInt16(short value) => BinaryPrimitives.WriteInt16BigEndian(Take(sizeof(short)), value);

    /// <summary>Writes a 32-bit integer.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void WriteInt32(int value) => BinaryPrimitives.WriteInt32BigEndian(Take(sizeof(int)), value);

    /// <summary>Writes bytes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Write(ReadOnlySpan<byte> bytes) => bytes.CopyTo(Take(bytes.Length));

    /// <inheritdoc/>
    public void Dispose()
    {
        byte[] bytes = _bytes;
        _bytes = [];
        if (bytes.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(bytes);
        }
    }

    private void Grow(int size)
    {
        long needed = (long)Length + size;
        if (needed > Array.MaxLength)
        {
            throw new InvalidOperationException("A row does not fit into PostgreSQL's 1 GiB.");
        }

        byte[] larger = ArrayPool<byte>.Shared.Rent((int)Math.Min(Math.Max(needed, 2L * _bytes.Length), Array.MaxLength));
        _bytes.AsSpan(0, Length).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(_bytes);
        _bytes = larger;
    }
}
