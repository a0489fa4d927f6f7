using System.Buffers;
using Millrace.Connectors.Hashing;
using Millrace.Connectors.Sql.Bulk;
using Millrace.Core.Batches;
using Millrace.Core.Schemas;

namespace Millrace.Connectors.Sql.Merging;

/// <summary>
/// Finds the staged rows whose key came before in the same load, so that the merge looks for the last event of those keys alone. By hash: a row
/// may be marked though its key is new, which costs a look; one whose key came before is never missed.
/// </summary>
internal sealed class RepeatedKeys : IDisposable
{
    /// <summary>Keys that are remembered at most; 64 MB of memory.</summary>
    public const int MaxKeys = 4_000_000;

    private ulong[] _slots = [];
    private ulong[] _hashes = [];
    private int _size;
    private int _used;

    /// <summary>True where equal keys of these types have equal bytes in a batch, whatever the batch.</summary>
    public static bool CanTell(IEnumerable<LogicalType> key) => key.All(t => t.Kind
        is TypeKind.Boolean or TypeKind.Int16 or TypeKind.Int32 or TypeKind.Int64 or TypeKind.Text or TypeKind.Bytes or TypeKind.Uuid or TypeKind.Date);

    /// <summary>True where more keys than <see cref="MaxKeys"/> would be remembered.</summary>
    public bool IsFull => _used > MaxKeys;

    /// <summary>Marks the rows of <paramref name="rows"/> that are staged and whose key came before.</summary>
    /// <returns>How many there are.</returns>
    public int Mark(BulkRows rows, ReadOnlySpan<int> keyColumns)
    {
        int count = rows.Batch.RowCount;
        Prepare(count);
        Span<ulong> hashes = _hashes.AsSpan(0, count);
        hashes.Fill(ByteHash.RandomSeed);
        foreach (int key in keyColumns)
        {
            if (rows.BatchColumns[key] >= 0)
            {
                Mix(rows.Batch.Columns[rows.BatchColumns[key]], hashes);
            }
        }

        int repeated = 0;
        for (int row = 0; row < count; row++)
        {
            bool isRepeat = rows.Codes[row] != StageCode.Skip && !Add(hashes[row]);
            rows.Repeats[row] = isRepeat;
            repeated += isRepeat ? 1 : 0;
        }

        return repeated;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Return(ref _slots);
        Return(ref _hashes);
        _size = 0;
    }

    private static void Mix(Column column, Span<ulong> hashes)
    {
        switch (column)
        {
            case VarColumn texts:
                for (int row = 0; row < hashes.Length; row++)
                {
                    hashes[row] = ByteHash.Of(texts[row], hashes[row]);
                }

                break;
            case Column<long> numbers:
                Mix<long, SignedNumber<long>>(numbers, hashes);
                break;
            case Column<int> numbers:
                Mix<int, SignedNumber<int>>(numbers, hashes);
                break;
            case Column<short> numbers:
                Mix<short, SignedNumber<short>>(numbers, hashes);
                break;
            case Column<bool> flags:
                Mix<bool, Flag>(flags, hashes);
                break;
            case Column<Guid> ids:
                Mix<Guid, Id>(ids, hashes);
                break;
            default:
                // Left out of the hash: rows that differ in this column alone are then marked, which is allowed.
                break;
        }
    }

    private static void Mix<T, TNumber>(Column<T> column, Span<ulong> hashes)
        where T : unmanaged
        where TNumber : INumberOf<T>
    {
        ReadOnlySpan<T> values = column.Values;
        for (int row = 0; row < hashes.Length; row++)
        {
            hashes[row] = ByteHash.Of(TNumber.Of(values[row]), hashes[row]);
        }
    }

    private bool Add(ulong hash)
    {
        hash = hash == 0 ? 1 : hash;
        int mask = _size - 1;
        for (int slot = (int)hash & mask; ; slot = (slot + 1) & mask)
        {
            if (_slots[slot] == hash)
            {
                return false;
            }

            if (_slots[slot] == 0)
            {
                _slots[slot] = hash;
                _used++;
                return true;
            }
        }
    }

    private void Prepare(int rows)
    {
        if (_hashes.Length < rows)
        {
            Return(ref _hashes);
            _hashes = ArrayPool<ulong>.Shared.Rent(rows);
        }

        int size = Math.Max(_size, 16_384);
        while (size < (long)(_used + rows) * 2)
        {
            size = checked(size * 2);
        }

        if (size > _size)
        {
            Grow(size);
        }
    }

    private void Grow(int size)
    {
        ulong[] former = _slots;
        int formerSize = _size;
        _slots = ArrayPool<ulong>.Shared.Rent(size);
        _slots.AsSpan(0, size).Clear();
        _size = size;
        _used = 0;
        foreach (ulong hash in former.AsSpan(0, formerSize))
        {
            if (hash != 0)
            {
                Add(hash);
            }
        }

        Return(ref former);
    }

    private static void Return(ref ulong[] array)
    {
        if (array.Length > 0)
        {
            ArrayPool<ulong>.Shared.Return(array);
            array = [];
        }
    }

    /// <summary>A value as a number, the same for equal values of every width.</summary>
    private interface INumberOf<T>
    {
        static abstract ulong Of(T value);
    }

    private readonly struct SignedNumber<T> : INumberOf<T>
        where T : System.Numerics.IBinaryInteger<T>
    {
        public static ulong Of(T value) => (ulong)long.CreateTruncating(value);
    }

    private readonly struct Flag : INumberOf<bool>
    {
        public static ulong Of(bool value) => value ? 1UL : 0;
    }

    private readonly struct Id : INumberOf<Guid>
    {
        public static ulong Of(Guid value) => (ulong)value.GetHashCode();
    }
}
