using Millrace.Connectors.MongoDb.Bson;
using Millrace.Connectors.MongoDb.Native;
using Millrace.Connectors.MongoDb.Oplog;
using Millrace.Core.Batches;
using Millrace.Core.Contracts;
using Millrace.Core.Errors;
using Millrace.Core.Schemas;

namespace Millrace.Connectors.MongoDb.Live.Following;

/// <summary>
/// Reads a change stream up to the head that the log had when the run was planned. The events of one place in the log (a transaction's, mostly) are
/// one unit: that they are complete shows by an event of a later place, or by an answer without events.
/// </summary>
internal sealed class ChangeStreamReader : IBatchReader
{
    private const int MaxEvents = 32_768;
    private const int EventsBetweenChecks = 64;
    private const long MostHeld = 32L << 20;
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
    private readonly StreamUnit _unit = new();
    private readonly ByteBuffer _token = new();      // after everything that was applied
    private readonly ByteBuffer _seen = new();       // after everything that was read
    private readonly List<byte[]> _parts = [];
    private MongoChangeStream? _stream;
    private ulong _done;                             // every change up to here was taken
    private ulong _skip;                             // changes up to here were taken by an earlier run
    private Position _reached;
    private long _movedAt;
    private int _events;
    private bool _isLean;
    private bool _isFinishing;
    private bool _atEnd;

    public ChangeStreamReader(MongoClient client, LiveServer server, StreamQuery query, StreamScope scope, LogTarget target, SourceSettings settings, ReadRequest request)
    {
        _client = client;
        _query = query;
        _scope = scope;
        _target = target;
        _request = request;
        _time = settings.Time;
        _window = new(request.Partition.Name, settings.HidesRaw, request.MaxBatchRows, request.MaxBatchBytes);
        _emitter = new(client, server, new LogCollections(target.Scope), _window, settings, request.Note);
        _lookup = new(client, server);
        _reached = request.Partition.Start;
        _done = target.Start.Time;
        _skip = target.Start.Token is null ? _done : 0;
        _token.Write(target.Start.Token ?? []);
        _seen.Write(target.Start.Token ?? []);
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
        _seen.Dispose();
        _unit.Dispose();
        _client.Dispose();
    }

    private bool IsDue => _window.Rows >= _request.MaxBatchRows || _window.Bytes >= _request.MaxBatchBytes || _events >= MaxEvents;

    /// <summary>Takes one event; false where none was there.</summary>
    private bool Step()
    {
        if (_isFinishing)
        {
            Finish();
            return true;
        }

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
        StreamStart start = _seen.Length > 0 ? new(_seen.WrittenSpan.ToArray(), 0) : new(null, _done);
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
            Take(change, document);
            return;
        }

        _parts.Add(document.ToArray());
        if (change.Part == change.Parts)
        {
            byte[] whole = EventParts.Join(_parts);
            _parts.Clear();
            Take(ChangeEvent.Parse(whole), whole);
        }
    }

    private void Take(in ChangeEvent change, ReadOnlySpan<byte> document)
    {
        ulong time = change.Time == 0 ? ResumeToken.TimeOf(change.Token) : change.Time;
        if (time != _unit.Time && !TryCompleteUnit())
        {
            return;
        }

        if (time > _target.Until)
        {
            _done = Math.Max(_done, _target.Until);
            _isFinishing = true;
            return;
        }

        _seen.Clear();
        _seen.Write(change.Token);
        _movedAt = _time.GetTimestamp();
        if (time > _skip)
        {
            Add(change, document, time);
        }

        if (_isLean)
        {
            // Applied at once, as long as it is known to be without its document for a reason of ours.
            _ = _unit.Count == 0 || TryApplyUnit();
            Reopen(isLean: false);
        }
        else if (change.Kind == ChangeEventKind.Invalidate)
        {
            Reopen(isLean: false);
        }
    }

    private void Add(in ChangeEvent change, ReadOnlySpan<byte> document, ulong time)
    {
        LogCollection? collection = change.Collection.IsEmpty ? null : _emitter.Find(change.Database, change.Collection);
        bool isRow = collection?.IsTakenAt(time) == true && IsOfDocument(change.Kind);
        _unit.Add(time, document, isRow);

        // A transaction that would fill the memory is granted before all of it is known.
        if (_unit.Bytes > MostHeld)
        {
            _ = TryApplyUnit();
        }
    }

    /// <summary>Everything of the unit is there: it is applied, and reading may end after it.</summary>
    /// <returns>False where the budget refuses it, and reading ends before it.</returns>
    private bool TryCompleteUnit()
    {
        if (_unit.Time == 0)
        {
            return true;
        }

        ulong time = _unit.Time;
        if (!TryApplyUnit())
        {
            return false;
        }

        _unit.End();
        _done = Math.Max(_done, time);
        _token.Clear();
        _token.Write(_seen.WrittenSpan);
        return true;
    }

    /// <summary>Asks the budget for what is there of the unit, and applies it. The rest of a unit that was begun is always granted.</summary>
    private bool TryApplyUnit()
    {
        if (!_request.Budget.TryTake(_unit.Rows, _unit.Bytes) && !_unit.IsBegun)
        {
            _unit.End();
            _isFinishing = true;
            return false;
        }

        if (!_unit.IsBegun && IsDue)
        {
            Close();
        }

        _window.AddBytes(_unit.Bytes);
        for (int i = 0; i < _unit.Count; i++)
        {
            Apply(ChangeEvent.Parse(_unit[i]));
            _events++;
        }

        _unit.Begin();
        return true;
    }

    private void Apply(in ChangeEvent change)
    {
        _emitter.Begin(_unit.Time, change.Millis == long.MinValue ? (long)(_unit.Time >> 32) * 1000 : change.Millis);
        if (!change.Collection.IsEmpty)
        {
            Apply(change, _emitter.Find(change.Database, change.Collection));
        }
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
        if (!TryCompleteUnit())
        {
            return;
        }

        ReadOnlySpan<byte> token = _stream!.Token;
        ulong time = ResumeToken.TimeOf(token);
        if (!token.IsEmpty && !token.SequenceEqual(_token.WrittenSpan))
        {
            _seen.Clear();
            _seen.Write(token);
            _token.Clear();
            _token.Write(token);
            _movedAt = _time.GetTimestamp();
        }

        _done = Math.Max(_done, time);

        // A server that does not say how far it has looked has looked at all there was; one that stands still says so for all of its shards.
        _isFinishing = time >= _target.Until || time == 0 || _time.GetElapsedTime(_movedAt) > LongestStandstill;
    }

    private void Finish()
    {
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
