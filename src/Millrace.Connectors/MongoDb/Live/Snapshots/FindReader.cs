using Millrace.Connectors.MongoDb.Bson;
using Millrace.Connectors.MongoDb.Decoding;
using Millrace.Connectors.MongoDb.Native;
using Millrace.Core.Batches;
using Millrace.Core.Contracts;
using Millrace.Core.Errors;
using Millrace.Core.Schemas;

namespace Millrace.Connectors.MongoDb.Live.Snapshots;

/// <summary>
/// Reads documents of one collection in an order, from the driver's memory straight into columns. After a break of the connection it goes on behind
/// the last document.
/// </summary>
internal sealed class FindReader : IBatchReader
{
    private const int DocumentsBetweenChecks = 256;
    private const int MostRetries = 3;

    private readonly MongoClient _client;
    private readonly LiveServer _server;
    private readonly MongoNamespace _name;
    private readonly FindOrder _order;
    private readonly SourceSettings _settings;
    private readonly ReadRequest _request;
    private readonly DocumentBatchBuilder _builder;
    private readonly DocumentSelection _selection;
    private readonly byte[] _position = new byte[MongoDbPositions.MaxRowPosition];
    private int _positionLength;
    private MongoSession? _session;
    private MongoCursor? _cursor;
    private LiveHead _readAt = LiveHead.None;
    private int _retries;
    private bool _hasBegun;
    private bool _isChecked;
    private bool _isDone;
    private bool _isAtEnd;

    /// <summary>Reads with a client of its own, which it gives back.</summary>
    public FindReader(
        MongoClient client, LiveServer server, MongoNamespace name, FindOrder order, TableId table, SourceSettings settings, ReadRequest request)
    {
        _client = client;
        _server = server;
        _name = name;
        _order = order;
        _settings = settings;
        _request = request;
        _builder = new(table, request.Partition.Name, settings.HidesRaw, isLog: false);

        // The server applies the filter and the fields; a range of time is exact only here.
        _selection = new(settings with { Filter = null, Fields = [] }, byTime: true);
    }

    /// <inheritdoc/>
    public RecordBatch? Next(CancellationToken cancellationToken)
    {
        if (_isDone)
        {
            return null;
        }

        while (!TryFill(cancellationToken))
        {
        }

        return _builder.Build(_order.At(_isAtEnd), rowTime: RowTime);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Close();
        _builder.Dispose();
        _selection.Dispose();
        _order.Dispose();
        _client.Dispose();
    }

    private long RowTime => _settings.Method == ReplicationMethod.ChangeCapture ? (long)(_readAt.Time >> 32) * TimeSpan.TicksPerSecond : 0;

    /// <summary>Fills the batch; false where the connection broke and the cursor has to be opened again.</summary>
    private bool TryFill(CancellationToken cancellationToken)
    {
        try
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (_cursor is null)
            {
                Open();
            }

            Fill(cancellationToken);
            return true;
        }
        catch (MillraceException exception) when (exception.IsTransient && (_order.CanGoOn || !_hasBegun) && ++_retries <= MostRetries)
        {
            Close();
            return false;
        }
    }

    private void Fill(CancellationToken cancellationToken)
    {
        int untilCheck = DocumentsBetweenChecks;
        while (_builder.Rows < _request.MaxBatchRows && _builder.SourceBytes < _request.MaxBatchBytes && !_builder.IsFull)
        {
            if (--untilCheck == 0)
            {
                cancellationToken.ThrowIfCancellationRequested();
                untilCheck = DocumentsBetweenChecks;
            }

            if (!_cursor!.Next(out ReadOnlySpan<byte> document))
            {
                RequireBounds(_order.EndsWithin());
                _isAtEnd = true;
                _isDone = true;
                return;
            }

            if (!TryAdd(document))
            {
                _isDone = true;
                return;
            }
        }
    }

    /// <summary>Takes a document; false where the budget refuses it.</summary>
    private bool TryAdd(ReadOnlySpan<byte> document)
    {
        bool isRow = false;
        ReadOnlySpan<byte> selected = default;
        MillraceException? broken = null;
        try
        {
            if (!_order.IsNew(document))
            {
                return true;
            }

            isRow = _selection.TrySelect(document, out selected);
        }
        catch (MillraceException exception)
        {
            broken = exception;
        }

        if (!_isChecked && broken is null)
        {
            RequireBounds(_order.BeginsWithin(document));
            _isChecked = true;
        }

        // What cannot be gone on with is one unit: a budget that lets its first document in has let all of it in.
        bool isGranted = _request.Budget.TryTake(isRow ? 1 : 0, document.Length);
        if (!isGranted && (_order.CanGoOn || !_hasBegun))
        {
            return false;
        }

        _hasBegun = true;
        _retries = 0;
        _builder.AddBytes(document.Length);
        Add(document, selected, isRow, broken);
        return true;
    }

    // What ignores bounds would give the same documents to every range and to every run, and no run would be the last.
    private void RequireBounds(bool areKept)
    {
        if (!areKept)
        {
            throw new MillraceException(
                ErrorCodes.MongoBoundsIgnored,
                $"The server gave documents of {_name} that are outside of the ids it was asked for: it does not keep to min and max of a find, as MongoDB does.",
                "Read from a MongoDB server; from another one that speaks its protocol, use replication_method: incremental.");
        }
    }

    private void Add(ReadOnlySpan<byte> document, ReadOnlySpan<byte> selected, bool isRow, MillraceException? broken)
    {
        ReadOnlySpan<byte> position = _position.AsSpan(0, _positionLength);
        if (broken is not null)
        {
            _builder.Reject(document, position, broken);
            return;
        }

        _order.Take(document);
        if (isRow)
        {
            _builder.Add(selected, position);
        }
    }

    private void Open()
    {
        _readAt = _server.IsReplicated ? LiveServer.HeadOf(_client) : LiveHead.None;
        _positionLength = MongoDbPositions.FormatReadRow(_readAt.Time, _position);
        if (_server.IsReplicated)
        {
            _session = MongoSession.TryStart(_client);
            _session?.AdvanceTo(_readAt.Time, _readAt.ClusterTime);
        }

        byte[] filter = _order.Filter() is { } after ? FindQuery.Filter(_settings, byTime: true, after) : FindQuery.Filter(_settings, byTime: true);
        _isChecked = false;
        _cursor = _client.Find(_name, filter, Options(), _session);
    }

    private byte[] Options() => Documents.Make(w =>
    {
        w.WriteInt64("batchSize"u8, Math.Min(_request.MaxBatchRows, FindQuery.MaxBatch));
        FindQuery.WriteProjection(w, _settings);
        FindQuery.WriteReadConcern(w, _server);
        _order.WriteOptions(w);
    });

    private void Close()
    {
        _cursor?.Dispose();
        _cursor = null;
        _session?.Dispose();
        _session = null;
    }
}
