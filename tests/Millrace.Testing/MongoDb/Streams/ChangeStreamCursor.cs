using Millrace.Testing.MongoDb.Cursors;
using Millrace.Testing.MongoDb.Oplog;
using Millrace.Testing.MongoDb.Server;
using Millrace.Testing.MongoDb.Storage;
using Millrace.Testing.MongoDb.Values;

namespace Millrace.Testing.MongoDb.Streams;

/// <summary>A change stream: reads the oplog and serves events. Its token goes on even where no event comes.</summary>
internal sealed class ChangeStreamCursor : ServerCursor
{
    private readonly ServerState _server;
    private readonly EventSource _source;
    private readonly StreamPipeline _pipeline;
    private readonly List<StreamEvent> _expanded = [];
    private readonly Queue<StreamEvent> _ready = new();
    private ResumeToken _token;
    private ResumeToken? _resumed;
    private ulong _scanned;
    private long _record;

    /// <summary>Opens a stream. The caller holds the read lock.</summary>
    public ChangeStreamCursor(ServerState server, StreamScope scope, ChangeStreamOptions options, StreamPipeline pipeline)
    {
        _server = server;
        _source = new EventSource(server, scope, options);
        _pipeline = pipeline;
        OplogStore oplog = server.Oplog;
        ulong start = options.Token?.Timestamp ?? options.StartAt ?? oplog.LastTimestamp + 1;
        if (start < oplog.FirstTimestamp && oplog.Dropped > 0)
        {
            throw new CommandException(
                ErrorCode.ChangeStreamHistoryLost,
                "Resume of change stream was not possible, as the resume point may no longer be in the oplog.",
                "NonResumableChangeStreamError");
        }

        _resumed = options.Token is { IsEvent: true } ? options.Token : null;
        if (_resumed is { Fragment: >= 0 } && !pipeline.Splits)
        {
            throw new CommandException(ErrorCode.ChangeStreamFatalError, "To resume from a split event, the stream must include a $changeStreamSplitLargeEvent stage");
        }

        _record = oplog.Seek(start);
        _token = options.Token ?? ResumeToken.Mark(start);
    }

    public override bool IsTailable => true;

    public override bool AwaitsData => true;

    public override Node? PostBatchResumeToken => _token.ToDocument();

    public override bool Fill(BatchWriter batch)
    {
        while (true)
        {
            while (_ready.TryPeek(out StreamEvent next))
            {
                if (!batch.TryAdd(next.Bytes))
                {
                    return true;
                }

                _ready.Dequeue();
                _token = next.Token;
                if (next.EndsStream)
                {
                    return false;
                }
            }

            if (batch.IsFull)
            {
                return true;
            }

            if (!FillPlain(batch) && !ExpandNext())
            {
                return true;
            }
        }
    }

    // The common case, without a copy: one event an entry, which no stage changes, straight into the batch.
    private bool FillPlain(BatchWriter batch)
    {
        RecordStore<OplogRecord> records = _server.Oplog.Records;
        bool any = false;
        if (_resumed is not null || !_pipeline.IsEmpty)
        {
            return false;
        }

        while (_record >= records.First && _record < records.End && !batch.IsFull)
        {
            OplogRecord record = records[_record]!;
            if (!_source.TryExpandOne(record, out ResumeToken token, out ReadOnlySpan<byte> bytes) || bytes.Length > _server.Options.MaxDocumentBytes)
            {
                return any;
            }

            if (!bytes.IsEmpty)
            {
                if (!batch.TryAdd(bytes))
                {
                    _ready.Enqueue(new StreamEvent(token, bytes.ToArray(), false));
                }
                else
                {
                    _token = token;
                }
            }

            _record++;
            _scanned = record.Timestamp;
            any = true;
            if (_ready.Count > 0)
            {
                break;
            }
        }

        return any;
    }

    private bool ExpandNext()
    {
        OplogStore oplog = _server.Oplog;
        if (_record < oplog.Records.First)
        {
            throw new CommandException(
                ErrorCode.CappedPositionLost, $"Error in $cursor stage :: caused by :: CollectionScan died due to position in capped collection being deleted. Last seen record id: RecordId({_record - 1})");
        }

        if (_record >= oplog.Records.End)
        {
            if (_resumed is null && _scanned > _token.Timestamp)
            {
                _token = ResumeToken.Mark(_scanned);
            }

            return false;
        }

        OplogRecord record = oplog.Records[_record++]!;
        _scanned = record.Timestamp;
        _expanded.Clear();
        _source.Expand(record, _expanded);
        SkipResumed(record);
        foreach (StreamEvent change in _expanded)
        {
            Offer(change);
        }

        _resumed = null;
        return true;
    }

    // Events up to the one that the client has seen are left out. An event that is not there belongs to another stream.
    private void SkipResumed(OplogRecord record)
    {
        if (_resumed is not { } resumed)
        {
            return;
        }

        int at = record.Timestamp == resumed.Timestamp ? _expanded.FindIndex(e => e.Token.IsSameEvent(resumed)) : -1;
        if (at < 0)
        {
            throw new CommandException(ErrorCode.ChangeStreamFatalError, "cannot resume stream; the resume token was not found.", "NonResumableChangeStreamError");
        }

        _expanded.RemoveRange(0, resumed.Fragment >= 0 ? at : at + 1);
    }

    private void Offer(StreamEvent change)
    {
        if (_pipeline.Apply(change) is not { } bytes)
        {
            return;
        }

        change = change with { Bytes = bytes };
        int limit = _server.Options.MaxDocumentBytes;
        if (bytes.Length <= limit)
        {
            _ready.Enqueue(change);
            return;
        }

        if (!_pipeline.Splits)
        {
            throw EventSplitter.TooLarge(bytes.Length);
        }

        foreach (StreamEvent fragment in EventSplitter.Split(change, limit))
        {
            if (_resumed is not { Fragment: >= 0 } resumed || !resumed.IsSameEvent(fragment.Token) || fragment.Token.Fragment > resumed.Fragment)
            {
                _ready.Enqueue(fragment);
            }
        }
    }
}
