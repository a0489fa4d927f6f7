using System.Runtime.CompilerServices;
using Millrace.Core.Schemas;

namespace Millrace.Core.Batches;

/// <summary>A column of fixed-length values. See <see cref="TypeKind"/> for the physical form of each kind.</summary>
/// <typeparam name="T">The physical form.</typeparam>
public sealed class Column<T> : Column
    where T : unmanaged
{
    private T[] _values = ColumnPool<T>.Shared.Rent(256);

    internal Column(LogicalType type)
        : base(type)
    {
    }

    /// <summary>The values, one a row; the value of a null row is not defined.</summary>
    public Span<T> Values => _values.AsSpan(0, Count);

    /// <inheritdoc/>
    public override long MemoryBytes => (long)Count * Unsafe.SizeOf<T>();

    /// <summary>Writes the next row.</summary>
    public void Append(T value) => AppendAt(Count, value);

    /// <summary>Writes row <paramref name="row"/>, which must not be before <see cref="Column.Count"/>; rows passed over are null.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void AppendAt(int row, T value)
    {
        MarkPresent(row);
        _values[row] = value;
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
            Append(((Column<T>)other)._values[row]);
        }
    }

    /// <summary>
    /// Changes the logical type without touching the values: a decimal column whose values the caller has rescaled, a timestamp whose
    /// precision rises.
    /// </summary>
    /// <exception cref="InvalidOperationException">The new type has another kind.</exception>
    public void Retype(LogicalType type)
    {
        if (type.Kind != Type.Kind)
        {
            throw new InvalidOperationException($"A column of {Type} cannot be retyped to {type}.");
        }

        Type = type;
    }

    private protected override void EnsureValues(int rows)
    {
        if (rows > _values.Length)
        {
            T[] larger = ColumnPool<T>.Shared.Rent(Math.Max(rows, _values.Length * 2));
            _values.AsSpan(0, Count).CopyTo(larger);
            ColumnPool<T>.Shared.Return(_values);
            _values = larger;
        }
    }

    private protected override void TruncateValues(int row)
    {
    }

    private protected override void ReturnValues()
    {
        ColumnPool<T>.Shared.Return(_values);
        _values = [];
    }
}
