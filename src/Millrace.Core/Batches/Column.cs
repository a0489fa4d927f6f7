using System.Runtime.CompilerServices;
using Millrace.Core.Schemas;

namespace Millrace.Core.Batches;

/// <summary>
/// Values of one column, growing row by row on pooled memory. Rows are written in order; a row that was passed over is null. Not
/// safe for concurrent use. Dispose returns the memory; the values must not be touched afterwards.
/// </summary>
public abstract class Column : IDisposable
{
    private ulong[] _present = ColumnPool<ulong>.Shared.Rent(16);
    private ulong[]? _unset;
    private int _presentWords;

    private protected Column(LogicalType type) => Type = type;

    /// <summary>The logical type. A decimal column's scale may rise while it is built.</summary>
    public LogicalType Type { get; private protected set; }

    /// <summary>Rows written so far, nulls and unset ones counted.</summary>
    public int Count { get; private protected set; }

    /// <summary>Rows that hold no value: nulls and unset ones.</summary>
    public int NullCount { get; private protected set; }

    /// <summary>True when at least one row is unset.</summary>
    public bool HasUnset => _unset is not null;

    /// <summary>Bytes of memory that the values take, for in-flight accounting.</summary>
    public abstract long MemoryBytes { get; }

    /// <summary>True where the row has no value, because it is null or unset.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool IsNull(int row) => (_present[row >> 6] & (1UL << row)) == 0;

    /// <summary>True where the change says nothing of this column: what the target holds stays.</summary>
    public bool IsUnset(int row) => _unset is not null && (row >> 6) < _unset.Length && (_unset[row >> 6] & (1UL << row)) != 0;

    /// <summary>Writes nulls until <see cref="Count"/> is <paramref name="row"/>.</summary>
    public void PadTo(int row)
    {
        if (Count < row)
        {
            NullCount += row - Count;
            EnsureRows(row);
            Count = row;
        }
    }

    /// <summary>Writes a null row.</summary>
    public void AppendNull() => PadTo(Count + 1);

    /// <summary>Writes an unset row.</summary>
    public void AppendUnset()
    {
        int row = Count;
        PadTo(row + 1);
        int word = row >> 6;
        if (_unset is null || _unset.Length <= word)
        {
            Array.Resize(ref _unset, Math.Max(16, (word + 1) * 2));
        }

        _unset[word] |= 1UL << row;
    }

    /// <summary>Takes back every row from <paramref name="row"/> on; used when a row turns out to be bad half-way.</summary>
    public void TruncateTo(int row)
    {
        for (int i = row; i < Count; i++)
        {
            NullCount -= IsNull(i) ? 1 : 0;
            _present[i >> 6] &= ~(1UL << i);
            if (_unset is not null && (i >> 6) < _unset.Length)
            {
                _unset[i >> 6] &= ~(1UL << i);
            }
        }

        if (row < Count)
        {
            TruncateValues(row);
            Count = row;
        }
    }

    /// <summary>Makes the row null whatever it held.</summary>
    public void SetNull(int row)
    {
        if (!IsNull(row))
        {
            _present[row >> 6] &= ~(1UL << row);
            NullCount++;
        }
    }

    /// <summary>Appends row <paramref name="row"/> of a column of the same physical type, null and unset marks with it.</summary>
    public abstract void AppendFrom(Column other, int row);

    /// <summary>A column with the same rows and memory of its own.</summary>
    internal Column Copy()
    {
        Column copy = Create(Type);
        for (int row = 0; row < Count; row++)
        {
            copy.AppendFrom(this, row);
        }

        return copy;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_present.Length > 0)
        {
            ColumnPool<ulong>.Shared.Return(_present);
            _present = [];
            ReturnValues();
        }

        GC.SuppressFinalize(this);
    }

    /// <summary>Creates an empty column of the physical form that <paramref name="type"/> has.</summary>
    public static Column Create(LogicalType type) => type.Kind switch
    {
        TypeKind.Boolean => new Column<bool>(type),
        TypeKind.Int16 => new Column<short>(type),
        TypeKind.Int32 or TypeKind.Date => new Column<int>(type),
        TypeKind.Int64 or TypeKind.Time or TypeKind.Timestamp => new Column<long>(type),
        TypeKind.Float32 => new Column<float>(type),
        TypeKind.Float64 => new Column<double>(type),
        TypeKind.Decimal => new Column<Int128>(type),
        TypeKind.Uuid => new Column<Guid>(type),
        _ => new VarColumn(type),
    };

    private protected abstract void EnsureValues(int rows);

    private protected abstract void TruncateValues(int row);

    private protected abstract void ReturnValues();

    /// <summary>Moves <see cref="Count"/> past <paramref name="row"/> and marks that row as holding a value.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private protected void MarkPresent(int row)
    {
        if (row != Count)
        {
            ThrowIfWritten(row);
            PadTo(row);
        }

        EnsureRows(row + 1);
        _present[row >> 6] |= 1UL << row;
        Count = row + 1;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void EnsureRows(int rows)
    {
        int words = (rows + 63) >> 6;
        if (words > _presentWords)
        {
            GrowMarks(words);
        }

        EnsureValues(rows);
    }

    private void GrowMarks(int words)
    {
        if (words > _present.Length)
        {
            ulong[] larger = ColumnPool<ulong>.Shared.Rent(Math.Max(words, _present.Length * 2));
            _present.AsSpan(0, _presentWords).CopyTo(larger);
            ColumnPool<ulong>.Shared.Return(_present);
            _present = larger;
        }

        // Rented memory is dirty: a word is cleared when the first row reaches it.
        _present.AsSpan(_presentWords, words - _presentWords).Clear();
        _presentWords = words;
    }

    private void ThrowIfWritten(int row)
    {
        if (row < Count)
        {
            throw new InvalidOperationException($"Row {row} of the column is written already (rows so far: {Count}).");
        }
    }
}
