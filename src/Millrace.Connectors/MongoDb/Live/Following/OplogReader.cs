using Millrace.Connectors.MongoDb.Bson;
using Millrace.Connectors.MongoDb.Live.Snapshots;
using Millrace.Connectors.MongoDb.Native;
using Millrace.Connectors.MongoDb.Oplog;
using Millrace.Core.Batches;
using Millrace.Core.Contracts;
using Millrace.Core.Errors;

namespace Millrace.Connectors.MongoDb.Live.Following;

/// <summary>
/// Reads a replica set's oplog up to the head that it had when the run was planned. A run has an end, so the cursor is a plain one with an upper
/// bound, which waits for nothing. After a break of the connection it goes on at the last entry, which must still be there.
/// </summary>
internal sealed class OplogReader : IBatchReader
{
    private const int MaxEntries = 32_768;
    private const int EntriesBetweenChecks = 256;
    private const int MostRetries = 3;
    private const long MaxTransactionMemory = 64L << 20;

    private readonly MongoClient _client;
    private readonly LiveServer _server;
    private readonly LogTarget _target;
    private readonly ReadRequest _request;
    private readonly ChangeWindow _window;
    private readonly OplogChanges _changes;
    private readonly TransactionReplay _replay;
    private readonly TransactionAssembler _transactions;
    private readonly OplogRows _rows;
    private MongoCursor? _cursor;
    private Position _reached;
    private ulong _done;          // every entry up to here was applied
    private ulong _read;          // the last entry that was read
    private int _entries;
    private int _retries;
    private bool _hasEntry;
    private bool _hasFirst;
    private bool _atEnd;

    public OplogReader(MongoClient client, LiveServer server, LogTarget target, SourceSettings settings, ReadRequest request)
    {
        _client = client;
        _server = server;
        _target = target;
        _request = request;
        _window = new(request.Partition.Name, settings.HidesRaw, request.MaxBatchRows, request.MaxBatchBytes);
        var collections = new LogCollections(target.Scope);
        _transactions = new(new TransactionSpill(SpillPath(settings), MaxTransactionMemory));
        _rows = new(collections, _transactions);
        _changes = new(new ChangeEmitter(client, server, collections, _window, settings, request.Note), new ImageLookup(client, server), collections, request);
        _replay = new(_transactions, _rows, _changes);
        _reached = request.Partition.Start;
        _done = target.Start.Time;
        _read = target.Start.OpenSince == 0 ? _done : Math.Min(_done, target.Start.OpenSince);
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

            if (--untilCheck == 0)
            {
                cancellationToken.ThrowIfCancellationRequested();
                untilCheck = EntriesBetweenChecks;
            }

            Step();
        }

        return _window.Take();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _cursor?.Dispose();
        _changes.Dispose();
        _transactions.Dispose();
        _window.Dispose();
        _client.Dispose();
    }

    /// <summary>What is said where the oplog no longer reaches back.</summary>
    public static MillraceException Lost(ulong position, ulong first) => new(
        ErrorCodes.HistoryLost,
        $"MongoDB's oplog does not reach back to where this task is: the task has read up to {MongoDbPositions.Describe(position)}, and the oplog "
        + (first == 0 ? "is empty." : $"begins at {MongoDbPositions.Describe(first)}."),
        "Load the task anew (on_history_lost: resnapshot, or --full-refresh), run more often, and give the log more room: "
        + "replSetResizeOplog with size or minRetentionHours.");

    private bool IsDue => _changes.Rows >= _request.MaxBatchRows || _window.Bytes >= _request.MaxBatchBytes || _entries >= MaxEntries;

    private void Step()
    {
        // A little of a large entry at a time, so that its batches can leave before the rest is made.
        if (_changes.Copy() || _replay.ApplyDue())
        {
            return;
        }

        // What an entry that is there leads to is not tried again with it: it would be applied twice.
        if (TryAsk(out ReadOnlySpan<byte> document, out bool isAtEnd))
        {
            Receive(document);
        }
        else if (isAtEnd)
        {
            Finish();
        }
    }

    /// <summary>Asks the server for the next entry.</summary>
    /// <returns>False at the end, and where the connection broke and the entry is to be asked for once more.</returns>
    private bool TryAsk(out ReadOnlySpan<byte> document, out bool isAtEnd)
    {
        try
        {
            _cursor ??= Open();
            isAtEnd = !_cursor.Next(out document);
            if (isAtEnd)
            {
                ThrowIfNeverBegun();
            }

            return !isAtEnd;
        }
        catch (MillraceException exception) when (IsBreak(exception) && ++_retries <= MostRetries)
        {
            _cursor?.Dispose();
            _cursor = null;
            document = default;
            return isAtEnd = false;
        }
    }

    // Where the log rolled over what was being read, the entry that was read last is looked for once more: if it is gone, history is lost.
    private bool IsBreak(MillraceException exception) => exception.IsTransient || (exception.Code == ErrorCodes.HistoryLost && _hasFirst);

    private MongoCursor Open()
    {
        byte[] filter = Documents.Make(w =>
        {
            w.StartDocument("ts"u8);
            w.WriteTimestamp("$gte"u8, _read);
            w.WriteTimestamp("$lte"u8, _target.Until);
            w.End();
        });
        byte[] options = Documents.Make(w =>
        {
            w.WriteInt64("batchSize"u8, FindQuery.MaxBatch);
            FindQuery.WriteReadConcern(w, _server);
        });
        _hasFirst = false;
        return _client.Find(OplogFacts.Name, filter, options);
    }

    private void Receive(ReadOnlySpan<byte> document)
    {
        if (!OplogEntry.TryReadTimestamp(document, out ulong timestamp))
        {
            throw UpdateThrow.Make("it has no timestamp");
        }

        if (!_hasFirst)
        {
            _hasFirst = true;
            if (timestamp != _read && _read != 0)
            {
                throw Lost(_read, timestamp);
            }
        }
        else
        {
            _retries = 0;
        }

        // Entries of a transaction that was open are kept again; whatever else was read before is passed over.
        if (timestamp <= _done)
        {
            if (timestamp > _read || (_target.Start.OpenSince != 0 && timestamp == _target.Start.OpenSince && timestamp <= _target.Start.Time))
            {
                Remember(document);
            }
        }
        else
        {
            Take(document, timestamp);
        }

        _read = _atEnd ? _read : Math.Max(_read, timestamp);
    }

    private void Remember(ReadOnlySpan<byte> document)
    {
        OplogEntry entry = OplogEntry.Parse(document);
        if (entry.Operation == OplogOperation.Command && TransactionAssembler.IsCommand(entry))
        {
            _transactions.Accept(entry, document);
            _transactions.SkipDue();
        }
    }

    private void Take(ReadOnlySpan<byte> document, ulong timestamp)
    {
        OplogEntry entry = OplogEntry.Parse(document);
        if (!_request.Budget.TryTake(_rows.Of(entry, timestamp), document.Length))
        {
            Finish();
            return;
        }

        if (_hasEntry && IsDue)
        {
            Close();
        }

        _changes.Begin(timestamp, entry.Millis);
        _window.AddBytes(document.Length);
        _replay.Apply(entry, document);
        _done = timestamp;
        _hasEntry = true;
        _entries++;
    }

    private void ThrowIfNeverBegun()
    {
        if (!_hasFirst && _read != 0)
        {
            throw Lost(_read, OplogFacts.Of(_client, _server).First);
        }
    }

    private void Finish()
    {
        _atEnd = true;
        if (_request.Partition.Until is { } until && _request.Budget.Reached is null)
        {
            _changes.Flush();
            _window.Close(until, _target.Nowhere);
            return;
        }

        Close();
    }

    /// <summary>Ends the window where a commit may happen; nothing where nothing has moved.</summary>
    private void Close()
    {
        _changes.Flush();
        Position position = _target.CatchUp is { } id
            ? MongoDbPositions.CatchUp(id, _done, atEnd: false)
            : LogPosition.OfOplog(_done, _transactions.OpenSince);
        _entries = 0;
        if (position != _reached || _window.Rows > 0)
        {
            _reached = position;
            _window.Close(position, _target.Nowhere);
        }
    }

    // Only where a transaction outgrows the memory is the file made.
    private static string SpillPath(SourceSettings settings) => settings.StateDirectory.Length == 0
        ? Path.Combine(Path.GetTempPath(), $"millrace-transactions-{Guid.NewGuid():N}.tmp")
        : Path.Combine(settings.StateDirectory, "mongodb-transactions.tmp");
}
