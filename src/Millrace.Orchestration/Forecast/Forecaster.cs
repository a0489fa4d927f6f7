using System.Collections.Immutable;
using Millrace.Catalog.Checkpoints;
using Millrace.Catalog.Runs;
using Millrace.Core.Config;
using Millrace.Core.Contracts;
using Millrace.Core.Engine;
using Millrace.Core.Errors;
using Millrace.Orchestration.Runner;

namespace Millrace.Orchestration.Forecast;

/// <summary>
/// Forecasts what the next runs of a job will move: from what the sources say waits after the mirrored checkpoints, and from the speed of past
/// runs. Destinations are not opened, so that a run under way is not disturbed.
/// </summary>
public sealed class Forecaster(RunnerSettings settings)
{
    // Enough for a steady figure, few enough to follow a change of pace.
    private const int PastRunsLookedAt = 20;

    /// <summary>One forecast a task; a task whose source cannot be asked has the reason in <see cref="TaskForecast.Error"/>.</summary>
    /// <param name="project">The project.</param>
    /// <param name="request">The run that would be.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public async Task<ImmutableArray<TaskForecast>> ForecastAsync(Project project, RunRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(project);
        ArgumentNullException.ThrowIfNull(request);
        JobDefinition job = RunSelection.Job(project, request.Job);
        var forecasts = ImmutableArray.CreateBuilder<TaskForecast>();
        foreach (ProjectTask task in RunSelection.Tasks(job, request).Where(t => t.Move is not null))
        {
            try
            {
                forecasts.Add(await ForecastAsync(project, task, request, cancellationToken).ConfigureAwait(false));
            }
            catch (MillraceException error)
            {
                forecasts.Add(new(task) { Error = error });
            }
        }

        return forecasts.ToImmutable();
    }

    private async Task<TaskForecast> ForecastAsync(Project project, ProjectTask task, RunRequest request, CancellationToken cancellationToken)
    {
        TaskDefinition move = task.Move!;
        ConnectionDefinition from = project.Connections[move.Source.Connection];
        ConnectionSettings connection = from.Resolve(settings.Secrets, settings.ProjectFolder);
        var context = new RunContext(0, connection, connection, settings.StateOf(task.Key))
        {
            FullRefresh = request.FullRefresh,
            From = request.From,
            To = request.To,
            LooksOnly = true,
            Time = settings.Time,
        };
        IReadOnlyList<MirroredCheckpoint> mirrored =
            await settings.Catalog.Checkpoints.ReadAsync(task.Key, cancellationToken).ConfigureAwait(false);
        (ReadPlan plan, int generation) = await TaskPlanner.PlanAsync(
            move, from.Connector, context, [.. mirrored.Select(m => m.Checkpoint)], cancellationToken).ConfigureAwait(false);
        IReadOnlyList<TaskRunRecord> history =
            await settings.Catalog.Runs.HistoryAsync(task.Key, PastRunsLookedAt, cancellationToken).ConfigureAwait(false);

        var past = PastRuns.Of(history);
        (Figure rows, Figure bytes, DateTimeOffset? oldest) = ForecastMath.Waiting(plan, past);
        Figure seconds = ForecastMath.Seconds(rows, bytes, past);
        Figure runs = ForecastMath.Runs(rows, bytes, seconds, move.Limits);
        return new(task)
        {
            Generation = generation,
            Notes = plan.Notes,
            Rows = rows,
            Bytes = bytes,
            Oldest = oldest,
            Runs = runs,
            Seconds = seconds,
            Cost = ForecastMath.Cost(bytes, runs, seconds, task.Prices),
        };
    }
}
