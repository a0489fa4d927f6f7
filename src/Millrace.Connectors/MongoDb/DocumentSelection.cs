using System.Buffers.Binary;
using Millrace.Connectors.MongoDb.Bson;
using Millrace.Connectors.MongoDb.Bson.Filters;
using Millrace.Core.Contracts;

namespace Millrace.Connectors.MongoDb;

/// <summary>
/// Which documents a task takes and which of their fields: filter, range of time and projection, all on raw bytes. Holds buffers, so one
/// instance serves one reader.
/// </summary>
internal sealed class DocumentSelection : IDisposable
{
    private readonly BsonFilter? _filter;
    private readonly BsonProjection? _projection;
    private readonly BsonPath? _timeField;
    private readonly long _fromMillis;
    private readonly long _toMillis;
    private readonly ByteBuffer _buffer = new();
    private readonly BsonWriter _writer;

    /// <summary>Reads the settings.</summary>
    /// <param name="settings">The task's settings.</param>
    /// <param name="byTime">True to keep to the range of a backfill; the log does not.</param>
    /// <exception cref="Core.Errors.MillraceException">The filter or the fields are invalid.</exception>
    public DocumentSelection(SourceSettings settings, bool byTime)
    {
        _writer = new(_buffer);
        _filter = string.IsNullOrWhiteSpace(settings.Filter) ? null : BsonFilter.Parse(settings.Filter);
        _projection = settings.Fields.IsDefaultOrEmpty ? null : BsonProjection.Include(WithCursor(settings));
        _fromMillis = byTime ? settings.From?.ToUnixTimeMilliseconds() ?? long.MinValue : long.MinValue;
        _toMillis = byTime ? settings.To?.ToUnixTimeMilliseconds() ?? long.MaxValue : long.MaxValue;
        if (_fromMillis != long.MinValue || _toMillis != long.MaxValue)
        {
            _timeField = new(settings.CursorField ?? "_id");
        }
    }

    /// <summary>Takes a document or not.</summary>
    /// <param name="document">The raw document.</param>
    /// <param name="selected">What is left of it; valid until the next call.</param>
    /// <returns>False where the task does not take it.</returns>
    /// <exception cref="Core.Errors.MillraceException">The document is corrupt.</exception>
    public bool TrySelect(ReadOnlySpan<byte> document, out ReadOnlySpan<byte> selected)
    {
        selected = document;
        if (_timeField is not null && !IsInRange(document))
        {
            return false;
        }

        if (_filter is not null && !_filter.Matches(document))
        {
            return false;
        }

        if (_projection is not null)
        {
            _buffer.Clear();
            _projection.Apply(document, _writer);
            selected = _buffer.WrittenSpan;
        }

        return true;
    }

    /// <inheritdoc/>
    public void Dispose() => _buffer.Dispose();

    private static IEnumerable<string> WithCursor(SourceSettings settings) =>
        settings.CursorField is { } cursor && !settings.Fields.Any(f => f == cursor || cursor.StartsWith(f + ".", StringComparison.Ordinal))
            ? settings.Fields.Where(f => !f.StartsWith(cursor + ".", StringComparison.Ordinal)).Append(cursor)
            : settings.Fields;

    /// <summary>By the date in the field, or the time within an ObjectId; a document that has neither there is in no range.</summary>
    private bool IsInRange(ReadOnlySpan<byte> document)
    {
        if (!_timeField!.TryFind(document, out BsonValue value))
        {
            return false;
        }

        long millis;
        switch (value.Type)
        {
            case BsonType.DateTime:
                millis = value.GetDateTimeMillis();
                break;
            case BsonType.ObjectId:
                millis = BinaryPrimitives.ReadUInt32BigEndian(value.GetObjectId()) * 1000L;
                break;
            case BsonType.Timestamp:
                millis = (long)(value.GetTimestamp() >> 32) * 1000L;
                break;
            default:
                return false;
        }

        return millis >= _fromMillis && millis < _toMillis;
    }
}
