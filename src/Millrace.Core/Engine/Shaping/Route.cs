using System.Buffers;

namespace Millrace.Core.Engine.Shaping;

/// <summary>Where one input column's values go: all to one place, or each row to its own.</summary>
internal sealed class Route
{
    /// <summary>Nowhere: the row has no value.</summary>
    public const int None = -1;

    /// <summary>To <see cref="Schemas.SystemColumns.Extra"/>.</summary>
    public const int Extra = -2;

    /// <summary>Left out by the contract.</summary>
    public const int Discard = -3;

    private int[]? _rows;

    public required TargetField Field { get; init; }

    /// <summary>Where every value goes, unless rows differ.</summary>
    public int Whole { get; set; } = None;

    public bool IsPerRow => _rows is not null;

    public int this[int row] => _rows is null ? Whole : _rows[row];

    public void Split(int rows)
    {
        _rows = ArrayPool<int>.Shared.Rent(rows);
        _rows.AsSpan(0, rows).Fill(None);
    }

    public void Set(int row, int column) => _rows![row] = column;

    /// <summary>Gives the memory of the rows back.</summary>
    public void Release()
    {
        if (_rows is not null)
        {
            ArrayPool<int>.Shared.Return(_rows);
            _rows = null;
        }
    }
}
