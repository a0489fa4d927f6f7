using System.Collections.Immutable;
using System.Diagnostics;
using Millrace.Core.Contracts;
using Millrace.Core.Schemas;

namespace Millrace.Core.Engine;

/// <summary>What a task run has done so far. Reading counts come from the readers' threads, all else from the writer's.</summary>
internal sealed class RunTotals(TimeProvider time)
{
    private static readonly TimeSpan ProgressInterval = TimeSpan.FromMilliseconds(200);

    private readonly long _start = time.GetTimestamp();
    private readonly Dictionary<TableId, (long Upserted, long Deleted)> _tables = [];
    private readonly List<string> _newColumns = [];
    private readonly Dictionary<TableId, TableSchema> _written = [];
    private readonly Dictionary<TableId, string> _datasets = [];
    private IRunObserver _observer = SilentObserver.Instance;
    private IReadOnlyList<Checkpoint> _stored = [];
    private Estimate _waiting = Estimate.Unknown;
    private long _lastProgress;
    private long _rowsRead;
    private long _bytesRead;
    private long _readTicks;
    private long _shapeTicks;
    private long _writeTicks;
    private long _rowsCommitted;
    private long _bytesCommitted;
    private long _quarantined;
    private long _discardedRows;
    private long _discardedValues;
    private int _loads;
    private int _generation;
    private DateTimeOffset? _sourceTime;

    /// <summary>The generation in which an attempt's plan is durable; null before.</summary>
    public int? Begun { get; set; }

    /// <summary>Rows whose load is durable.</summary>
    public long RowsCommitted => _rowsCommitted;

    /// <summary>Source payload bytes of those rows.</summary>
    public long BytesCommitted => _bytesCommitted;

    /// <summary>Commits so far, those of plans counted.</summary>
    public int Commits { get; private set; }

    /// <summary>Rows in quarantine, durable.</summary>
    public long Quarantined => _quarantined;

    public void Start(int generation, ReadPlan plan, IRunObserver observer)
    {
        _generation = generation;
        _observer = observer;
        _waiting = Sum(plan.Partitions.Select(p => p.Waiting));
    }

    public void AddRead(long rows, long bytes, long startedAt)
    {
        Interlocked.Add(ref _rowsRead, rows);
        Interlocked.Add(ref _bytesRead, bytes);
        Interlocked.Add(ref _readTicks, Stopwatch.GetTimestamp() - startedAt);
    }

    public void AddShape(long startedAt) => Interlocked.Add(ref _shapeTicks, Stopwatch.GetTimestamp() - startedAt);

    public void AddWrite(long startedAt, DateTimeOffset? sourceTime)
    {
        _writeTicks += Stopwatch.GetTimestamp() - startedAt;
        _sourceTime = sourceTime ?? _sourceTime;
        long now = time.GetTimestamp();
        if (time.GetElapsedTime(_lastProgress, now) >= ProgressInterval)
        {
            _lastProgress = now;
            _observer.Progress(Progress());
        }
    }

    public void AddCommit(CommitOutcome outcome, long rows, long bytes, LoadCounts counts)
    {
        _loads++;
        Commits++;
        _rowsCommitted += rows;
        _bytesCommitted += bytes;
        _quarantined += outcome.Quarantined;
        _discardedRows += counts.DiscardedRows;
        _discardedValues += counts.DiscardedValues;
        _newColumns.AddRange(counts.NewColumns);
        _stored = outcome.Stored;
        foreach (TableOutcome table in outcome.Tables)
        {
            (long upserted, long deleted) = _tables.GetValueOrDefault(table.Table);
            _tables[table.Table] = (upserted + table.Upserted, deleted + table.Deleted);
        }
    }

    /// <summary>Notes tables that a commit brought rows to, as they are now.</summary>
    public void AddWritten(IEnumerable<TableSchema> schemas)
    {
        foreach (TableSchema schema in schemas)
        {
            _written[schema.Table] = schema;
        }
    }

    /// <summary>Notes which dataset each of them is of, once an attempt's workers have ended.</summary>
    public void NameDatasets(Func<TableId, string?> datasetOf)
    {
        foreach (TableId table in _written.Keys)
        {
            if (datasetOf(table) is { } dataset)
            {
                _datasets[table] = dataset;
            }
        }
    }

    public void AddPlan(CommitOutcome outcome)
    {
        Commits += outcome.AlreadyCommitted ? 0 : 1;
        _stored = outcome.Stored;
    }

    public void SetStored(IReadOnlyList<Checkpoint> stored) => _stored = stored;

    public RunProgress Progress() => new(
        Interlocked.Read(ref _rowsRead), Interlocked.Read(ref _bytesRead), _rowsCommitted, _bytesCommitted, _quarantined, _loads, _waiting,
        _sourceTime, time.GetElapsedTime(_start));

    public TaskOutcome Outcome(string? limitReached) => new(_rowsCommitted, _bytesCommitted, _loads, _generation)
    {
        Tables = [.. _tables.Select(t => new TableOutcome(t.Key, t.Value.Upserted, t.Value.Deleted))],
        Quarantined = _quarantined,
        DiscardedRows = _discardedRows,
        DiscardedValues = _discardedValues,
        NewColumns = [.. _newColumns],
        Written = [.. _written.Where(w => _datasets.ContainsKey(w.Key)).Select(w => (_datasets[w.Key], w.Value))],
        Checkpoints = [.. _stored.Where(c => !c.Partition.StartsWith('#'))],
        LimitReached = limitReached,
        Stages = new(Stopwatch.GetElapsedTime(0, _readTicks), Stopwatch.GetElapsedTime(0, _shapeTicks), Stopwatch.GetElapsedTime(0, _writeTicks)),
        Elapsed = time.GetElapsedTime(_start),
    };

    private static Estimate Sum(IEnumerable<Estimate> parts)
    {
        Estimate sum = new(0, Certainty.Exact, 0, Certainty.Exact);
        foreach (Estimate part in parts)
        {
            sum = new(
                sum.Rows + part.Rows, Least(sum.RowsKnown, part.RowsKnown), sum.Bytes + part.Bytes, Least(sum.BytesKnown, part.BytesKnown),
                Earliest(sum.Oldest, part.Oldest));
        }

        return sum;
    }

    private static Certainty Least(Certainty a, Certainty b) => a < b ? a : b;

    private static DateTimeOffset? Earliest(DateTimeOffset? a, DateTimeOffset? b) => a is null || (b is not null && b < a) ? b : a;
}

/// <summary>What shaping counted since the last commit.</summary>
internal sealed class LoadCounts
{
    public long DiscardedRows { get; set; }

    public long DiscardedValues { get; set; }

    public List<string> NewColumns { get; } = [];
}
