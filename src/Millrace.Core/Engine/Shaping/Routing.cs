namespace Millrace.Core.Engine.Shaping;

/// <summary>What routing made of a batch.</summary>
/// <param name="rows">Rows of the batch.</param>
internal sealed class Routing(int rows)
{
    private RowFate[]? _fates;

    public int Rows { get; } = rows;

    /// <summary>One route for each input column.</summary>
    public required Route[] Routes { get; init; }

    /// <summary>Reasons of quarantined rows, in row order.</summary>
    public List<(int Row, Errors.ErrorCode Code, string Reason)> Reasons { get; } = [];

    public long DiscardedRows { get; set; }

    public long DiscardedValues { get; set; }

    /// <summary>True where every row is written.</summary>
    public bool KeepsAll => _fates is null;

    public RowFate FateOf(int row) => _fates is null ? RowFate.Kept : _fates[row];

    public void Discard(int row)
    {
        (_fates ??= new RowFate[Rows])[row] = RowFate.Discarded;
        DiscardedRows++;
    }

    public void Quarantine(int row, Errors.ErrorCode code, string reason)
    {
        (_fates ??= new RowFate[Rows])[row] = RowFate.Quarantined;
        Reasons.Add((row, code, reason));
    }
}
