using System.Buffers;
using System.Runtime.CompilerServices;
using Millrace.Core.Schemas;

namespace Millrace.Core.Batches;

/// <summary>
/// A column of text, JSON or bytes: the values stand one after the other in one buffer. A value can be appended whole, or written in
/// pieces through the <see cref="IBufferWriter{T}"/> side and closed with <see cref="EndValue"/>.
/// </summary>
public sealed class VarColumn : Column, IBufferWriter<byte>
{
    private int[] _ends = ColumnPool<int>.Shared.Rent(256);
    private byte[] _bytes = ColumnPool<byte>.Shared.Rent(4096);
    private int _used;      // bytes of finished values
    private int _pending;   // bytes of the value that is being written
    private int _endRows;   // rows whose end is known; equals Count between calls

    internal VarColumn(LogicalType type)
        : base(type)
    {
    }

    /// <summary>The value of a row; empty where the row is null. Valid until the next append.</summary>
    public ReadOnlySpan<byte> this[int row]
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get
        {
            int start = row == 0 ? 0 : _ends[row - 1];
            return _bytes.AsSpan(start, _ends[row] - start);
        }
    }

    /// <summary>Bytes of all values.</summary>
    public int ByteCount => _used;

    /// <summary>All values, one after the other: what the row spans point into, for callers that pin them. Valid until the next append.</summary>
    public ReadOnlyMemory<byte> AllBytes => _bytes.AsMemory(0, _used);

    /// <inheritdoc/>
    public override long MemoryBytes => _used + ((long)Count * sizeof(int));

    /// <summary>Writes the next row.</summary>
    public void Append(ReadOnlySpan<byte> value) => AppendAt(Count, value);

    /// <summary>Writes row <paramref name="row"/>; rows passed over are null.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void AppendAt(int row, ReadOnlySpan<byte> value)
    {
        value.CopyTo(GetSpan(value.Length));
        _pending = value.Length;
        EndValue(row);
    }

    /// <summary>Closes the value written since the last row as row <paramref name="row"/>.</summary>
    public void EndValue(int row)
    {
        MarkPresent(row);
        _used += _pending;
        _pending = 0;
        _ends[row] = _used;
        _endRows = row + 1;
    }

    /// <summary>Throws away what was written since the last closed value.</summary>
    public void DropValue() => _pending = 0;

    /// <inheritdoc/>
    public void Advance(int count) => _pending += count;

    /// <inheritdoc/>
    public Span<byte> GetSpan(int sizeHint = 0)
    {
        EnsureBytes(Math.Max(sizeHint, 1));
        return _bytes.AsSpan(_used + _pending);
    }

    /// <inheritdoc/>
    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        EnsureBytes(Math.Max(sizeHint, 1));
        return _bytes.AsMemory(_used + _pending);
    }

    /// <inheritdoc/>
    public override void AppendFrom(Column other, int row)
    {
        ArgumentNullException.ThrowIfNull(other);
        if (other.IsUnset(row))
        {
            AppendUnset();
        }
        else if (other.IsNull(row))
        {
            AppendNull();
        }
        else
        {
            Append(((VarColumn)other)[row]);
        }
    }

    private protected override void EnsureValues(int rows)
    {
        if (rows > _ends.Length)
        {
            int[] larger = ColumnPool<int>.Shared.Rent(Math.Max(rows, _ends.Length * 2));
            _ends.AsSpan(0, _endRows).CopyTo(larger);
            ColumnPool<int>.Shared.Return(_ends);
            _ends = larger;
        }

        // Rows passed over are empty: they end where the last value ended.
        if (rows > _endRows)
        {
            _ends.AsSpan(_endRows, rows - _endRows).Fill(_used);
            _endRows = rows;
        }
    }

    private protected override void TruncateValues(int row)
    {
        _used = row == 0 ? 0 : _ends[row - 1];
        _pending = 0;
        _endRows = row;
    }

    private protected override void ReturnValues()
    {
        ColumnPool<int>.Shared.Return(_ends);
        ColumnPool<byte>.Shared.Return(_bytes);
        _ends = [];
        _bytes = [];
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void EnsureBytes(int more)
    {
        if (_bytes.Length - _used - _pending < more)
        {
            Grow(more);
        }
    }

    private void Grow(int more)
    {
        long needed = (long)_used + _pending + more;
        if (needed > Array.MaxLength)
        {
            throw new InvalidOperationException("A column of one batch cannot hold more than 2 GiB.");
        }

        byte[] larger = ColumnPool<byte>.Shared.Rent((int)Math.Min(Math.Max(needed, (long)_bytes.Length * 2), Array.MaxLength));
        _bytes.AsSpan(0, _used + _pending).CopyTo(larger);
        ColumnPool<byte>.Shared.Return(_bytes);
        _bytes = larger;
    }
}
