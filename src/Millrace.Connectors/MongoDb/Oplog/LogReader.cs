using System.Runtime.CompilerServices;
using Millrace.Connectors.MongoDb.Images;
using Millrace.Core.Batches;
using Millrace.Core.Contracts;
using Millrace.Core.Errors;
using Millrace.Core.Schemas;

namespace Millrace.Connectors.MongoDb.Oplog;

/// <summary>Where the reading of the log starts and ends.</summary>
/// <param name="Replay">Entries after this are applied to the after-images.</param>
/// <param name="Start">Entries after this give rows.</param>
/// <param name="Until">The last entry to read.</param>
/// <param name="OpenSince">The first entry of a transaction that was not finished at <paramref name="Replay"/>; 0 for none.</param>
internal readonly record struct LogRange(ulong Replay, ulong Start, ulong Until, ulong OpenSince)
{
    /// <summary>Of the entries between this and <see cref="Replay"/>, drops of collections that the task had followed are rows; null for none.</summary>
    public ulong? DropsSince { get; init; }
}

/// <summary>
/// Reads the partition <c>log</c>: applies entries and hands their changes out in windows that end where a commit may happen.
/// </summary>
internal sealed class LogReader : IDisposable
{
    private const int MaxEntries = 32_768;
    private const int EntriesBetweenChecks = 256;
    private const long MaxTransactionMemory = 64L << 20;

    private readonly AfterImages _images;
    private readonly LogCollections _collections;
    private readonly ChangeWindow _window;
    private readonly OplogApplier _applier;
    private readonly TransactionReplay _replay;
    private readonly OplogCursor _cursor;
    private readonly TransactionAssembler _transactions;
    private readonly LogRange _range;
    private readonly PartitionPlan _partition;
    private readonly ReadBudget _budget;
    private readonly OplogRows _rows;
    private readonly TableId _nowhere;
    private readonly int _maxRows;
    private readonly int _maxBytes;
    private ulong _done;          // every entry up to here was applied
    private int _entries;
    private bool _hasEntry;
    private volatile bool _atEnd;

    public LogReader(OplogChain chain, AfterImages images, LogScope scope, SourceSettings settings, ReadRequest request, LogRange range)
    {
        _partition = request.Partition;
        _images = images;
        _range = range;
        _budget = request.Budget;
        _maxRows = request.MaxBatchRows;
        _maxBytes = request.MaxBatchBytes;
        _nowhere = settings.Datasets.IsDefaultOrEmpty ? new TableId("", "") : scope.Names.TableOf(scope.Names.CollectionOf(settings.Datasets[0]));
        _collections = new(scope);
        _transactions = new(new TransactionSpill(Path.Combine(settings.StateDirectory, "mongodb-transactions.tmp"), MaxTransactionMemory));
        _rows = new(_collections, _transactions);
        _window = new(request.Partition.Name, settings.HidesRaw, request.MaxBatchRows, request.MaxBatchBytes);
        _applier = new(_collections, images, _window, new DocumentSelection(settings, byTime: false), settings.OnDrop, request.Note)
        {
            DumpedUntil = chain.OriginEnd,
        };
        _replay = new(_transactions, _rows, _applier);
        _done = range.Replay;
        ulong after = range.OpenSince == 0 ? range.Replay : Math.Min(range.Replay, range.OpenSince - 1);
        _cursor = new(chain, Math.Min(after, range.DropsSince ?? after), range.Until);
    }

    /// <summary>True once nothing more is read. May be asked from another thread.</summary>
    public bool HasEnded => _atEnd;

    /// <summary>The next batch; null after the last.</summary>
    public RecordBatch? Next(CancellationToken cancellationToken)
    {
        while (!_window.HasReady)
        {
            if (_atEnd)
            {
                return null;
            }

            Fill(cancellationToken);
        }

        return _window.Take();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _cursor.Dispose();
        _transactions.Dispose();
        _applier.Dispose();
        _window.Dispose();
    }

    private bool IsDue => _window.Rows >= _maxRows || _window.Bytes >= _maxBytes || _entries >= MaxEntries;

    private void Fill(CancellationToken cancellationToken)
    {
        int untilCheck = 1;
        while (!_window.HasReady && !_atEnd)
        {
            if (--untilCheck == 0)
            {
                cancellationToken.ThrowIfCancellationRequested();
                untilCheck = EntriesBetweenChecks;
            }

            // A little of a large entry at a time, so that its batches can leave before the rest is made.
            if (_applier.EmitRenamed() || _replay.ApplyDue())
            {
                continue;
            }

            if (!_cursor.Next(out ReadOnlySpan<byte> document, out ulong timestamp))
            {
                _atEnd = true;
                CloseLast();
                return;
            }

            Take(document, timestamp);
        }
    }

    private OplogEntry Parse(ReadOnlySpan<byte> document)
    {
        try
        {
            return OplogEntry.Parse(document);
        }
        catch (MillraceException exception)
        {
            // Which document a broken entry is about cannot be known, so it cannot be set aside.
            (string path, long offset) = _cursor.Place;
            throw new MillraceException(
                ErrorCodes.DumpCorrupt,
                $"{path} holds a broken oplog entry at byte {offset - document.Length}: {exception.Message}",
                "Copy the file again from its origin, or resnapshot: on_history_lost: resnapshot.",
                inner: exception);
        }
    }

    private void Take(ReadOnlySpan<byte> document, ulong timestamp)
    {
        OplogEntry entry = Parse(document);
        if (timestamp <= _range.Replay)
        {
            TakeBefore(entry, document, timestamp);
            return;
        }

        bool continues = timestamp == _done && _hasEntry;
        _applier.IsEmitting = timestamp > _range.Start;
        if (_applier.IsEmitting && !_budget.TryTake(_rows.Of(entry, timestamp), document.Length) && !continues)
        {
            _atEnd = true;
            Close();
            return;
        }

        if (!continues && _hasEntry && IsDue)
        {
            Close();
        }

        _applier.Begin(timestamp, entry.Millis);
        if (_applier.IsEmitting)
        {
            _window.AddBytes(document.Length);
        }

        _replay.Apply(entry, document);
        _done = timestamp;
        _hasEntry = true;
        _entries++;
    }

    /// <summary>Takes of an entry that the images have already what they do not tell: a transaction that ends later, and what is gone.</summary>
    private void TakeBefore(in OplogEntry entry, ReadOnlySpan<byte> document, ulong timestamp)
    {
        bool mayDrop = timestamp > _range.DropsSince;
        if (mayDrop)
        {
            Know(entry);
        }

        if (entry.Operation != OplogOperation.Command)
        {
            return;
        }

        if (TransactionAssembler.IsCommand(entry))
        {
            _transactions.Accept(entry, document);
            _transactions.SkipDue();
        }
        else if (mayDrop)
        {
            DropUnseen([.. GoneBy(entry).Where(c => c.Stretches is [{ After: > 0 }, ..])], timestamp, entry.Millis);
        }
    }

    // The collections that an entry writes to are known from here on, should their database be dropped.
    private void Know(in OplogEntry entry)
    {
        RuntimeHelpers.EnsureSufficientExecutionStack();
        if (entry.Operation != OplogOperation.Command)
        {
            if (!entry.Namespace.IsEmpty)
            {
                _collections.Find(entry.Namespace);
            }

            return;
        }

        var operations = new ApplyOps(entry.Object);
        while (operations.Next(out ReadOnlySpan<byte> operation))
        {
            Know(Parse(operation));
        }
    }

    private void DropUnseen(LogCollection[] gone, ulong timestamp, long millis)
    {
        if (gone.Length == 0)
        {
            return;
        }

        _applier.IsEmitting = true;
        _applier.Begin(timestamp, millis);
        foreach (LogCollection collection in gone)
        {
            _applier.Drop(collection);
        }
    }

    private IReadOnlyList<LogCollection> GoneBy(in OplogEntry entry) =>
        DropCommand.GoneBy(entry) is { } name ? [_collections[name]]
        : DropCommand.IsOfDatabase(entry) ? _collections.OfDatabase(MongoNamespace.Parse(entry.Namespace).Database)
        : [];

    private void Close()
    {
        if (!_hasEntry)
        {
            return;
        }

        _images.Mark(_done, _transactions.OpenSince);
        _entries = 0;
        if (_done <= _range.Start)
        {
            // The destination has these already, so the store may follow at once.
            _images.Acknowledge(_done);
            return;
        }

        _window.Close(PositionAt(_done), _nowhere);
    }

    /// <summary>After the last entry. A partition that is to come to an end says so even where no entry was left.</summary>
    private void CloseLast()
    {
        if (!IsCatchUp)
        {
            Close();
            return;
        }

        if (_hasEntry)
        {
            _images.Mark(_done, _transactions.OpenSince);
        }

        _window.Close(_partition.Until!, _nowhere);
    }

    private bool IsCatchUp => _partition.Start.Scheme == MongoDbPositions.CatchUpScheme;

    private Position PositionAt(ulong timestamp) => IsCatchUp
        ? MongoDbPositions.CatchUp(MongoDbPositions.ParseCatchUp(_partition.Start).Id, timestamp, atEnd: false)
        : MongoDbPositions.Oplog(timestamp);
}
