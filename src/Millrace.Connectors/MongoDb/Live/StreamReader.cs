using Millrace.Connectors.MongoDb.Bson;
using Millrace.Connectors.MongoDb.Native;
using Millrace.Connectors.MongoDb.Oplog;
using Millrace.Core.Batches;
using Millrace.Core.Contracts;
using Millrace.Core.Errors;
using Millrace.Core.Schemas;

namespace Millrace.Connectors.MongoDb.Live;

/// <summary>
/// Reads a change stream up to the head that the log had when the run was planned. The events of one place in the log (a transaction's, mostly) are
/// one unit: that they are complete shows by an event of a later place, or by an answer without events.
/// </summary>
internal sealed class StreamReader : IBatchReader
{
    private const int MaxEvents = 32_768;
    private const int EventsBetweenChecks = 64;
    private static readonly TimeSpan LongestStandstill = TimeSpan.FromSeconds(30);

    private readonly MongoClient _client;
    private readonly StreamQuery _query;
    private readonly StreamScope _scope;
    private readonly LogTarget _target;
    private readonly ReadRequest _request;
    private readonly TimeProvider _time;
    private readonly ChangeWindow _window;
    private readonly ChangeEmitter _emitter;
    private readonly ImageLookup _lookup;
    private readonly ByteBuffer _token = new();      // after everything that was taken
    private readonly List<byte[]> _parts = [];
    private MongoChangeStream? _stream;
    private ulong _done;                             // every change up to here was taken
    private ulong _skip;                             // changes up to here were taken by an earlier run
    private ulong _unit;                             // the place whose events are being taken; 0 between two
    private Position _reached;
    private long _movedAt;
    private int _events;
    private bool _isLean;
    private bool _atEnd;

    public StreamReader(MongoClient client, LiveServer server, StreamQuery query, StreamScope scope, LogTarget target, SourceSettings settings, ReadRequest request)
    {
        _client = client;
        _query = query;
        _scope = scope;
        _target = target;
        _request = request;
        _time = settings.Time;
        _window = new(request.Partition.Name, settings.HidesRaw, request.MaxBatchRows, request.MaxBatchBytes);
        _emitter = new(client, server, new LogCollections(target.Scope), _window, settings);
        _lookup = new(client, server);
        _reached = request.Partition.Start;
        _done = target.Start.Time;
        _skip = target.Start.Token is null ? _done : 0;
        _token.Write(target.Start.Token ?? []);
    }

    /// <inheritdoc/>
    public RecordBatch? Next(CancellationToken cancellationToken)
    {
        int untilCheck = 1;
        while (!_window.HasReady)
        {
            if (_atEnd)
            {
                return null;
            }

            if (--untilCheck <= 0)
            {
                cancellationToken.ThrowIfCancellationRequested();
                untilCheck = EventsBetweenChecks;
            }

            // A little of a renamed collection at a time, so that its batches can leave before the rest is read.
            if (!_emitter.Copy())
            {
                untilCheck = Step() ? untilCheck : 0;
            }
        }

        return _window.Take();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _stream?.Dispose();
        _emitter.Dispose();
        _window.Dispose();
        _lookup.Dispose();
        _token.Dispose();
        _client.Dispose();
    }

    private bool IsDue => _window.Rows >= _request.MaxBatchRows || _window.Bytes >= _request.MaxBatchBytes || _events >= MaxEvents;

    /// <summary>Takes one event; false where none was there.</summary>
    private bool Step()
    {
        try
        {
            if (_stream is null)
            {
                Open();
            }

            if (_stream!.Next(out ReadOnlySpan<byte> document))
            {
                Receive(document);
                return true;
            }

            EndOfBatch();
            return false;
        }
        catch (MillraceException exception) when (ServerCode.Of(exception) == ServerCode.BsonObjectTooLarge && !_isLean)
        {
            // The server does not split events: this one is read without its document, which is then fetched by its key.
            Reopen(isLean: true);
            return true;
        }
    }

    private void Open()
    {
        // Inclusive: what an earlier run took of the first place is skipped.
        StreamStart start = _token.Length > 0 ? new(_token.WrittenSpan.ToArray(), 0) : new(null, _done);
        _stream = _query.Open(_client, _scope, start, _isLean);
        _movedAt = _time.GetTimestamp();
    }

    private void Reopen(bool isLean)
    {
        _stream?.Dispose();
        _stream = null;
        _isLean = isLean;
    }

    private void Receive(ReadOnlySpan<byte> document)
    {
        ChangeEvent change = ChangeEvent.Parse(document);
        if (change.Part == 0)
        {
            Take(change, document.Length);
            return;
        }

        _parts.Add(document.ToArray());
        if (change.Part < change.Parts)
        {
            return;
        }

        change = ChangeEvent.Parse(_parts[0]);
        foreach (byte[] part in _parts.Skip(1))
        {
            change.Add(part);
        }

        Take(change, _parts.Sum(p => p.Length));
        _parts.Clear();
    }

    private void Take(in ChangeEvent change, long bytes)
    {
        ulong time = change.Time == 0 ? ResumeToken.TimeOf(change.Token) : change.Time;
        if (time > _target.Until)
        {
            CompleteUnit();
            _done = Math.Max(_done, _target.Until);
            Finish();
            return;
        }

        if (time != _unit)
        {
            CompleteUnit();
        }

        if (time > _skip && !TryTake(change, time, bytes))
        {
            return;
        }

        _unit = time;
        _token.Clear();
        _token.Write(change.Token);
        _movedAt = _time.GetTimestamp();
        if (change.Kind == ChangeEventKind.Invalidate || (_isLean && _unit != 0))
        {
            Reopen(isLean: false);
        }
    }

    /// <summary>Asks the budget and applies the event; false where the budget refuses it, and reading ends before it.</summary>
    private bool TryTake(in ChangeEvent change, ulong time, long bytes)
    {
        bool continues = time == _unit;
        LogCollection? collection = change.Collection.IsEmpty ? null : _emitter.Find(change.Database, change.Collection);
        bool isRow = collection?.IsTakenAt(time) == true && IsOfDocument(change.Kind);
        if (!_request.Budget.TryTake(isRow ? 1 : 0, bytes) && !continues)
        {
            Finish();
            return false;
        }

        if (!continues && IsDue)
        {
            Close();
        }

        _emitter.Begin(time, change.Millis == long.MinValue ? (long)(time >> 32) * 1000 : change.Millis, continues);
        _window.AddBytes(bytes);
        _events++;
        if (collection is not null)
        {
            Apply(change, collection);
        }

        return true;
    }

    private static bool IsOfDocument(ChangeEventKind kind) =>
        kind is ChangeEventKind.Insert or ChangeEventKind.Update or ChangeEventKind.Replace or ChangeEventKind.Delete;

    private void Apply(in ChangeEvent change, LogCollection collection)
    {
        if (IsOfDocument(change.Kind))
        {
            if (_emitter.IsRow(collection))
            {
                ApplyToDocument(change, collection);
            }
        }
        else if (change.Kind == ChangeEventKind.Drop)
        {
            _emitter.Drop(collection);
        }
        else if (change.Kind == ChangeEventKind.Rename)
        {
            string database = Documents.Text(change.To, "db"u8) ?? "", name = Documents.Text(change.To, "coll"u8) ?? "";
            _emitter.Rename(collection, _emitter.Find(System.Text.Encoding.UTF8.GetBytes(database), System.Text.Encoding.UTF8.GetBytes(name)));
        }
    }

    private void ApplyToDocument(in ChangeEvent change, LogCollection collection)
    {
        var id = new BsonReader(change.Key);
        if (!id.Find("_id"u8))
        {
            _emitter.Reject(collection, change.Document, UpdateThrow.Make("it does not say which document it is about (no _id)"));
            return;
        }

        ChangeKind kind = change.Kind == ChangeEventKind.Insert ? ChangeKind.Insert : ChangeKind.Update;
        if (change.Kind == ChangeEventKind.Delete)
        {
            _emitter.Delete(collection, id.Current);
        }
        else if (!change.Document.IsEmpty)
        {
            _emitter.Upsert(collection, id.Current, change.Document, kind);
        }
        else if ((_isLean || _target.LooksUpMissing) && _lookup.TryGet(collection.Name, id.Current, _target.Until, out ReadOnlySpan<byte> document))
        {
            _emitter.Upsert(collection, id.Current, document, kind);
        }

        // Else the document is gone by now, and its delete follows.
    }

    /// <summary>No event came: what was begun is complete, and the stream says how far it has looked.</summary>
    private void EndOfBatch()
    {
        CompleteUnit();
        ReadOnlySpan<byte> token = _stream!.Token;
        ulong time = ResumeToken.TimeOf(token);
        if (!token.IsEmpty && !token.SequenceEqual(_token.WrittenSpan))
        {
            _token.Clear();
            _token.Write(token);
            _movedAt = _time.GetTimestamp();
        }

        _done = Math.Max(_done, time);

        // A server that does not say how far it has looked has looked at all there was; one that stands still says so for all of its shards.
        if (time >= _target.Until || time == 0 || _time.GetElapsedTime(_movedAt) > LongestStandstill)
        {
            Finish();
        }
    }

    private void CompleteUnit()
    {
        _done = Math.Max(_done, _unit);
        _unit = 0;
    }

    private void Finish()
    {
        CompleteUnit();
        _atEnd = true;
        if (_request.Partition.Until is { } until && _request.Budget.Reached is null)
        {
            _window.Close(until, _target.Nowhere);
            return;
        }

        Close();
    }

    /// <summary>Ends the window where a commit may happen; nothing where nothing has moved.</summary>
    private void Close()
    {
        Position position = _target.PositionAt(_done, _token.WrittenSpan);
        _events = 0;
        if (position != _reached || _window.Rows > 0)
        {
            _reached = position;
            _window.Close(position, _target.Nowhere);
        }
    }
}
