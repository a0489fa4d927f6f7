using Millrace.Connectors.MongoDb.Files;
using Millrace.Connectors.MongoDb.Live.Following;
using Millrace.Connectors.MongoDb.Live.Snapshots;
using Millrace.Connectors.MongoDb.Native;
using Millrace.Core.Contracts;
using Millrace.Core.Errors;

namespace Millrace.Connectors.MongoDb.Live;

/// <summary>What a run of a task has to read of a live server, and how each part of it is opened.</summary>
internal sealed class LivePlanner
{
    /// <summary>How the partition of an incremental read begins; the collection's full name follows.</summary>

    private readonly LiveConnection _connection;
    private readonly LiveServer _server;
    private readonly DatasetNames _names;
    private readonly SourceSettings _settings;
    private readonly List<LiveCollection> _collections;
    private readonly LiveLog? _log;

    private LivePlanner(
        LiveConnection connection, LiveServer server, LiveHead head, DatasetNames names, SourceSettings settings, List<LiveCollection> collections)
    {
        _connection = connection;
        _server = server;
        _names = names;
        _settings = settings;
        _collections = collections;
        _log = IsChangeCapture ? new(connection, server, head, names, settings) : null;
    }

    private bool IsChangeCapture => _settings.Method == ReplicationMethod.ChangeCapture;

    private bool ReadsWhole => _settings.Method == ReplicationMethod.FullRefresh;

    /// <summary>Asks the server what it is and what it has.</summary>
    public static LivePlanner Ask(MongoClient client, LiveConnection connection, DatasetNames names, SourceSettings settings)
    {
        // The head comes first: a collection that is made after it is told of by the log, one that was made before it is listed.
        LiveServer server = LiveServer.Ask(client);
        LiveHead head = server.IsReplicated ? LiveServer.HeadOf(client) : LiveHead.None;
        return new(connection, server, head, names, settings, LiveCatalog.List(client, connection.Database));
    }

    /// <summary>The collections that the task takes and that there are, by name.</summary>
    /// <exception cref="MillraceException">MR1309: one is not there. MR1129: one cannot be read by the task's method.</exception>
    public List<LiveCollection> Chosen()
    {
        // Patterns are resolved anew: what was made since the engine did must not fall between its list and the log.
        List<LiveCollection> chosen = [.. _collections.Where(c => _names.Takes(c.Name))];
        foreach (string dataset in _settings.Datasets.Order(StringComparer.Ordinal))
        {
            LiveCollection? found = Find(_names.CollectionOf(dataset));
            if (found is null && !IsChangeCapture)
            {
                throw LiveNotes.NotFound(_names.CollectionOf(dataset), _connection);
            }

            if (found is { HasChanges: false } && !ReadsWhole && _settings.Selector.Include.Contains(dataset))
            {
                throw LiveNotes.Refused(found, IsChangeCapture ? "change_capture" : "incremental");
            }
        }

        chosen.RemoveAll(c => !c.HasChanges && !ReadsWhole);
        return chosen;
    }

    /// <summary>Plans a run.</summary>
    public ReadPlan Plan(MongoClient client, PlanRequest request)
    {
        List<LiveCollection> chosen = Chosen();
        var partitions = new List<PartitionPlan>(_log?.Plan(client, request, chosen) ?? []);
        foreach (LiveCollection collection in chosen.Where(c => _log?.NeedsSnapshot(c.Name) != false))
        {
            partitions.AddRange(_settings.Method == ReplicationMethod.Incremental
                ? [PlanIncremental(client, collection, request)]
                : PlanRanges(client, collection, request));
        }

        return new(partitions) { Notes = [.. Notes(request)] };
    }

    /// <summary>Opens a partition.</summary>
    /// <param name="client">A client, which the reader gives back.</param>
    /// <param name="request">What to read.</param>
    public IBatchReader Open(MongoClient client, ReadRequest request)
    {
        string partition = request.Partition.Name;
        if (partition.StartsWith(CursorState.PartitionPrefix, StringComparison.Ordinal))
        {
            var name = MongoNamespace.Parse(partition[CursorState.PartitionPrefix.Length..]);
            var order = new CursorOrder(request.Partition.Start, CursorState.FieldOf(_settings), _settings.MayRepeat, _server.HasDiskSort);
            return new FindReader(client, _server, name, order, _names.TableOf(name), _settings, request);
        }

        if (SnapshotRanges.TryParse(partition, out MongoNamespace collection))
        {
            FindOrder order = Find(collection) is { HasChanges: false } ? new WholeOrder(request.Partition) : new RangeOrder(request.Partition);
            return new FindReader(client, _server, collection, order, _names.TableOf(collection), _settings, request);
        }

        return _log!.Open(client, request);
    }

    private LiveCollection? Find(MongoNamespace name) => _collections.Find(c => c.Name == name);

    private PartitionPlan PlanIncremental(MongoClient client, LiveCollection collection, PlanRequest request)
    {
        string partition = CursorState.PartitionPrefix + collection.Name;
        Position? committed = request.Committed.FirstOrDefault(c => c.Partition == partition)?.Position;
        using CursorState state = CursorState.Parse(committed ?? CursorState.Start, CursorState.FieldOf(_settings), _settings.MayRepeat);
        if (state is { IsDone: false, File.Length: > 0 })
        {
            throw new MillraceException(
                ErrorCodes.HistoryLost,
                $"A dump of {collection.Name} was being read when the last run ended, and a server is read now.",
                "Let the task read the dump to its end first, or load it anew: --full-refresh, or on_history_lost: resnapshot.");
        }

        // How many of the documents are new shows only when they are read.
        Estimate size = LiveCatalog.SizeOf(client, collection);
        return new(partition, 0, committed ?? CursorState.Start, null)
        {
            Datasets = [_names.NameOf(collection.Name)!],
            Waiting = committed is null ? size : Estimate.Unknown,
        };
    }

    private List<PartitionPlan> PlanRanges(MongoClient client, LiveCollection collection, PlanRequest request) =>
        SnapshotRanges.Plan(client, collection, _names.NameOf(collection.Name)!, request, LiveLog.SnapshotStage);

    private IEnumerable<string> Notes(PlanRequest request)
    {
        foreach (string dataset in _settings.Datasets.Where(_ => request.Committed.Count == 0))
        {
            MongoNamespace name = _names.CollectionOf(dataset);
            LiveCollection? collection = Find(name);
            if (collection is null)
            {
                yield return $"There is no collection {name} yet: its rows come when the log brings them.";
            }
            else if (!collection.HasChanges && !ReadsWhole)
            {
                yield return LiveNotes.Skipped(collection);
            }
            else if (collection.IsCapped && IsChangeCapture)
            {
                yield return $"{name} is {LiveNotes.On(collection)}.";
            }
        }
    }
}
