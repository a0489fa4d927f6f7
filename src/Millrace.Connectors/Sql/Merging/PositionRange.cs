using System.Text;
using Millrace.Core.Batches;

namespace Millrace.Connectors.Sql.Merging;

/// <summary>The first and the last position of the rows of a load, in byte order, which is the order in which positions are compared.</summary>
internal sealed class PositionRange
{
    private byte[] _first = [];
    private byte[] _last = [];
    private int _firstLength;
    private int _lastLength;
    private bool _hasRows;

    /// <summary>False where a row had no position.</summary>
    public bool IsKnown { get; private set; } = true;

    /// <summary>The last position; null where there is none, or not every row has one.</summary>
    public string? Last => _hasRows && IsKnown ? Encoding.UTF8.GetString(_last, 0, _lastLength) : null;

    /// <summary>True where every row has a position, and all are after this one.</summary>
    public bool IsAfter(string position) =>
        _hasRows && IsKnown && _first.AsSpan(0, _firstLength).SequenceCompareTo(Encoding.UTF8.GetBytes(position)) > 0;

    /// <summary>Takes the rows of a batch in.</summary>
    public void Add(RecordBatch batch)
    {
        if (batch.RowPositions is not { } positions || positions.NullCount > 0)
        {
            IsKnown = false;
            return;
        }

        for (int row = 0; row < batch.RowCount; row++)
        {
            ReadOnlySpan<byte> position = positions[row];
            if (!_hasRows || position.SequenceCompareTo(_last.AsSpan(0, _lastLength)) > 0)
            {
                Keep(position, ref _last, ref _lastLength);
            }

            if (!_hasRows || position.SequenceCompareTo(_first.AsSpan(0, _firstLength)) < 0)
            {
                Keep(position, ref _first, ref _firstLength);
            }

            _hasRows = true;
        }
    }

    private static void Keep(ReadOnlySpan<byte> position, ref byte[] target, ref int length)
    {
        if (target.Length < position.Length)
        {
            target = new byte[Math.Max(64, position.Length)];
        }

        position.CopyTo(target);
        length = position.Length;
    }
}
