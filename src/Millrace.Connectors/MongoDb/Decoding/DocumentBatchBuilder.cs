using System.Buffers;
using System.Collections.Immutable;
using System.Text;
using Millrace.Connectors.MongoDb.Bson;
using Millrace.Core.Batches;
using Millrace.Core.Contracts;
using Millrace.Core.Errors;
using Millrace.Core.Schemas;

namespace Millrace.Connectors.MongoDb.Decoding;

/// <summary>
/// Builds the batches of one dataset: decoded documents with their positions, kinds of change and times, and the documents that could not be
/// decoded. Not safe for concurrent use.
/// </summary>
/// <param name="table">The dataset.</param>
/// <param name="partition">The partition that is read.</param>
/// <param name="hidesRaw">True where a document that cannot be decoded must not be shown.</param>
/// <param name="isLog">True for the log: rows have kinds and times.</param>
internal sealed class DocumentBatchBuilder(TableId table, string partition, bool hidesRaw, bool isLog) : IDisposable
{
    private readonly DocumentDecoder _decoder = new(table);
    private readonly ImmutableArray<RejectedRow>.Builder _rejected = ImmutableArray.CreateBuilder<RejectedRow>();
    private VarColumn _positions = NewPositions();
    private Column<long>? _times;
    private ChangeList _changes = new();

    /// <summary>Rows in the batch so far.</summary>
    public int Rows { get; private set; }

    /// <summary>Payload bytes that the batch accounts for so far.</summary>
    public long SourceBytes { get; private set; }

    /// <summary>True where the batch holds anything at all.</summary>
    public bool IsEmpty => Rows == 0 && _rejected.Count == 0 && SourceBytes == 0;

    /// <summary>True when the batch should end whatever its size: it has very many columns or rejected rows.</summary>
    public bool IsFull => _decoder.IsWide || _rejected.Count >= 256;

    /// <summary>Source time of the newest change, ticks since 1970, or 0.</summary>
    public long NewestTime { get; private set; }

    /// <summary>Accounts for payload.</summary>
    public void AddBytes(long bytes) => SourceBytes += bytes;

    /// <summary>Adds a document of a snapshot.</summary>
    public void Add(ReadOnlySpan<byte> document, ReadOnlySpan<byte> position)
    {
        try
        {
            _decoder.Append(document, Rows);
            _positions.AppendAt(Rows, position);
            Rows++;
        }
        catch (MillraceException exception)
        {
            Reject(document, position, exception);
        }
    }

    /// <summary>Adds a change with the whole document after it.</summary>
    public void AddChange(ReadOnlySpan<byte> document, ChangeKind kind, ReadOnlySpan<byte> position, long time)
    {
        try
        {
            _decoder.Append(document, Rows);
            EndChange(kind, position, time);
        }
        catch (MillraceException exception)
        {
            Reject(document, position, exception);
        }
    }

    /// <summary>Adds a delete.</summary>
    public void AddDelete(BsonValue key, ReadOnlySpan<byte> position, long time)
    {
        try
        {
            _decoder.AppendKeyOnly(key, Rows);
            EndChange(ChangeKind.Delete, position, time);
        }
        catch (MillraceException exception)
        {
            Reject(default, position, exception);
        }
    }

    /// <summary>Adds a row for quarantine.</summary>
    public void Reject(ReadOnlySpan<byte> document, ReadOnlySpan<byte> position, MillraceException why)
    {
        string? raw = hidesRaw || document.IsEmpty ? null : RawDocument.Show(document);
        _rejected.Add(new RejectedRow(table, Encoding.UTF8.GetString(position), why.Code, why.Message, raw));
    }

    /// <summary>Hands the batch over and starts the next one.</summary>
    /// <param name="position">Where reading goes on after it, or null where no commit may happen.</param>
    /// <param name="moreBytes">Payload bytes to account for besides those of the rows.</param>
    /// <param name="rowTime">Source time of every row of a snapshot, ticks since 1970, or 0.</param>
    public RecordBatch Build(Position? position, long moreBytes = 0, long rowTime = 0)
    {
        if (rowTime != 0)
        {
            _times = (Column<long>)Column.Create(LogicalType.TimestampUtc());
            for (int row = 0; row < Rows; row++)
            {
                _times.Append(rowTime);
            }
        }

        (TableSchema schema, ImmutableArray<Column> columns) = _decoder.TakeColumns();
        _times?.PadTo(Rows);
        var batch = new RecordBatch(schema, columns, Rows)
        {
            Partition = partition,
            Position = position,
            Changes = isLog ? _changes.Memory : default,
            ChangesOwner = isLog ? _changes : null,
            RowPositions = _positions,
            RowTimes = _times,
            Rejected = _rejected.DrainToImmutable(),
            SourceBytes = SourceBytes + moreBytes,
            SourceTime = NewestTime == 0 ? null : DateTimeOffset.UnixEpoch.AddTicks(NewestTime),
        };
        Start();
        return batch;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _decoder.Discard();
        _positions.Dispose();
        _times?.Dispose();
        _changes.Dispose();
    }

    private void EndChange(ChangeKind kind, ReadOnlySpan<byte> position, long time)
    {
        _positions.AppendAt(Rows, position);
        _times ??= (Column<long>)Column.Create(LogicalType.TimestampUtc());
        _times.AppendAt(Rows, time);
        _changes.Add(kind);
        NewestTime = Math.Max(NewestTime, time);
        Rows++;
    }

    private void Start()
    {
        _positions = NewPositions();
        _times = null;
        _changes = isLog ? new() : _changes;
        Rows = 0;
        SourceBytes = 0;
        NewestTime = 0;
    }

    private static VarColumn NewPositions() => (VarColumn)Column.Create(LogicalType.Text);
}
