using Millrace.Connectors.MongoDb.Decoding;
using Millrace.Core.Batches;
using Millrace.Core.Contracts;
using Millrace.Core.Errors;
using Millrace.Core.Schemas;

namespace Millrace.Connectors.MongoDb.Files;

/// <summary>Reads one dumped collection as batches: all of it, or with a cursor what is new.</summary>
internal sealed class SnapshotReader : IDisposable
{
    private const int DocumentsBetweenChecks = 512;

    private readonly DocumentReader _reader;
    private readonly DocumentBatchBuilder _builder;
    private readonly DocumentSelection _selection;
    private readonly string _fingerprint;
    private readonly CursorState? _cursor;
    private readonly ReadBudget _budget;
    private readonly int _maxRows;
    private readonly int _maxBytes;
    private MillraceException? _failure;
    private long _next;          // offset of the first document that was not taken
    private bool _isAtEnd;       // of the file
    private bool _isDone;

    public SnapshotReader(IDocumentFile file, long offset, TableId table, ReadRequest request, DocumentSelection selection, bool hidesRaw, CursorState? cursor = null)
    {
        _cursor = cursor;
        _reader = new(file, offset);
        _builder = new(table, request.Partition.Name, hidesRaw, isLog: false);
        _selection = selection;
        _fingerprint = file.Fingerprint;
        _next = offset;
        _budget = request.Budget;
        _maxRows = request.MaxBatchRows;
        _maxBytes = request.MaxBatchBytes;
    }

    /// <summary>Source time of every row, ticks since 1970, or 0 where it is not known.</summary>
    public long RowTime { get; init; }

    /// <summary>
    /// Reads the next batch; null after the last, which carries the position of the end, or of the document that the budget refused.
    /// </summary>
    /// <exception cref="MillraceException">The file is broken here; what stands before it has been handed out.</exception>
    public RecordBatch? Next(CancellationToken cancellationToken)
    {
        if (_failure is not null)
        {
            throw _failure;
        }

        if (_isDone)
        {
            return null;
        }

        Fill(cancellationToken);
        if (_failure is not null && _builder.IsEmpty)
        {
            throw _failure;
        }

        return _builder.Build(_cursor?.At(_next, _isAtEnd) ?? MongoDbPositions.Dump(_fingerprint, _next, _isAtEnd), rowTime: RowTime);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _reader.Dispose();
        _builder.Dispose();
        _selection.Dispose();
        _cursor?.Dispose();
    }

    private void Fill(CancellationToken cancellationToken)
    {
        Span<byte> position = stackalloc byte[MongoDbPositions.MaxRowPosition];
        int untilCheck = DocumentsBetweenChecks;
        try
        {
            while (_builder.Rows < _maxRows && _builder.SourceBytes < _maxBytes && !_builder.IsFull)
            {
                if (--untilCheck == 0)
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    untilCheck = DocumentsBetweenChecks;
                }

                long at = _reader.Offset;
                ReadStatus status = _reader.Read(out ReadOnlySpan<byte> document);
                if (status != ReadStatus.Document)
                {
                    End(status);
                    return;
                }

                if (!TryAdd(document, position[..MongoDbPositions.FormatDumpRow(at, position)]))
                {
                    _isDone = true;
                    return;
                }

                _next = _reader.Offset;
            }
        }
        catch (MillraceException exception)
        {
            _failure = exception;
        }
    }

    /// <summary>Takes a document; false where the budget refuses it.</summary>
    private bool TryAdd(ReadOnlySpan<byte> document, ReadOnlySpan<byte> position)
    {
        ReadOnlySpan<byte> selected = default;
        bool isRow = true;
        MillraceException? broken = null;
        try
        {
            isRow = _selection.TrySelect(document, out selected) && _cursor?.IsNew(document) != false;
        }
        catch (MillraceException exception)
        {
            broken = exception;
        }

        if (!_budget.TryTake(isRow ? 1 : 0, document.Length))
        {
            return false;
        }

        _builder.AddBytes(document.Length);
        if (broken is not null)
        {
            _builder.Reject(document, position, broken);
        }
        else if (isRow)
        {
            _cursor?.Take(document);
            _builder.Add(selected, position);
        }

        return true;
    }

    private void End(ReadStatus status)
    {
        if (status == ReadStatus.End)
        {
            _next = _reader.Offset;
            _isAtEnd = true;
            _isDone = true;
            return;
        }

        _reader.Throw(status);
    }
}
