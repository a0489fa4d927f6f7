using Millrace.Connectors.MongoDb.Bson;
using Millrace.Core.Batches;
using Millrace.Core.Contracts;
using Millrace.Core.Errors;

namespace Millrace.Connectors.MongoDb.Oplog;

/// <summary>
/// Writes changes into a window as rows: numbers them within their place in the log, gives them its time, applies the task's filter and fields, and
/// does what <c>on_drop</c> says.
/// </summary>
internal sealed class ChangeRows(ChangeWindow window, DocumentSelection selection, OnDrop onDrop, Action<string> note) : IDisposable
{
    private readonly byte[] _position = new byte[MongoDbPositions.MaxRowPosition];
    private int _index;

    /// <summary>The place in the log.</summary>
    public ulong Timestamp { get; private set; }

    /// <summary>Source time that rows get, ticks since 1970.</summary>
    public long Time { get; private set; }

    /// <summary>Turns to a place in the log. Its changes are numbered from 0, and numbered on where it is the place that is at hand already.</summary>
    /// <param name="timestamp">The place.</param>
    /// <param name="millis">Source time in milliseconds since 1970.</param>
    public void Begin(ulong timestamp, long millis)
    {
        _index = timestamp == Timestamp ? _index : 0;
        Timestamp = timestamp;

        // The clock on the wall may be ahead of the log's or behind it. The log's orders changes, so no later one may seem to be the earlier.
        long second = (long)(timestamp >> 32) * 1000;
        Time = Math.Clamp(millis, second, second + 999) * TimeSpan.TicksPerMillisecond;
    }

    /// <summary>The position of the next row. Valid until the next call.</summary>
    public ReadOnlySpan<byte> NextPosition() => _position.AsSpan(0, MongoDbPositions.FormatOplogRow(Timestamp, _index++, _position));

    /// <summary>Writes a document as it is after a change: as a delete where it is not the task's.</summary>
    public void Upsert(LogCollection collection, BsonValue id, ReadOnlySpan<byte> document, ChangeKind kind, ReadOnlySpan<byte> position)
    {
        if (selection.TrySelect(document, out ReadOnlySpan<byte> selected))
        {
            window.AddChange(collection, selected, kind, position, Time);
        }
        else
        {
            // It may have been a row until now.
            window.AddDelete(collection, id, position, Time);
        }
    }

    /// <summary>Writes a delete.</summary>
    public void Delete(LogCollection collection, BsonValue id) => window.AddDelete(collection, id, NextPosition(), Time);

    /// <summary>Puts an entry that cannot be applied into quarantine.</summary>
    public void Reject(LogCollection collection, ReadOnlySpan<byte> raw, MillraceException why) => window.Reject(collection, raw, NextPosition(), why);

    /// <summary>The rows of a collection that is gone from the source go, or stay, as <c>on_drop</c> says.</summary>
    /// <exception cref="MillraceException">MR1308: the task says to stop then.</exception>
    public void Drop(LogCollection collection)
    {
        if (onDrop == OnDrop.Fail)
        {
            throw new MillraceException(
                ErrorCodes.DatasetDropped,
                $"{collection.Text} was dropped in the source at {MongoDbPositions.Describe(Timestamp)}, and on_drop is fail.",
                "Set on_drop: ignore to keep the target's rows or on_drop: delete to remove them, then run again.");
        }

        if (onDrop == OnDrop.Delete)
        {
            window.AddDeleteAll(collection);
            return;
        }

        note($"{collection.Text} was dropped or renamed in the source at {MongoDbPositions.Describe(Timestamp)}. Its rows stay in the target, as on_drop: ignore says.");
    }

    /// <inheritdoc/>
    public void Dispose() => selection.Dispose();
}
