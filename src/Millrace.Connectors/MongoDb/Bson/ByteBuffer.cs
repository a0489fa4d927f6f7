using System.Buffers;
using System.Runtime.CompilerServices;

namespace Millrace.Connectors.MongoDb.Bson;

/// <summary>A growable buffer over pooled memory. Made once, cleared and used again for each document; not thread-safe.</summary>
public sealed class ByteBuffer : IBufferWriter<byte>, IDisposable
{
    private const int SmallestGrowth = 256;

    private byte[] _bytes;
    private int _length;

    /// <summary>Creates a buffer.</summary>
    /// <param name="capacity">Bytes to hold before the first growth.</param>
    public ByteBuffer(int capacity = SmallestGrowth)
    {
        _bytes = ArrayPool<byte>.Shared.Rent(Math.Max(capacity, 1));
    }

    /// <summary>Bytes written. Setting it lower takes back what was written after.</summary>
    public int Length
    {
        get => _length;
        set
        {
            ArgumentOutOfRangeException.ThrowIfNegative(value);
            ArgumentOutOfRangeException.ThrowIfGreaterThan(value, _length);
            _length = value;
        }
    }

    /// <summary>What has been written, until the next write.</summary>
    public ReadOnlySpan<byte> WrittenSpan => _bytes.AsSpan(0, _length);

    /// <summary>What has been written, until the next write.</summary>
    public ReadOnlyMemory<byte> WrittenMemory => _bytes.AsMemory(0, _length);

    /// <summary>Forgets what was written and keeps the memory.</summary>
    public void Clear() => _length = 0;

    /// <inheritdoc/>
    public void Advance(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, _bytes.Length - _length);
        _length += count;
    }

    /// <inheritdoc/>
    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        Reserve(Math.Max(sizeHint, 1));
        return _bytes.AsMemory(_length);
    }

    /// <inheritdoc/>
    public Span<byte> GetSpan(int sizeHint = 0)
    {
        Reserve(Math.Max(sizeHint, 1));
        return _bytes.AsSpan(_length);
    }

    /// <summary>Appends <paramref name="bytes"/>.</summary>
    public void Write(ReadOnlySpan<byte> bytes) => bytes.CopyTo(Take(bytes.Length));

    /// <summary>Appends one byte.</summary>
    public void Write(byte value) => Take(1)[0] = value;

    /// <summary>Gives the memory back to the pool. The buffer can be used again, from empty.</summary>
    public void Dispose()
    {
        var bytes = _bytes;
        _bytes = [];
        _length = 0;
        if (bytes.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(bytes);
        }
    }

    /// <summary>Appends <paramref name="count"/> bytes for the caller to fill in.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal Span<byte> Take(int count)
    {
        Reserve(count);
        var span = _bytes.AsSpan(_length, count);
        _length += count;
        return span;
    }

    /// <summary>Written bytes that can still be changed, from <paramref name="offset"/> on.</summary>
    internal Span<byte> Patch(int offset) => _bytes.AsSpan(offset, _length - offset);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Reserve(int count)
    {
        if (count > _bytes.Length - _length)
        {
            Grow(count);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Grow(int count)
    {
        var needed = (long)_length + count;
        if (needed > Array.MaxLength)
        {
            BsonThrow.TooLarge();
        }

        var capacity = Math.Clamp(2L * _bytes.Length, Math.Max(needed, SmallestGrowth), Array.MaxLength);
        var larger = ArrayPool<byte>.Shared.Rent((int)capacity);
        WrittenSpan.CopyTo(larger);
        if (_bytes.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(_bytes);
        }

        _bytes = larger;
    }
}
