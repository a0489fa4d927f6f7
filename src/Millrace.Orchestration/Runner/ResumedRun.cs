using System.Collections.Immutable;
using Millrace.Catalog.Runs;
using Millrace.Core.Config;
using Millrace.Core.Config.Options;
using Millrace.Core.Errors;

namespace Millrace.Orchestration.Runner;

/// <summary>A run that is taken up again.</summary>
internal static class ResumedRun
{
    /// <summary>Opens it and tells which of its tasks succeeded before.</summary>
    /// <exception cref="MillraceException">MR1406: there is no such run. MR1407: it is another job's, under way or has succeeded.</exception>
    public static async Task<ImmutableArray<SkippedTask>> OpenAsync(
        IRunStore runs, long runId, RunStart start, ImmutableArray<ProjectTask> tasks, CancellationToken cancellationToken)
    {
        IReadOnlyList<RunRecord> found = await runs.ListAsync(new(1) { RunId = runId }, cancellationToken).ConfigureAwait(false);
        RunRecord run = found.Count > 0 ? found[0] : throw RunErrors.Unknown(runId);
        if (run.Start.Job != start.Job)
        {
            throw new MillraceException(ErrorCodes.NotResumable, $"Run {runId} is of job '{run.Start.Job}', not of '{start.Job}'.",
                $"Run 'millrace run {run.Start.Job} --resume {runId}'.");
        }

        if (!await runs.ReopenAsync(runId, start, cancellationToken).ConfigureAwait(false))
        {
            throw new MillraceException(ErrorCodes.NotResumable, $"Run {runId} {(run.Status == RunStatus.Succeeded ? "has succeeded" : "is " + SnakeCase.Of(run.Status))}.",
                $"Start a new run: 'millrace run {start.Job}'.");
        }

        IReadOnlyList<TaskRunRecord> before = await runs.TasksOfAsync(runId, cancellationToken).ConfigureAwait(false);
        HashSet<string> succeeded = [.. before.Where(t => t.Status == RunStatus.Succeeded).Select(t => t.Start.TaskKey)];
        return [.. tasks.Where(t => succeeded.Contains(t.Key)).Select(t => new SkippedTask(t, "it succeeded in this run before"))];
    }
}
