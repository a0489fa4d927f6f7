using Millrace.Connectors.MongoDb.Files;
using Millrace.Connectors.MongoDb.Images;
using Millrace.Connectors.MongoDb.Oplog;
using Millrace.Core.Contracts;
using Millrace.Core.Errors;

namespace Millrace.Connectors.MongoDb;

/// <summary>The change capture side of a dump: plans and reads the partition <c>log</c>, and keeps the after-images in step with the destination.</summary>
internal sealed class DumpLog(SourceSettings settings, DumpConnection connection, DatasetNames names, Dump dump) : IDisposable
{
    /// <summary>The partition's name.</summary>
    public const string Partition = "log";

    private readonly Lock _gate = new();
    private PlanRequest _request = new([], 1);
    private OplogChain? _chain;
    private AfterImages? _images;
    private volatile LogReader? _reader;

    /// <summary>Plans the partition; null where nothing waits.</summary>
    /// <exception cref="MillraceException">MR1303: entries that are needed are gone.</exception>
    public PartitionPlan? Plan(PlanRequest request, CancellationToken cancellationToken)
    {
        _request = request;
        _chain = OplogChain.Open(connection, dump, settings.StateDirectory, settings.LooksOnly, cancellationToken);
        if (_chain.Files.IsEmpty)
        {
            return null;
        }

        ulong? committed = CommittedPosition();
        _chain.CheckContinuity(committed ?? 0);
        if (committed >= _chain.Last)
        {
            return null;
        }

        CheckReplay(_chain, committed);
        return new PartitionPlan(Partition, 1, MongoDbPositions.Oplog(committed ?? 0), MongoDbPositions.Oplog(_chain.Last))
        {
            Waiting = _chain.Remaining(committed ?? 0),
        };
    }

    /// <summary>
    /// Source time of snapshot rows, ticks since 1970: that of the chain's first entry, before which the dump was begun, so that a version never ends
    /// before it began. 0 where there is no log yet.
    /// </summary>
    public long SnapshotTime => _chain is { Files.IsEmpty: false } chain ? (long)(chain.Files[0].Facts.First >> 32) * TimeSpan.TicksPerSecond : 0;

    /// <summary>Opens the partition for reading.</summary>
    public async ValueTask<LogReader> OpenAsync(ReadRequest request, CancellationToken cancellationToken)
    {
        OplogChain chain = _chain ??= OplogChain.Open(connection, dump, settings.StateDirectory, settings.LooksOnly, cancellationToken);
        ulong start = MongoDbPositions.ParseOplog(request.Partition.Start);
        ulong until = request.Partition.Until is { } position ? MongoDbPositions.ParseOplog(position) : chain.Last;
        AfterImages images = Images(start);
        await images.SettleAsync().ConfigureAwait(false);
        if (images.Position is null)
        {
            ImportAll(images, start, cancellationToken);
        }

        // What is older than the dump's own oplog is in the dump.
        ulong beginning = chain.Origin == 0 ? 0 : chain.Origin - 1;
        ulong replay = Math.Max(images.Position ?? 0, beginning);
        chain.CheckContinuity(images.Position ?? 0);
        return _reader = new LogReader(chain, images, names, settings, request, new LogRange(replay, Math.Max(start, beginning), until, images.OpenSince));
    }

    /// <summary>Brings the after-images up to what the destination has committed; once the log is read to its end, before this returns.</summary>
    public async ValueTask AcknowledgeAsync(IReadOnlyList<Checkpoint> durable, CancellationToken cancellationToken)
    {
        foreach (Checkpoint checkpoint in durable)
        {
            if (checkpoint.Partition == Partition && _images is not null)
            {
                await _images.AcknowledgeAsync(MongoDbPositions.ParseOplog(checkpoint.Position)).ConfigureAwait(false);
                if (_reader is not { HasEnded: false })
                {
                    await _images.SettleAsync().ConfigureAwait(false);
                }
            }
            else if (checkpoint.Partition != Partition && HasLog && MongoDbPositions.ParseDump(checkpoint.Position).AtEnd)
            {
                ImportOne(checkpoint, cancellationToken);
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _images?.Dispose();

    private bool HasLog => dump.Oplog is not null || !connection.OplogPatterns.IsEmpty;

    private ulong? CommittedPosition() =>
        _request.Committed.FirstOrDefault(c => c.Partition == Partition) is { } found ? MongoDbPositions.ParseOplog(found.Position) : null;

    /// <summary>Checks that the after-images can be brought to the committed position, from where they are or from the dump.</summary>
    private void CheckReplay(OplogChain chain, ulong? committed)
    {
        if (committed is null)
        {
            return;
        }

        ulong? kept = null;
        if (AfterImages.Exists(settings.StateDirectory))
        {
            AfterImages images = Images(committed.Value);
            kept = images.Position;
        }

        if (kept is null)
        {
            CheckDumpIsTheSame();
        }

        chain.CheckContinuity(kept ?? 0);
    }

    /// <summary>The after-images, forgotten first where they belong to another generation or ran ahead of the destination.</summary>
    private AfterImages Images(ulong start)
    {
        lock (_gate)
        {
            if (_images is null)
            {
                if (settings.StateDirectory.Length == 0)
                {
                    throw new MillraceException(
                        ErrorCodes.InvalidConfiguration,
                        "Change capture from files keeps after-images, and the task has no state folder for them.",
                        "Give the source a StateDirectory.");
                }

                _images = AfterImages.Open(settings.StateDirectory);
                if (_images.Generation != (ulong)_request.Generation || _images.Position > start)
                {
                    _images.Reset(_request.Generation);
                }
            }

            return _images;
        }
    }

    private void ImportAll(AfterImages images, ulong start, CancellationToken cancellationToken)
    {
        if (start > 0)
        {
            CheckDumpIsTheSame();
        }

        foreach (DumpedCollection collection in dump.Collections)
        {
            if (collection.Documents is { } file && names.Takes(collection.Name))
            {
                images.Import(collection.Name, file, cancellationToken);
            }
        }
    }

    private void ImportOne(Checkpoint checkpoint, CancellationToken cancellationToken)
    {
        MongoNamespace name = MongoNamespace.Parse(checkpoint.Partition[MongoDbDumpSource.SnapshotPrefix.Length..]);
        if (dump.Find(name)?.Documents is { } file && file.Fingerprint == MongoDbPositions.ParseDump(checkpoint.Position).Fingerprint)
        {
            AfterImages images = Images(CommittedPosition() ?? 0);
            if (images.Position is null)
            {
                images.Import(name, file, cancellationToken);
            }
        }
    }

    /// <summary>Without after-images the log has to be applied to the dump again, which must then be the one that was loaded.</summary>
    private void CheckDumpIsTheSame()
    {
        foreach (Checkpoint checkpoint in _request.Committed.Where(c => c.Partition != Partition))
        {
            MongoNamespace name = MongoNamespace.Parse(checkpoint.Partition[MongoDbDumpSource.SnapshotPrefix.Length..]);
            if (dump.Find(name)?.Documents?.Fingerprint != MongoDbPositions.ParseDump(checkpoint.Position).Fingerprint)
            {
                throw new MillraceException(
                    ErrorCodes.HistoryLost,
                    $"The local store of after-images is gone, and {name} in {dump.Path} is not the dump that was loaded, so the changes that follow cannot be made whole.",
                    "Put the dump that was loaded back, with every oplog file since, or start anew: on_history_lost: resnapshot.");
            }
        }
    }
}
