using System.Runtime.CompilerServices;
using Millrace.Connectors.MongoDb.Files;
using Millrace.Connectors.MongoDb.Oplog;
using Millrace.Core.Batches;
using Millrace.Core.Contracts;
using Millrace.Core.Errors;
using Millrace.Core.Schemas;

namespace Millrace.Connectors.MongoDb;

/// <summary>
/// Reads collections from a dump. Every collection is a partition <c>snapshot:DATABASE.COLLECTION</c>; with change capture the partition
/// <c>log</c> follows them.
/// </summary>
internal sealed class MongoDbDumpSource : ISource
{
    /// <summary>How a snapshot partition's name begins; the collection's full name follows.</summary>
    public const string SnapshotPrefix = "snapshot:";

    private readonly SourceSettings _settings;
    private readonly DumpConnection _connection;
    private readonly DatasetNames _names;
    private Dump? _dump;
    private DumpLog? _log;

    public MongoDbDumpSource(SourceSettings settings, DumpConnection connection)
    {
        _settings = settings;
        _connection = connection;
        _names = new(connection.Database, settings.Datasets, settings.Selector);
    }

    private Dump Dump => _dump ??= _connection.OpenDump();

    private DumpLog Log => _log ??= new(_settings, _connection, _names, Dump);

    private bool IsChangeCapture => _settings.Method == ReplicationMethod.ChangeCapture;

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<TableSchema>> DescribeAsync(CancellationToken cancellationToken)
    {
        var schemas = new List<TableSchema>();
        using var selection = new DocumentSelection(_settings, byTime: true);
        foreach (DumpedCollection collection in Chosen())
        {
            TableSchema schema = DocumentSample.Take(collection.Documents, _names.TableOf(collection.Name), cancellationToken, selection).Schema;
            bool isEmpty = collection.Documents is not null && schema.Columns.IsEmpty;
            schemas.Add(isEmpty ? schema with { Columns = [DatasetNames.ServersOwnId], Key = [DatasetNames.ServersOwnId.Name] } : schema);
        }

        return ValueTask.FromResult<IReadOnlyList<TableSchema>>(schemas);
    }

    /// <inheritdoc/>
    public ValueTask<ReadPlan> PlanAsync(PlanRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        IReadOnlyList<PartitionPlan> log = IsChangeCapture ? Log.Plan(request, cancellationToken) : [];
        var partitions = new List<PartitionPlan>();
        foreach (DumpedCollection collection in Chosen())
        {
            PartitionPlan? plan = collection.Documents is not { } file || (IsChangeCapture && !Log.NeedsSnapshot(collection.Name)) ? null
                : _settings.Method == ReplicationMethod.Incremental ? PlanIncremental(collection, file, request, cancellationToken)
                : PlanSnapshot(collection, file, request, cancellationToken);
            if (plan is not null)
            {
                partitions.Add(plan);
            }
        }

        partitions.AddRange(log);
        return ValueTask.FromResult(new ReadPlan(partitions) { Notes = [.. Notes(request)] });
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<RecordBatch> ReadAsync(ReadRequest request, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);

        // Reading files blocks: the caller gets its thread back first.
        await Task.Yield();
        if (request.Partition.Name == DumpLog.DatasetsPartition)
        {
            yield return Mark(request.Partition);
            yield break;
        }

        if (request.Partition.Name is DumpLog.Partition or DumpLog.CatchUpPartition)
        {
            using LogReader log = await Log.OpenAsync(request, cancellationToken).ConfigureAwait(false);
            while (log.Next(cancellationToken) is { } batch)
            {
                yield return batch;
            }

            yield break;
        }

        using SnapshotReader reader = OpenSnapshot(request);
        while (reader.Next(cancellationToken) is { } batch)
        {
            yield return batch;
        }
    }

    /// <inheritdoc/>
    public ValueTask AcknowledgeAsync(IReadOnlyList<Checkpoint> durable, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(durable);
        return IsChangeCapture ? Log.AcknowledgeAsync(durable, cancellationToken) : ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        _log?.Dispose();
        _log = null;
        return ValueTask.CompletedTask;
    }

    /// <summary>A batch without rows that only moves a partition to its end.</summary>
    private RecordBatch Mark(PartitionPlan partition)
    {
        TableId nowhere = _settings.Datasets.IsDefaultOrEmpty ? new("", "") : _names.TableOf(_names.CollectionOf(_settings.Datasets[0]));
        return new(new(nowhere, [], []), [], 0) { Partition = partition.Name, Position = partition.Until };
    }

    private IEnumerable<string> Notes(PlanRequest request)
    {
        IEnumerable<string> ofDatasets = request.Committed.Count == 0 ? NotThereYet().Concat(BeginningAssumed()) : Waiting().Concat(NoFiles());
        return IsChangeCapture && !request.GoesOn ? ofDatasets.Concat(Log.Notes) : ofDatasets;
    }

    private IEnumerable<string> Waiting() => Chosen()
        .Where(c => IsChangeCapture && Log.MakesWait(c.Name))
        .Select(c => $"{c.Name} is included since, and is loaded in the next run: this one brings the log to where the dump {Dump.Path} begins.");

    // A folder that is not mounted looks like a source in which nothing changes.
    private IEnumerable<string> NoFiles() => IsChangeCapture && !_connection.OplogPatterns.IsEmpty && !_connection.OplogPaths().Any()
        ? [$"No file matches oplog: {string.Join(", ", _connection.OplogPatterns)}. Where there were some before, see whether their folder can be reached."]
        : [];

    // What changed between the dump and the first file would be missing without a word; whether that is so, no file says.
    private IEnumerable<string> BeginningAssumed() => IsChangeCapture && Log.FirstFile is { } first && Dump.Oplog is null && !Dump.Collections.IsEmpty
        ? [$"The dump {Dump.Path} has no oplog of its own: the first file, {first}, is taken to begin before the dump was made. mongodump --oplog leaves no doubt."]
        : [];

    // Change capture waits for a collection that is not there yet; that its name may be a slip is said once, before the first rows.
    private IEnumerable<string> NotThereYet() => _settings.Datasets
        .Select(_names.CollectionOf)
        .Where(name => IsChangeCapture && Dump.Find(name) is null)
        .Select(name => $"{Dump.Path} holds no collection {name}: its rows come when the log brings them. "
            + $"There are: {string.Join(", ", Dump.Collections.Select(c => c.Name.ToString()).Order(StringComparer.Ordinal).Take(10))}.");

    /// <summary>The dump's collections that the task takes, by name.</summary>
    private List<DumpedCollection> Chosen()
    {
        var chosen = new List<DumpedCollection>();
        foreach (string dataset in _settings.Datasets.Order(StringComparer.Ordinal))
        {
            MongoNamespace name = _names.CollectionOf(dataset);
            if (Dump.Find(name) is { } collection)
            {
                chosen.Add(collection);
            }
            else if (!IsChangeCapture)
            {
                throw NotFound(name);
            }
        }

        return chosen;
    }

    private MillraceException NotFound(MongoNamespace name) =>
        DatasetNames.NotFound($"The dump {Dump.Path} holds no collection {name}.", _connection.Database);

    private PartitionPlan? PlanSnapshot(DumpedCollection collection, IDocumentFile file, PlanRequest request, CancellationToken cancellationToken)
    {
        string partition = SnapshotPrefix + collection.Name;
        Position start = MongoDbPositions.Dump(file.Fingerprint, 0, atEnd: false);
        if (request.Committed.FirstOrDefault(c => c.Partition == partition)?.Position is { } committed)
        {
            (string fingerprint, _, bool atEnd) = MongoDbPositions.ParseDump(committed);
            if (atEnd)
            {
                return null;
            }

            if (fingerprint != file.Fingerprint)
            {
                throw DumpChanged(collection.Name, file);
            }

            start = committed;
        }

        long offset = MongoDbPositions.ParseDump(start).Offset;
        Position? until = file.Length is { } length ? MongoDbPositions.Dump(file.Fingerprint, length, atEnd: true) : null;
        DocumentSample sample = DocumentSample.Take(file, _names.TableOf(collection.Name), cancellationToken);
        return new PartitionPlan(partition, 0, start, until)
        {
            IsSnapshot = true,
            Datasets = [_names.NameOf(collection.Name)!],
            Waiting = sample.Remaining(file, offset),
        };
    }

    private PartitionPlan? PlanIncremental(DumpedCollection collection, IDocumentFile file, PlanRequest request, CancellationToken cancellationToken)
    {
        string partition = CursorState.PartitionPrefix + collection.Name;
        Position start = request.Committed.FirstOrDefault(c => c.Partition == partition)?.Position ?? CursorState.Start;
        using CursorState state = CursorState.Parse(start, CursorState.FieldOf(_settings), _settings.MayRepeat);
        if (state.IsDone && state.File == file.Fingerprint)
        {
            return null;
        }

        if (!state.IsDone && state.File.Length > 0 && state.File != file.Fingerprint)
        {
            throw DumpChanged(collection.Name, file);
        }

        DocumentSample sample = DocumentSample.Take(file, _names.TableOf(collection.Name), cancellationToken);
        Estimate waiting = sample.Remaining(file, state.IsDone ? 0 : state.Offset);
        return new PartitionPlan(partition, 0, start, null)
        {
            Datasets = [_names.NameOf(collection.Name)!],

            // All of the file is read, but how many of its documents are new shows only then.
            Waiting = state.File.Length == 0 ? waiting : waiting with { RowsKnown = Certainty.Unknown, Rows = 0 },
        };
    }

    private static MillraceException DumpChanged(MongoNamespace name, IDocumentFile file) => new(
        ErrorCodes.HistoryLost,
        $"The dump of {name} in {file.Path} is another one than the one that was being read when the last run ended.",
        "Read this one from its start: `millrace run JOB --full-refresh`, or on_history_lost: resnapshot on the task's source.");

    private SnapshotReader OpenIncremental(ReadRequest request)
    {
        MongoNamespace name = MongoNamespace.Parse(request.Partition.Name[CursorState.PartitionPrefix.Length..]);
        IDocumentFile file = Dump.Find(name)?.Documents ?? throw NotFound(name);
        CursorState state = CursorState.Parse(request.Partition.Start, CursorState.FieldOf(_settings), _settings.MayRepeat);
        state.Open(file.Fingerprint);
        return new(file, state.Offset, _names.TableOf(name), request, new DocumentSelection(_settings, byTime: true), _settings.HidesRaw, state);
    }

    private SnapshotReader OpenSnapshot(ReadRequest request)
    {
        if (request.Partition.Name.StartsWith(CursorState.PartitionPrefix, StringComparison.Ordinal))
        {
            return OpenIncremental(request);
        }

        MongoNamespace name = MongoNamespace.Parse(request.Partition.Name[SnapshotPrefix.Length..]);
        IDocumentFile file = Dump.Find(name)?.Documents ?? throw NotFound(name);
        (string fingerprint, long offset, _) = MongoDbPositions.ParseDump(request.Partition.Start);
        if (fingerprint != file.Fingerprint)
        {
            throw DumpChanged(name, file);
        }

        return new(file, offset, _names.TableOf(name), request, new DocumentSelection(_settings, byTime: true), _settings.HidesRaw)
        {
            RowTime = _settings.Method == ReplicationMethod.ChangeCapture ? Log.SnapshotTime : 0,
        };
    }
}
