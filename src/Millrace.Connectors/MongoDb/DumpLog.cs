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

    /// <summary>The partition that says whose changes were taken from which stretch of the log.</summary>
    public const string DatasetsPartition = "log.datasets";

    /// <summary>The partition that gives collections that were included later what they missed of the log.</summary>
    public const string CatchUpPartition = "log.catch-up";

    private static readonly Estimate Nothing = new(0, Certainty.Exact, 0, Certainty.Exact);

    private readonly Lock _gate = new();
    private readonly LogSelection _selection = LogSelection.Of(connection.Database, settings.Selector);
    private PlanRequest _request = new([], 1);
    private OplogChain? _chain;
    private AfterImages? _images;
    private volatile LogReader? _reader;
    private LogCoverage? _coverage;
    private CatchUp? _catchUp;
    private LogPurpose _purpose = LogPurpose.GoOn;
    private volatile bool _hasCaughtUp = true;

    /// <summary>Plans the partitions of the log; none where nothing waits.</summary>
    /// <exception cref="MillraceException">MR1303: entries that are needed are gone.</exception>
    public IReadOnlyList<PartitionPlan> Plan(PlanRequest request, CancellationToken cancellationToken)
    {
        _request = request;
        OplogChain chain = _chain = OplogChain.Open(connection, dump, settings.StateDirectory, settings.LooksOnly, cancellationToken);
        ulong committed = CommittedPosition();
        LogCoverage? stored = Find(DatasetsPartition) is { } found ? LogCoverage.Parse(found.Position) : null;
        if (committed == 0)
        {
            CheckBeginning(chain, stored);
        }

        LogCoverage coverage = _coverage = CoverageNow(stored, committed, chain);
        if (chain.Files.IsEmpty)
        {
            return coverage.CatchingUp is not null ? throw LogLosses.NoChain() : [];
        }

        chain.CheckContinuity(committed);
        var partitions = new List<PartitionPlan>();
        if (coverage.CatchingUp is not null)
        {
            AddCatchUp(partitions, chain, committed);
        }

        AddLog(partitions, chain, committed);

        // Where nothing is read, the next plan comes to the same coverage again.
        if (partitions.Count > 0 && coverage.Position != stored?.Position)
        {
            partitions.Insert(0, new(DatasetsPartition, 1, coverage.Position, coverage.Position) { Waiting = Nothing });
        }

        return partitions;
    }

    /// <summary>
    /// True where a collection of the dump has to be loaded from it: not where its changes were followed from the first one on, as those of a
    /// collection that was made since the first dump, and not yet where the log has not come to this dump.
    /// </summary>
    public bool NeedsSnapshot(MongoNamespace collection) =>
        CommittedPosition() == 0
        || Find(MongoDbDumpSource.SnapshotPrefix + collection) is not null
        || (_purpose != LogPurpose.GoOnWithoutNew && _coverage!.IsNew(collection));

    /// <summary>True where a collection that is included since waits until the log has come to this dump.</summary>
    public bool MakesWait(MongoNamespace collection) => !NeedsSnapshot(collection) && _purpose == LogPurpose.GoOnWithoutNew && _coverage!.IsNew(collection);

    /// <summary>What is to be said of the log's files, once it is planned.</summary>
    public IReadOnlyList<string> Notes => _chain?.Unfinished ?? [];

    /// <summary>The first file of the log, once it is planned; null where there is none.</summary>
    public string? FirstFile => _chain is { Files.IsEmpty: false } chain ? chain.Files[0].File.Path : null;

    /// <summary>
    /// Source time of snapshot rows, ticks since 1970: that of the chain's first entry, before which the dump was begun, so that a version never ends
    /// before it began. 0 where there is no log yet.
    /// </summary>
    public long SnapshotTime => _chain is { Files.IsEmpty: false } chain ? (long)(chain.Files[0].Facts.First >> 32) * TimeSpan.TicksPerSecond : 0;

    /// <summary>Opens a partition of entries for reading.</summary>
    public async ValueTask<LogReader> OpenAsync(ReadRequest request, CancellationToken cancellationToken)
    {
        OplogChain chain = _chain!;
        bool isCatchUp = request.Partition.Name == CatchUpPartition;
        ulong start = isCatchUp ? _catchUp!.Position : MongoDbPositions.ParseOplog(request.Partition.Start);
        ulong until = isCatchUp ? _catchUp!.Until : MongoDbPositions.ParseOplog(request.Partition.Until!);
        AfterImages images = Images();
        if (_reader is null)
        {
            await images.SettleAsync().ConfigureAwait(false);
        }

        if (images.Reached is null)
        {
            if (start > 0 && !isCatchUp)
            {
                CheckDumpServes(chain, start);
            }

            ImportAll(images, cancellationToken);
        }

        // What is older than the dump's own oplog is in the dump.
        ulong beginning = chain.Origin == 0 ? 0 : chain.Origin - 1;
        (ulong replay, ulong openSince) = images.Reached ?? (beginning, 0);
        chain.CheckContinuity(images.Reached?.Position ?? 0);
        var scope = new LogScope(names, _coverage, isCatchUp ? LogPurpose.CatchUp : _purpose);
        var range = new LogRange(replay, start == 0 ? beginning : start, until, openSince) { DropsSince = isCatchUp && start == 0 ? DropsSince(chain) : null };
        return _reader = new LogReader(chain, images, scope, settings, request, range);
    }

    /// <summary>Brings the after-images up to what the destination has committed; once the log is read to its end, before this returns.</summary>
    public async ValueTask AcknowledgeAsync(IReadOnlyList<Checkpoint> durable, CancellationToken cancellationToken)
    {
        foreach (Checkpoint checkpoint in durable)
        {
            if (checkpoint.Partition == CatchUpPartition)
            {
                (_, ulong timestamp, bool atEnd) = MongoDbPositions.ParseCatchUp(checkpoint.Position);
                await FollowAsync(timestamp).ConfigureAwait(false);
                _hasCaughtUp |= atEnd;
            }
            else if (HasLog && checkpoint.Partition.StartsWith(MongoDbDumpSource.SnapshotPrefix, StringComparison.Ordinal)
                && MongoDbPositions.ParseDump(checkpoint.Position).AtEnd)
            {
                ImportOne(checkpoint, cancellationToken);
            }
        }

        // While collections catch up, the images are at an earlier place than the log, whatever is durable of that.
        if (_hasCaughtUp && durable.FirstOrDefault(c => c.Partition == Partition) is { } log)
        {
            await FollowAsync(MongoDbPositions.ParseOplog(log.Position)).ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _images?.Dispose();

    private async ValueTask FollowAsync(ulong timestamp)
    {
        if (_images is null)
        {
            return;
        }

        await _images.AcknowledgeAsync(timestamp).ConfigureAwait(false);
        if (_reader is not { HasEnded: false })
        {
            await _images.SettleAsync().ConfigureAwait(false);
        }
    }

    private bool HasLog => dump.Oplog is not null || !connection.OplogPatterns.IsEmpty;

    /// <summary>The selection that after-images are kept for.</summary>
    private LogSelection Kept => _purpose == LogPurpose.GoOnWithoutNew ? _coverage!.Latest : _selection;

    private Checkpoint? Find(string partition) => _request.Committed.FirstOrDefault(c => c.Partition == partition);

    /// <summary>The entry that the log is committed to; 0 before the first.</summary>
    private ulong CommittedPosition() => Find(Partition) is { } found ? MongoDbPositions.ParseOplog(found.Position) : 0;

    /// <summary>What was taken of the log, with the task's datasets as they are now.</summary>
    private LogCoverage CoverageNow(LogCoverage? stored, ulong committed, OplogChain chain)
    {
        if (committed == 0)
        {
            return LogCoverage.Begin(chain.First, _selection);
        }

        // Without a record, what is known to have been followed are the collections that were loaded.
        LogCoverage coverage = stored ?? LogCoverage.Begin(
            chain.First, LogSelection.Of(connection.Database, new([.. LoadedCollections().Select(names.NameOf).OfType<string>()], [])));
        Position? caughtUp = Find(CatchUpPartition)?.Position;
        if (coverage.CatchingUp != _selection || coverage.CaughtUp(caughtUp).AtEnd)
        {
            coverage = coverage.Settle(caughtUp);
        }

        if (coverage.CatchingUp is not null)
        {
            return coverage;
        }

        if (!coverage.Lacks(_selection))
        {
            return coverage.With(_selection, committed);
        }

        if (committed >= chain.Origin)
        {
            return coverage with { CatchingUp = _selection };
        }

        // The dump is newer than the place that the log has reached: the log has to come there first, with what it was read for so far.
        _purpose = LogPurpose.GoOnWithoutNew;
        return _selection.Covers(coverage.Latest) ? coverage : throw LogLosses.DumpIsAhead(chain, committed);
    }

    /// <summary>Checks, before anything of the log is committed, that the dump that was loaded is there, and the log from where it began.</summary>
    private void CheckBeginning(OplogChain chain, LogCoverage? stored)
    {
        if (FromOtherDump() is { } replaced)
        {
            throw LogLosses.DumpReplaced(replaced, dump);
        }

        if (stored is { From: > 0 } && chain.First > stored.From)
        {
            throw LogLosses.BeginningGone(stored.From, chain);
        }
    }

    /// <summary>Plans what collections missed while they were left out.</summary>
    private void AddCatchUp(List<PartitionPlan> partitions, OplogChain chain, ulong committed)
    {
        _catchUp = new(_coverage!.CaughtUp(Find(CatchUpPartition)?.Position).Reached, committed);
        _hasCaughtUp = false;
        CheckCatchUp(chain, _catchUp);
        Estimate all = chain.Remaining(_catchUp.Position), after = chain.Remaining(committed);
        string id = _coverage.Id;
        Position start = MongoDbPositions.CatchUp(id, _catchUp.Position, atEnd: false);
        partitions.Add(new(CatchUpPartition, 2, start, MongoDbPositions.CatchUp(id, committed, atEnd: true))
        {
            Waiting = new(0, Certainty.Unknown, all.Bytes - after.Bytes, all.BytesKnown, all.Oldest),
        });
    }

    private void AddLog(List<PartitionPlan> partitions, OplogChain chain, ulong committed)
    {
        if (committed >= chain.Last)
        {
            return;
        }

        if (committed > 0 && _catchUp is null)
        {
            CheckReplay(chain, committed);
        }

        partitions.Add(new(Partition, 3, MongoDbPositions.Oplog(committed), MongoDbPositions.Oplog(chain.Last)) { Waiting = chain.Remaining(committed) });
    }

    /// <summary>Checks that the log is there from where the catching up goes on, or from the dump on where it begins.</summary>
    private void CheckCatchUp(OplogChain chain, CatchUp catchUp)
    {
        ulong? kept = catchUp.Position > 0 ? KeptPosition() : null;
        bool mayBeKept = settings.LooksOnly && catchUp.Position > 0;
        if (kept is null && chain.Origin != 0 && !mayBeKept)
        {
            CheckMissedIsThere(chain, catchUp);
        }
        else if (kept is null && chain.Origin == 0)
        {
            // Nothing in the dump says where its log begins: it must be the dump and the log that the task began with.
            CheckDumpIsTheSame();
            if (chain.First > _coverage!.From)
            {
                throw LogLosses.BeginsLate(_coverage.From, chain);
            }
        }

        chain.CheckContinuity(kept ?? 0);
    }

    /// <summary>
    /// Checks that no collection missed anything before the dump's own log begins: there the catching up begins, and what is older is only in
    /// the dump, which is not read for a collection that the destination has already.
    /// </summary>
    private void CheckMissedIsThere(OplogChain chain, CatchUp catchUp)
    {
        IEnumerable<MongoNamespace> known = dump.Collections.Select(c => c.Name)
            .Concat(LoadedCollections())
            .Concat(settings.Datasets.Select(names.CollectionOf));
        foreach (MongoNamespace name in known.Distinct().Where(names.Takes))
        {
            ulong followed = _coverage!.FollowedUntil(name, catchUp.Position);
            if (followed < chain.Origin - 1 && (followed > 0 || !ComesFromTheDump(name)))
            {
                throw LogLosses.MissedBeforeDump(name, followed, chain, dump);
            }
        }

        // Of one that was dropped before this dump nothing tells but the log of that time.
        if (catchUp.Position == 0 && DropsSince(chain) is { } since)
        {
            if (chain.Files[0].Facts.First > since)
            {
                throw LogLosses.DropsUnknown(since, chain, dump);
            }

            chain.CheckContinuity(since);
        }
    }

    /// <summary>The entry after which collections that were left out may have been dropped unseen, before the dump's own log begins; null where none was.</summary>
    private ulong? DropsSince(OplogChain chain) =>
        _coverage!.LeftOutSince(_selection) is { } since && since + 1 < chain.Origin ? since : null;

    /// <summary>True where a collection that was never followed is in the destination as this dump has it, or will be.</summary>
    private bool ComesFromTheDump(MongoNamespace name) =>
        Find(MongoDbDumpSource.SnapshotPrefix + name) is not { } loaded
        || MongoDbPositions.ParseDump(loaded.Position).Fingerprint == dump.Find(name)?.Documents?.Fingerprint;

    /// <summary>Checks that the after-images can be brought to the committed position, from where they are or from the dump.</summary>
    private void CheckReplay(OplogChain chain, ulong committed)
    {
        ulong? kept = KeptPosition();
        if (kept is null && !settings.LooksOnly)
        {
            CheckDumpServes(chain, committed);
        }

        chain.CheckContinuity(kept ?? 0);
    }

    /// <summary>The position of the after-images; null where there are none, or where they may not be touched.</summary>
    private ulong? KeptPosition() => !settings.LooksOnly && AfterImages.Exists(settings.StateDirectory) ? Images().Position : null;

    /// <summary>
    /// The after-images, forgotten first where they belong to another generation, ran ahead of the destination, or were brought to their position
    /// without a collection that is taken now.
    /// </summary>
    private AfterImages Images()
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
                bool isComplete = _images.Position is null || (_images.Scope is { } scope && LogSelection.Parse(scope).Covers(Kept));
                bool isAhead = _images.Position > (_catchUp?.Position ?? CommittedPosition());
                if (_images.Generation != (ulong)_request.Generation || isAhead || !isComplete)
                {
                    _images.Reset(_request.Generation);
                }

                // From here on they are kept for this selection only, so before the first entry is applied the store says so.
                _images.Scope = Kept.ToString();
            }

            return _images;
        }
    }

    private void ImportAll(AfterImages images, CancellationToken cancellationToken)
    {
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
            AfterImages images = Images();
            if (images.Position is null)
            {
                images.Import(name, file, cancellationToken);
            }
        }
    }

    /// <summary>
    /// Checks that what the dump holds, with the log from where the dump was begun, comes to the documents as they were at a position. Any dump does
    /// whose own log begins at or before it; of one without a log, or a later one, only the dump that was loaded is known to.
    /// </summary>
    private void CheckDumpServes(OplogChain chain, ulong position)
    {
        if (chain.Origin == 0 || position < chain.Origin)
        {
            CheckDumpIsTheSame();
        }
    }

    private void CheckDumpIsTheSame()
    {
        if (FromOtherDump() is { } name)
        {
            throw LogLosses.OtherDump(name, dump);
        }
    }

    /// <summary>A collection that was loaded, or began to be, from a dump that this one is not; null where there is none.</summary>
    private MongoNamespace? FromOtherDump() => LoadedCollections().Where(names.Takes).Cast<MongoNamespace?>().FirstOrDefault(
        name => dump.Find(name!.Value)?.Documents?.Fingerprint
            != MongoDbPositions.ParseDump(Find(MongoDbDumpSource.SnapshotPrefix + name)!.Position).Fingerprint);

    private IEnumerable<MongoNamespace> LoadedCollections() => _request.Committed
        .Where(c => c.Partition.StartsWith(MongoDbDumpSource.SnapshotPrefix, StringComparison.Ordinal))
        .Select(c => MongoNamespace.Parse(c.Partition[MongoDbDumpSource.SnapshotPrefix.Length..]));
}
