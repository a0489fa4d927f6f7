using System.Collections.Immutable;
using Millrace.Core.Config;
using Millrace.Core.Contracts;
using Millrace.Core.Engine.Shaping;
using Millrace.Core.Errors;
using Millrace.Core.Schemas;

namespace Millrace.Core.Engine;

/// <summary>
/// Runs one task once: asks the destination what is committed and the source what waits, then reads, shapes and writes as three workers joined
/// by queues that are bounded in bytes, and commits on the way. Delivery is at least once, state effectively once: a run that dies anywhere
/// leaves the destination as at its last commit, and the next one goes on from there.
/// </summary>
/// <param name="task">The task.</param>
/// <param name="source">Connector of the task's source.</param>
/// <param name="destination">Connector of the task's target.</param>
/// <param name="context">The run.</param>
public sealed class TaskEngine(TaskDefinition task, IConnector source, IConnector destination, RunContext context)
{
    private const int MostResumes = 10;
    private const int MostConflicts = 5;
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(100);

    private readonly RunTotals _totals = new(context.Time);
    private bool _isUnderWay;
    private bool _hasPlanned;

    /// <summary>Runs the task until the source's head as it is now, or its budget; with <see cref="RunContext.Follow"/> until it is stopped or cancelled.</summary>
    /// <exception cref="MillraceException">The run failed; what <see cref="IRunObserver.CommittedAsync"/> told of is durable, nothing else.</exception>
    /// <exception cref="OperationCanceledException">Cancelled; likewise.</exception>
    public async Task<TaskOutcome> RunAsync(CancellationToken cancellationToken)
    {
        RunLimits limits = task.Limits;
        var budget = new ReadBudget(limits.MaxRows, limits.MaxBytes, limits.MaxDuration, context.Time);
        using CancellationTokenRegistration stopping = context.Stopping.Register(budget.Stop);
        bool newGeneration = context.FullRefresh;
        int restarts = 0;
        int resumes = 0;
        while (true)
        {
            int commits = _totals.Commits;
            AttemptEnd end = await AttemptUntilGrantedAsync(budget, newGeneration, cancellationToken).ConfigureAwait(false);
            newGeneration = false;
            if (end == AttemptEnd.Head && _totals.Commits > commits)
            {
                // A run that follows goes on for weeks: what it has come over does not count against what it meets next.
                (restarts, resumes) = (0, 0);
            }

            switch (end)
            {
                case AttemptEnd.Resnapshot when restarts++ == 0:
                    newGeneration = true;
                    break;
                case AttemptEnd.Resnapshot:
                    throw new MillraceException(
                        ErrorCodes.HistoryLost,
                        $"Task {task.Key}: history is lost again right after a new snapshot.",
                        "The snapshot and the log that follows it do not join; make a new dump with its oplog.");
                case AttemptEnd.ResumeFromStored when resumes++ < MostResumes:
                    break;
                case AttemptEnd.ResumeFromStored:
                    throw new MillraceException(
                        ErrorCodes.Internal,
                        $"Task {task.Key}: the load that starts at the stored checkpoints is said to be committed already, and yet they do not move.",
                        "Load the task anew with --full-refresh, and report this with the output of 'millrace checkpoints list'.");
                case AttemptEnd.Head when context.Follow && !budget.IsSpent():
                    await PauseAsync(context.PollInterval, cancellationToken).ConfigureAwait(false);
                    break;
                default:
                    return _totals.Outcome(budget.Reached);
            }
        }
    }

    private async Task PauseAsync(TimeSpan pause, CancellationToken cancellationToken)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, context.Stopping);
        try
        {
            await Task.Delay(pause, context.Time, either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // Asked to stop: the attempt that follows reads nothing and ends well.
            return;
        }
    }

    /// <summary>
    /// Tries again where the destination rolled the attempt back so that another transaction could go on, some times in a row without a commit between.
    /// What was committed stays; what was read beyond it is read once more, and so does not count against the budget.
    /// </summary>
    private async Task<AttemptEnd> AttemptUntilGrantedAsync(ReadBudget budget, bool newGeneration, CancellationToken cancellationToken)
    {
        int? begun = null;
        int commits = _totals.Commits;
        int conflicts = 0;
        while (true)
        {
            try
            {
                return await AttemptAsync(budget, newGeneration, begun, cancellationToken).ConfigureAwait(false);
            }
            catch (MillraceException e) when (e.Code == ErrorCodes.TransactionConflict && !context.Stopping.IsCancellationRequested)
            {
                conflicts = _totals.Commits == commits ? conflicts + 1 : 1;
                commits = _totals.Commits;
                if (conflicts > MostConflicts)
                {
                    throw;
                }

                context.Observer.Note(NoteLevel.Warning, $"{e.Code}: {e.Message} Going on from the last commit (try {conflicts + 1}).");
                begun = _totals.Begun ?? begun;
                budget.Return(_totals.RowsCommitted, _totals.BytesCommitted);
                await PauseAsync(FirstPause * (1 << (conflicts - 1)), cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private async Task<AttemptEnd> AttemptAsync(ReadBudget budget, bool newGeneration, int? begun, CancellationToken cancellationToken)
    {
        _isUnderWay |= _totals.Begun is not null;
        _totals.Begun = null;
        Backfill? backfill = Backfill.Of(task, context);
        var settings = new DestinationSettings(context.Destination) { Options = task.Target.Options, Time = context.Time };
        IDestination target = destination.CreateDestination(settings);
        await using (target.ConfigureAwait(false))
        {
            (GenerationState state, ImmutableArray<string> datasets) = await LookAsync(target, backfill is not null, newGeneration, begun, cancellationToken).ConfigureAwait(false);
            ISource reader = source.CreateSource(SourceSettingsFor(datasets));
            reader = backfill?.Wrap(reader, task, mayBeginAgain: !_isUnderWay) ?? reader;
            await using (reader.ConfigureAwait(false))
            {
                try
                {
                    var request = new PlanRequest(state.OfGeneration(backfill is not null), state.Generation) { GoesOn = _hasPlanned };
                    ReadPlan plan = await reader.PlanAsync(request, cancellationToken).ConfigureAwait(false);
                    _hasPlanned = true;
                    context.Observer.Planned(plan, state.Generation);
                    foreach (string note in plan.Notes)
                    {
                        context.Observer.Note(NoteLevel.Warning, note);
                    }

                    _totals.Start(state.Generation, plan, context.Observer);
                    var pipeline = new Pipeline(task, context, reader, target, state, plan, budget, datasets, _totals);
                    return await pipeline.RunAsync(cancellationToken).ConfigureAwait(false);
                }
                catch (MillraceException e) when (e.Code == ErrorCodes.HistoryLost && backfill is null && task.Source.OnHistoryLost == OnHistoryLost.Resnapshot)
                {
                    context.Observer.Note(NoteLevel.Warning, $"{e.Code}: {e.Message} Starting a new snapshot, as on_history_lost says.");
                    return AttemptEnd.Resnapshot;
                }
            }
        }
    }

    // What stands against a run, before anything is read or written.
    private async Task<(GenerationState State, ImmutableArray<string> Datasets)> LookAsync(
        IDestination target, bool isBackfill, bool newGeneration, int? begun, CancellationToken cancellationToken)
    {
        GenerationState state = await GenerationState.LoadAsync(target, task, newGeneration, isBackfill, begun, cancellationToken).ConfigureAwait(false);
        ProjectClaim.ThrowIfOthers(task.Key, task.Project, state.Stored.Values);
        if (ProjectClaim.Adopts(task, state) is { } adopted)
        {
            context.Observer.Note(NoteLevel.Warning, adopted);
        }

        if (await state.FindVanishedTableAsync(target, cancellationToken).ConfigureAwait(false) is { } vanished)
        {
            HandleVanished(vanished, isBackfill);
            state = state.Next();
        }

        ImmutableArray<string> datasets = await ResolveDatasetsAsync(cancellationToken).ConfigureAwait(false);
        await ThrowIfRetargetedAsync(state, datasets, target.Naming, cancellationToken).ConfigureAwait(false);
        if (state.Stored.Count == 0)
        {
            state = await WithoutCheckpointsAsync(state, datasets, target, cancellationToken).ConfigureAwait(false);
        }

        if (await new AppendGuard(task, context, target).CheckAsync(state, datasets, cancellationToken).ConfigureAwait(false) is { } twice)
        {
            context.Observer.Note(NoteLevel.Warning, twice);
        }

        return (state, datasets);
    }

    // Rows that are there already, of a task that has lost its checkpoints, would win by their generation, or be doubled by a replace.
    private async Task<GenerationState> WithoutCheckpointsAsync(
        GenerationState state, ImmutableArray<string> datasets, IDestination target, CancellationToken cancellationToken)
    {
        bool ownsRows = task.Target.Disposition == WriteDisposition.Replace
            || (task.Target.Disposition == WriteDisposition.Merge && task.Source.Method == ReplicationMethod.ChangeCapture);
        (int last, TableId? where) = (0, null);
        foreach (string dataset in ownsRows && !datasets.IsDefault ? datasets : [])
        {
            TableId table = TargetNames.For(task.Target.Table, dataset, target.Naming);
            int generation = await target.LastGenerationAsync(table, cancellationToken).ConfigureAwait(false);
            (last, where) = generation > last ? (generation, table) : (last, where);
        }

        if (last == 0)
        {
            return state;
        }

        context.Observer.Note(
            NoteLevel.Warning,
            $"Task {task.Key}: table {where} holds rows of generation {last}, and no checkpoint says how far they came. Generation {last + 1} begins with a "
                + "new snapshot; rows that the source no longer has go once it is complete.");
        return state.After(last);
    }

    // The task was given another table, or the task of another project that names none has the same key and brought its checkpoints.
    private async Task ThrowIfRetargetedAsync(
        GenerationState state, ImmutableArray<string> datasets, NamingRule naming, CancellationToken cancellationToken)
    {
        TableId[] loaded = [.. state.LoadedTables(ofGeneration: true)];
        if (loaded.Length == 0 || datasets.IsDefaultOrEmpty || state.OfGeneration().Count == 0 || IsLoaded(datasets))
        {
            return;
        }

        // Other datasets are chosen now than when the first tables were loaded: that is no reason to refuse.
        bool isPattern = task.Target.Table.Contains(TargetNames.DatasetPlaceholder, StringComparison.Ordinal);
        if (isPattern && IsLoaded((await source.DiscoverAsync(context.Source, cancellationToken).ConfigureAwait(false)).Select(d => d.Name)))
        {
            return;
        }

        throw new MillraceException(
            ErrorCodes.Retargeted,
            $"Task {task.Key} has checkpoints here that go with {string.Join(", ", loaded.Take(3))}, and now writes {task.Target.Table}: "
                + "rows that were loaded there would be missing here.",
            "If the task's table was changed, load it anew with --full-refresh, or set the table back. "
                + "If another project wrote them, give this task a key of its own with id:.");

        bool IsLoaded(IEnumerable<string> names) => names.Any(d => loaded.Contains(TargetNames.For(task.Target.Table, d, naming)));
    }

    private void HandleVanished(string table, bool isBackfill)
    {
        if (task.Target.OnTargetVanished == OnTargetVanished.Fail || isBackfill)
        {
            throw new MillraceException(
                ErrorCodes.TargetVanished,
                $"Task {task.Key}: table {table} is gone, but its checkpoint says that rows were loaded.",
                "Restore the table, or load it anew with --full-refresh, or set on_target_vanished: resnapshot.");
        }

        context.Observer.Note(NoteLevel.Warning, $"Table {table} is gone; starting a new snapshot, as on_target_vanished says.");
    }

    internal async Task<ImmutableArray<string>> ResolveDatasetsAsync(CancellationToken cancellationToken)
    {
        DatasetSelector selector = task.Source.Datasets;
        if (!selector.Include.Any(name => name.Contains('*', StringComparison.Ordinal)))
        {
            return selector.Include;
        }

        IReadOnlyList<DatasetInfo> found = await source.DiscoverAsync(context.Source, cancellationToken).ConfigureAwait(false);
        return [.. found.Select(d => d.Name).Where(selector.Matches).Order(StringComparer.Ordinal)];
    }

    internal SourceSettings SourceSettingsFor(ImmutableArray<string> datasets) =>
        new(context.Source, task.Key, datasets, task.Source.Method)
        {
            Selector = task.Source.Datasets,
            CursorField = task.Source.CursorField,
            MayRepeat = task.Target.Disposition == WriteDisposition.Merge,
            PrimaryKey = task.Target.PrimaryKey,
            Filter = task.Source.Filter,
            Fields = task.Source.Fields,
            From = context.From,
            To = context.To,
            OnDrop = task.Source.OnDrop,
            Options = task.Source.Options,
            StateDirectory = context.StateDirectory,
            LooksOnly = context.LooksOnly,
            HidesRaw = task.Columns.Any(c => c.Mask != MaskKind.None || c.Drop),
            Time = context.Time,
        };
}

/// <summary>How one attempt of a run ended.</summary>
internal enum AttemptEnd
{
    /// <summary>At the source's head, as it was when the attempt was planned.</summary>
    Head,

    /// <summary>At the run's budget.</summary>
    Limit,

    /// <summary>A load was there already: plan again from what is stored.</summary>
    ResumeFromStored,

    /// <summary>History is lost and the task wants a new snapshot.</summary>
    Resnapshot,
}
