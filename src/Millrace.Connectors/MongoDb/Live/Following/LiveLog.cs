using System.Collections.Immutable;
using Millrace.Connectors.MongoDb.Live.Snapshots;
using Millrace.Connectors.MongoDb.Native;
using Millrace.Connectors.MongoDb.Oplog;
using Millrace.Core.Contracts;
using Millrace.Core.Errors;
using Millrace.Core.Schemas;

namespace Millrace.Connectors.MongoDb.Live.Following;

/// <summary>
/// The change capture side of a live server: plans and opens the partition <c>log</c>, and knows whose changes were taken from which stretch of it.
/// </summary>
internal sealed class LiveLog(LiveConnection connection, LiveServer server, LiveHead head, DatasetNames names, SourceSettings settings)
{
    /// <summary>The stage of a snapshot's ranges: after the log, so that the log is never outlived.</summary>
    public const int SnapshotStage = 4;

    private static readonly Estimate Nothing = new(0, Certainty.Exact, 0, Certainty.Exact);

    private readonly LogSelection _selection = LogSelection.Of(connection.Database, settings.Selector);
    private PlanRequest _request = new([], 1);
    private LogCoverage? _before;        // whose changes were taken before this run
    private LogCoverage? _coverage;      // and with it
    private ulong _committed;

    /// <summary>Plans the partitions of the log.</summary>
    /// <param name="client">A client.</param>
    /// <param name="request">The committed checkpoints.</param>
    /// <param name="chosen">The collections that the task takes and that there are.</param>
    /// <exception cref="MillraceException">MR1124, MR1125: there is no log to follow. MR1303: changes that are needed are gone.</exception>
    public IReadOnlyList<PartitionPlan> Plan(MongoClient client, PlanRequest request, List<LiveCollection> chosen)
    {
        _request = request;
        if (!server.IsReplicated)
        {
            throw client.Errors.NotReplicated("by change_capture");
        }

        Position? stored = Find(DumpLog.Partition);
        LogPosition start = stored is null ? new(head.Time) : LogPosition.Parse(stored);
        _committed = stored is null ? 0 : start.Time;
        OplogFacts? oplog = FactsOf(client);
        if (connection.Capture == MongoDbCapture.Oplog)
        {
            CheckReach(oplog!, start.OpenSince != 0 ? Math.Min(start.OpenSince, start.Time) : start.Time);
        }
        else if (settings.LooksOnly && oplog is { } facts)
        {
            // A forecast opens no stream, which is where the server would say so.
            CheckReach(facts, Math.Max(start.Time, ResumeToken.TimeOf(start.Token)));
        }

        var partitions = new List<PartitionPlan>();
        AddDatasets(partitions, chosen);
        AddLog(partitions, stored ?? First(start), start, oplog);
        return partitions;
    }

    /// <summary>
    /// True where a collection has to be loaded: where it is being loaded, and where no change of it was ever taken, so that it may have been there
    /// before the first one.
    /// </summary>
    public bool NeedsSnapshot(MongoNamespace collection)
    {
        if (Find(MongoDbDumpSource.SnapshotPrefix + collection) is { } dumped)
        {
            return MongoDbPositions.ParseDump(dumped).AtEnd ? false : throw HalfDumped(collection);
        }

        return _committed == 0 || SnapshotRanges.IsPlanned(collection, _request) || _before?.IsNew(collection) != false;
    }

    /// <summary>Opens a partition.</summary>
    /// <param name="client">A client, which the reader gives back.</param>
    /// <param name="request">What to read.</param>
    public IBatchReader Open(MongoClient client, ReadRequest request)
    {
        if (request.Partition.Name == DumpLog.DatasetsPartition)
        {
            return new MarkReader(client, request.Partition, Nowhere);
        }

        bool isCatchUp = request.Partition.Name == DumpLog.CatchUpPartition;
        LogPosition start = isCatchUp
            ? new(MongoDbPositions.ParseCatchUp(request.Partition.Start).Timestamp)
            : LogPosition.Parse(request.Partition.Start);
        var scope = new LogScope(names, _coverage, isCatchUp ? LogPurpose.CatchUp : LogPurpose.GoOn);
        var target = new LogTarget(start, isCatchUp ? _committed : head.Time, scope, Nowhere)
        {
            LooksUpMissing = connection.UpdateImages == MongoDbUpdateImages.PostImageOrLookup,
            CatchUp = isCatchUp ? MongoDbPositions.ParseCatchUp(request.Partition.Start).Id : null,
        };
        return connection.Capture == MongoDbCapture.Oplog
            ? new OplogReader(client, server, target, settings, request)
            : new ChangeStreamReader(client, server, new(server, connection.UpdateImages), Watched(), target, settings, request);
    }

    private TableId Nowhere => settings.Datasets.IsDefaultOrEmpty ? new("", "") : names.TableOf(names.CollectionOf(settings.Datasets[0]));

    private Position First(LogPosition start) =>
        connection.Capture == MongoDbCapture.Oplog ? LogPosition.OfOplog(start.Time, 0) : LogPosition.OfStream(start.Time, default);

    private Position? Find(string partition) => _request.Committed.FirstOrDefault(c => c.Partition == partition)?.Position;

    private StreamScope Watched()
    {
        bool hasPatterns = settings.Selector.Include.Any(DatasetSelector.IsPattern);
        ImmutableArray<MongoNamespace> named = hasPatterns ? [] : [.. settings.Datasets.Select(names.CollectionOf)];
        return StreamScope.Of(connection.Database, named);
    }

    private void AddLog(List<PartitionPlan> partitions, Position position, LogPosition start, OplogFacts? oplog)
    {
        if (_committed != 0 && _committed >= head.Time)
        {
            return;
        }

        DateTimeOffset oldest = DateTimeOffset.FromUnixTimeSeconds((long)(start.Time >> 32));
        Estimate waiting = _committed == 0 ? Nothing : (oplog?.Between(start.Time, head.Time) ?? Estimate.Unknown) with { Oldest = oldest };
        partitions.Add(new(DumpLog.Partition, 3, position, null) { Waiting = waiting });
    }

    /// <summary>Plans what collections missed while they were left out, and the record of whose changes are taken.</summary>
    private void AddDatasets(List<PartitionPlan> partitions, List<LiveCollection> chosen)
    {
        LogCoverage? stored = Find(DumpLog.DatasetsPartition) is { } found ? LogCoverage.Parse(found) : null;
        _before = stored;
        _coverage = CoverageNow(stored, chosen);
        if (_coverage.CatchingUp is not null)
        {
            AddCatchUp(partitions, chosen);
        }

        if (_coverage.Position != stored?.Position)
        {
            partitions.Insert(0, new(DumpLog.DatasetsPartition, 1, _coverage.Position, _coverage.Position) { Waiting = Nothing });
        }
    }

    private LogCoverage CoverageNow(LogCoverage? stored, List<LiveCollection> chosen)
    {
        if (_committed == 0)
        {
            return LogCoverage.Begin(head.Time, _selection);
        }

        LogCoverage coverage = stored ?? LogCoverage.Begin(_committed, _selection);
        Position? caughtUp = Find(DumpLog.CatchUpPartition);
        if (coverage.CatchingUp != _selection || coverage.CaughtUp(caughtUp).AtEnd)
        {
            coverage = coverage.Settle(caughtUp);
        }

        // A collection that was never taken is loaded, and needs nothing of the past; one that was, and was left out, has changes to catch up with.
        return coverage.CatchingUp is not null ? coverage
            : MissedSince(coverage, chosen) is not null ? coverage with { CatchingUp = _selection }
            : coverage.Lacks(_selection) || coverage.Latest != _selection ? coverage.With(_selection, _committed)
            : coverage;
    }

    /// <summary>
    /// The entry after which changes were missed, or null: those of collections that are there, of ones that were loaded and may be gone by now, and,
    /// under a pattern, of ones that only the log told of.
    /// </summary>
    private ulong? MissedSince(LogCoverage coverage, List<LiveCollection> chosen)
    {
        IEnumerable<MongoNamespace> loaded = SnapshotRanges.PlannedOf(_request).Where(names.Takes);
        ulong least = chosen.Select(c => c.Name).Union(loaded)
            .Select(n => Missed(coverage, n) ?? ulong.MaxValue)
            .Append(coverage.LeftOutSince(_selection) ?? ulong.MaxValue)
            .Min();
        return least < _committed ? least : null;
    }

    private ulong? Missed(LogCoverage coverage, MongoNamespace name)
    {
        if (coverage.IsNew(name) || SnapshotRanges.IsUnread(name, _request))
        {
            return null;
        }

        ulong followed = coverage.FollowedUntil(name, 0);
        return followed < _committed ? followed : null;
    }

    private void AddCatchUp(List<PartitionPlan> partitions, List<LiveCollection> chosen)
    {
        ulong reached = _coverage!.CaughtUp(Find(DumpLog.CatchUpPartition)).Reached;
        ulong from = reached != 0 ? reached : MissedSince(_coverage, chosen) ?? _committed;
        Position start = MongoDbPositions.CatchUp(_coverage.Id, from, atEnd: false);
        partitions.Add(new(DumpLog.CatchUpPartition, 2, start, MongoDbPositions.CatchUp(_coverage.Id, _committed, atEnd: true)));
    }

    private OplogFacts? FactsOf(MongoClient client)
    {
        if (connection.Capture == MongoDbCapture.Oplog)
        {
            return OplogFacts.Of(client, server);
        }

        try
        {
            return server.IsSharded ? null : OplogFacts.Of(client, server);
        }
        catch (MillraceException exception) when (LiveCatalog.IsDeclined(exception))
        {
            // Change streams need no privilege on the oplog; without it nothing can be said of what waits.
            return null;
        }
    }

    private static void CheckReach(OplogFacts oplog, ulong position)
    {
        if (oplog.First > position)
        {
            throw OplogReader.Lost(position, oplog.First);
        }
    }

    private static MillraceException HalfDumped(MongoNamespace name) => new(
        ErrorCodes.HistoryLost,
        $"A dump of {name} was being loaded when the last run ended, and a server is read now.",
        "Let the task load the dump to its end first, or load it anew: --full-refresh, or on_history_lost: resnapshot.");
}
