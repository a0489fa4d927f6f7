using Millrace.Testing.MongoDb.Storage;

namespace Millrace.Testing.MongoDb.Cursors;

/// <summary>Items in natural order, forward or backward.</summary>
/// <param name="records">The items.</param>
/// <param name="bytes">An item's document.</param>
/// <param name="backward">The direction.</param>
/// <param name="first">The record to begin at; null for the first, or the last.</param>
/// <param name="isCapped">Whether losing the place is an error, as it is in capped collections.</param>
internal sealed class NaturalScan<T>(RecordStore<T> records, Func<T, byte[]> bytes, bool backward, long? first, bool isCapped) : DocumentScan
    where T : class
{
    private long _at = first ?? (backward ? records.End - 1 : records.First);
    private bool _started = first > records.First;

    public override byte[]? Current
    {
        get
        {
            T? item = records[_at];
            while (item is null && _at >= records.First && _at < records.End)
            {
                _at += backward ? -1 : 1;
                item = records[_at];
            }

            return item is null ? null : bytes(item);
        }
    }

    public override bool CanGrow => !backward;

    public override void Restore()
    {
        // The last record that was seen has to be there still.
        if (isCapped && _started && !backward && _at - 1 < records.First)
        {
            throw new CommandException(
                ErrorCode.CappedPositionLost, $"CollectionScan died due to position in capped collection being deleted. Last seen record id: RecordId({_at - 1})");
        }

        if (!backward && _at < records.First)
        {
            _at = records.First;
        }
    }

    public override void Advance()
    {
        _started = true;
        _at += backward ? -1 : 1;
    }
}
