using Millrace.Core.Config;
using Millrace.Core.Contracts;
using Millrace.Core.Errors;

namespace Millrace.Core.Engine;

/// <summary>What a run of a task would have to read, without running it.</summary>
public static class TaskPlanner
{
    /// <summary>Asks the source; the destination is not opened.</summary>
    /// <param name="task">The task.</param>
    /// <param name="source">Connector of the task's source.</param>
    /// <param name="context">The run that would be; its destination is not used.</param>
    /// <param name="committed">The task's checkpoints, as the destination or the catalog's mirror has them.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The plan and the generation that the run would work in.</returns>
    /// <exception cref="Errors.MillraceException">As <see cref="ISource.PlanAsync"/>, and MR1314 for another project's checkpoints.</exception>
    public static async Task<(ReadPlan Plan, int Generation)> PlanAsync(
        TaskDefinition task, IConnector source, RunContext context, IReadOnlyList<Checkpoint> committed, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(context);
        ProjectClaim.ThrowIfOthers(task.Key, task.Project, committed);
        Backfill? backfill = Backfill.Of(task, context);
        GenerationState state = GenerationState.Of(committed, task, context.FullRefresh, backfill is not null);
        var engine = new TaskEngine(task, source, source, context);
        ISource reader = source.CreateSource(
            engine.SourceSettingsFor(await engine.ResolveDatasetsAsync(cancellationToken).ConfigureAwait(false)));
        reader = backfill?.Wrap(reader, task, mayBeginAgain: true) ?? reader;
        await using (reader.ConfigureAwait(false))
        {
            try
            {
                return (await reader.PlanAsync(new(state.OfGeneration(backfill is not null), state.Generation), cancellationToken).ConfigureAwait(false), state.Generation);
            }
            catch (MillraceException lost) when (lost.Code == ErrorCodes.HistoryLost && backfill is null && task.Source.OnHistoryLost == OnHistoryLost.Resnapshot)
            {
                // What the run would do.
                state = state.Next();
                ReadPlan plan = await reader.PlanAsync(new([], state.Generation), cancellationToken).ConfigureAwait(false);
                return (plan with { Notes = [$"{lost.Code}: {lost.Message} The next run starts a new snapshot, as on_history_lost says.", .. plan.Notes] }, state.Generation);
            }
        }
    }
}
