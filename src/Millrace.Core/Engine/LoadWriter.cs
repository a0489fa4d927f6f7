using System.Collections.Immutable;
using System.Diagnostics;
using Millrace.Core.Batches;
using Millrace.Core.Config;
using Millrace.Core.Contracts;
using Millrace.Core.Engine.Shaping;
using Millrace.Core.Errors;
using Millrace.Core.Schemas;

namespace Millrace.Core.Engine;

/// <summary>
/// Writes shaped rows in loads and commits them. The rule that everything hangs on: a load is committed only where every partition in it
/// stands at a position, and the source is told only after the destination and the observer were.
/// </summary>
internal sealed class LoadWriter(
    TaskDefinition task,
    RunContext context,
    ISource source,
    IDestination target,
    GenerationState state,
    ReadPlan plan,
    TableSet tables,
    RunTotals totals) : IAsyncDisposable
{
    private readonly Dictionary<TableId, TableWrite> _known = [];
    private readonly HashSet<TableId> _inSession = [];
    private readonly HashSet<TableId> _touched = [];
    private readonly Dictionary<string, (Position? Position, long Rows)> _moved = new(StringComparer.Ordinal);
    private readonly HashSet<string> _snapshotLeft =
        [.. plan.Partitions.Where(p => p.IsSnapshot).Select(p => p.Name)];

    private IWriteSession? _session;
    private LoadId _load;
    private LoadCounts _counts = new();
    private long _rows;
    private long _bytes;
    private long _began;
    private string? _firstRejection;
    private bool _isSnapshotDone;

    /// <summary>True where something is uncommitted and every partition stands at a commit point.</summary>
    public bool CanCommit { get; private set; }

    /// <summary>Commits the plan: every new partition at its start, before the first row.</summary>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        totals.SetStored([.. state.Stored.Values]);
        PartitionPlan[] fresh = [.. plan.Partitions.Where(p => plan.BeginsAgain || state.Current(p.Name) is null)];
        bool isNew = !context.IsBackfill && state.Current(GenerationState.GenerationMarker) is null;
        Position shape = new TaskShape(task).Fingerprint;
        List<(string Partition, Position Position)> marks = [];
        if (isNew)
        {
            marks.Add((GenerationState.GenerationMarker, GenerationState.Loading));
        }

        if (state.Current(TaskShape.Marker)?.Position != shape)
        {
            marks.Add((TaskShape.Marker, shape));
        }

        if (ProjectClaim.Of(task.Project) is { } claim && state.Current(ProjectClaim.Marker)?.Position != claim)
        {
            marks.Add((ProjectClaim.Marker, claim));
        }

        if (fresh.Length + marks.Count > 0)
        {
            await CommitPlanAsync(fresh, marks, shape, cancellationToken).ConfigureAwait(false);
        }

        totals.Begun = state.Generation;
    }

    // Two projects that begin at once with the same task and source must not pass for one load.
    private LoadId PlanId(PartitionPlan[] fresh, Position shape)
    {
        IEnumerable<(string, string)> parts = fresh.Select(p => ("#plan:" + p.Name, p.Start.Text)).Append((TaskShape.Marker, shape.Text));
        return LoadId.For(
            task.Key, state.Generation, ProjectClaim.Of(task.Project) is { } claim ? parts.Append((ProjectClaim.Marker, claim.Text)) : parts);
    }

    private async Task CommitPlanAsync(
        PartitionPlan[] fresh, List<(string Partition, Position Position)> marks, Position shape, CancellationToken cancellationToken)
    {
        // What the first row would find wrong is to be found before the plan stands in the place of the former one.
        await target.CheckFitAsync(Request(await tables.BeforeRowsAsync(cancellationToken).ConfigureAwait(false)), cancellationToken).ConfigureAwait(false);
        WriteRequest request = Request([]);
        await target.PrepareAsync(request, cancellationToken).ConfigureAwait(false);
        LoadId load = PlanId(fresh, shape);
        IWriteSession session = await target.BeginAsync(request, load, cancellationToken).ConfigureAwait(false);
        await using (session.ConfigureAwait(false))
        {
            List<(Checkpoint?, Checkpoint)> moves =
                [.. fresh.Select(p => (Partition: p.Name, Position: p.Start)).Concat(marks).Select(m => state.Move(m.Partition, load, m.Position, 0))];
            CommitOutcome outcome = await session.CommitAsync(new(moves), cancellationToken).ConfigureAwait(false);
            state.Replace(outcome.Stored);
            totals.AddPlan(outcome);
        }
    }

    /// <summary>Writes one item and commits where it is time.</summary>
    /// <returns>False where the load was there already, and reading must start again from what is stored.</returns>
    public async Task<bool> WriteAsync(ShapedItem item, CancellationToken cancellationToken)
    {
        long started = Stopwatch.GetTimestamp();
        if (item.IsEnd)
        {
            _isSnapshotDone |= _snapshotLeft.Remove(item.Partition.Name) && _snapshotLeft.Count == 0;
            return await CommitIfDueAsync(cancellationToken).ConfigureAwait(false);
        }

        if (IsStandingStill(item))
        {
            return true;
        }

        // From here until the item is accounted for, the load holds rows that no position covers.
        CanCommit = false;
        foreach (ShapedStep step in item.Steps)
        {
            await WriteStepAsync(step, cancellationToken).ConfigureAwait(false);
        }

        await QuarantineAsync(item, cancellationToken).ConfigureAwait(false);
        Account(item);
        totals.AddWrite(started, item.SourceTime);
        return await CommitIfDueAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Commits what is left.</summary>
    /// <returns>False as <see cref="WriteAsync"/>.</returns>
    public async Task<bool> FinishAsync(CancellationToken cancellationToken)
    {
        // A plan without any snapshot partition left (an empty source, or all read by earlier runs) completes the generation, too.
        _isSnapshotDone |= _snapshotLeft.Count == 0;
        return !(CanCommit || (Completes && _moved.Count == 0)) || await CommitAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Commits the load, and with it the snapshot where its last row is in.</summary>
    /// <returns>False as <see cref="WriteAsync"/>.</returns>
    public async Task<bool> CommitAsync(CancellationToken cancellationToken)
    {
        long started = Stopwatch.GetTimestamp();
        CanCommit = false;
        await BeginAsync(cancellationToken).ConfigureAwait(false);
        List<(Checkpoint? Expected, Checkpoint Next)> moves = Moves(Completes);
        var request = new CommitRequest(moves) { Completed = Completes ? await CompletedTablesAsync(cancellationToken).ConfigureAwait(false) : [] };
        CommitOutcome outcome = await _session!.CommitAsync(request, cancellationToken).ConfigureAwait(false);
        await DisposeAsync().ConfigureAwait(false);
        state.Replace(outcome.Stored);
        if (outcome.AlreadyCommitted)
        {
            totals.SetStored(outcome.Stored);
            return false;
        }

        totals.AddCommit(outcome, _rows, _bytes, _counts);
        totals.AddWritten(_touched.Select(t => _known[t].Schema));
        totals.AddWrite(started, null);
        await context.Observer.CommittedAsync(_load, outcome, totals.Progress(), cancellationToken).ConfigureAwait(false);
        await source.AcknowledgeAsync([.. moves.Select(m => m.Next).Where(c => !c.Partition.StartsWith('#'))], cancellationToken).ConfigureAwait(false);
        Reset();
        return true;
    }

    /// <summary>Makes the tables of datasets that have had no row; after the last commit of a run that came to its end.</summary>
    public async Task MakeTablesAsync(CancellationToken cancellationToken)
    {
        ImmutableArray<TableWrite> writes = await tables.WithoutRowsAsync(source, cancellationToken).ConfigureAwait(false);
        if (writes.IsEmpty)
        {
            return;
        }

        await target.PrepareAsync(Request(writes), cancellationToken).ConfigureAwait(false);
        if (task.Target.Disposition == WriteDisposition.Replace)
        {
            // Prepared for a replace, a table waits for rows beside its target; none come, so it is complete as it is.
            LoadId load = LoadId.For(task.Key, state.Generation, writes.Select(w => ("#made:" + w.Schema.Table, "")));
            IWriteSession session = await target.BeginAsync(Request(writes), load, cancellationToken).ConfigureAwait(false);
            await using (session.ConfigureAwait(false))
            {
                await session.CommitAsync(new([]) { Completed = [.. writes.Select(w => w.Schema.Table)] }, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_session is not null)
        {
            await _session.DisposeAsync().ConfigureAwait(false);
            _session = null;
        }
    }

    private async Task<bool> CommitIfDueAsync(CancellationToken cancellationToken)
    {
        bool isDue = Completes ? CanCommit || _moved.Count == 0 : CanCommit && IsLoadFull();
        return !isDue || await CommitAsync(cancellationToken).ConfigureAwait(false);
    }

    private List<(Checkpoint? Expected, Checkpoint Next)> Moves(bool completes)
    {
        List<(Checkpoint? Expected, Checkpoint Next)> moves =
            [.. _moved.Select(m => state.Move(m.Key, _load, m.Value.Position!, m.Value.Rows))];
        moves.AddRange(_touched.Select(t => state.MarkTable(t, _load)).OfType<(Checkpoint?, Checkpoint)>());
        if (completes)
        {
            moves.Add(state.Move(GenerationState.GenerationMarker, _load, GenerationState.Complete, 0));
        }

        return moves;
    }

    private bool Completes => _isSnapshotDone && !state.IsComplete && !context.IsBackfill;

    // In a first generation nothing older can be left, so a merge need not look for it.
    private async ValueTask<ImmutableArray<TableId>> CompletedTablesAsync(CancellationToken cancellationToken)
    {
        if (task.Target.Disposition != WriteDisposition.Replace && state.Generation == 1)
        {
            return [];
        }

        // The children of a dataset that has no row now are known from earlier generations only.
        ImmutableArray<TableId> children = await tables.ChildrenAsync(cancellationToken).ConfigureAwait(false);
        return [.. _known.Keys.Union(tables.Targets).Union(state.LoadedTables(ofGeneration: true)).Union(children)];
    }

    private async Task WriteStepAsync(ShapedStep step, CancellationToken cancellationToken)
    {
        TableId table = step.Table.Schema.Table;
        bool isNew = step.Changed || !_known.ContainsKey(table);
        _known[table] = step.Table;
        if (_session is null)
        {
            if (isNew)
            {
                await target.PrepareAsync(Request([step.Table]), cancellationToken).ConfigureAwait(false);
            }

            await BeginAsync(cancellationToken).ConfigureAwait(false);
        }
        else if (isNew || !_inSession.Contains(table))
        {
            await _session.EvolveAsync(step.Table, cancellationToken).ConfigureAwait(false);
        }

        _inSession.Add(table);
        if (step.Rows is not null)
        {
            _touched.Add(table);
            await _session!.WriteAsync(step.Rows, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task QuarantineAsync(ShapedItem item, CancellationToken cancellationToken)
    {
        if (!item.Rejected.IsEmpty)
        {
            _firstRejection ??= $"{item.Rejected[0].Code} {item.Rejected[0].Reason} ({item.Rejected[0].Position})";
            await BeginAsync(cancellationToken).ConfigureAwait(false);
            using var carrier = new RecordBatch(new(item.Rejected[0].Table, [], []), [], 0) { Rejected = item.Rejected };
            await _session!.WriteAsync(carrier, cancellationToken).ConfigureAwait(false);
        }

        long quarantined = totals.Quarantined + (_session?.Quarantined ?? 0);
        if (quarantined > task.MaxQuarantine)
        {
            throw new MillraceException(
                ErrorCodes.QuarantineLimit,
                $"Task {task.Key}: {Quantity.Of(quarantined, "row")} of this run would go to quarantine, more than max_quarantine ({task.MaxQuarantine}) allows."
                    + (_firstRejection is null ? "" : $" The first: {_firstRejection}"),
                "Look at the rows with 'millrace quarantine list', mend the source or the column mapping, or raise max_quarantine.");
        }
    }

    // A commit that moves nothing would take the id of the load that starts here, and that load would then pass for done.
    private bool IsStandingStill(ShapedItem item)
    {
        Position? reached = _moved.TryGetValue(item.Partition.Name, out (Position? Position, long Rows) moved)
            ? moved.Position
            : state.Current(item.Partition.Name)?.Position;
        return item.Rows == 0 && item.Steps.IsEmpty && item.Position is not null && item.Position == reached;
    }

    private void Account(ShapedItem item)
    {
        (Position? position, long rows) = _moved.GetValueOrDefault(item.Partition.Name);
        _moved[item.Partition.Name] = (item.Position, rows + item.Rows);
        _rows += item.Rows;
        _bytes += item.SourceBytes;
        _counts.DiscardedRows += item.DiscardedRows;
        _counts.DiscardedValues += item.DiscardedValues;
        _counts.NewColumns.AddRange(item.NewColumns);
        CanCommit = _moved.Values.All(m => m.Position is not null);
    }

    private long MaxLoadBytes => task.CommitEvery == CommitEvery.Default && _snapshotLeft.Count == 0
        ? CommitEvery.DefaultLogBytes
        : task.CommitEvery.Bytes ?? long.MaxValue;

    private bool IsLoadFull() =>
        _rows >= (task.CommitEvery.Rows ?? long.MaxValue)
        || _bytes >= MaxLoadBytes
        || (_session is not null && task.CommitEvery.Interval is { } interval && context.Time.GetElapsedTime(_began) >= interval);

    private async Task BeginAsync(CancellationToken cancellationToken)
    {
        if (_session is not null)
        {
            return;
        }

        _load = state.LoadFrom(plan.Partitions.Select(p => p.Name).Append(GenerationState.GenerationMarker));
        _began = context.Time.GetTimestamp();
        _inSession.Clear();
        _inSession.UnionWith(_known.Keys);
        _session = await target.BeginAsync(Request([.. _known.Values]), _load, cancellationToken).ConfigureAwait(false);
    }

    private WriteRequest Request(ImmutableArray<TableWrite> writes) =>
        new(task.Key, context.RunId, state.Generation, context.Time.GetUtcNow(), writes);

    private void Reset()
    {
        _moved.Clear();
        _touched.Clear();
        _counts = new();
        _rows = 0;
        _bytes = 0;
    }
}
