using System.Collections.Immutable;
using Millrace.Catalog.Runs;
using Millrace.Core.Config;
using Millrace.Core.Config.Options;
using Millrace.Core.Errors;

namespace Millrace.Orchestration.Runner;

/// <summary>A run that is taken up again.</summary>
internal static class ResumedRun
{
    /// <summary>The run.</summary>
    /// <exception cref="MillraceException">MR1406: there is no such run. MR1407: it is another job's.</exception>
    public static async Task<RunRecord> FindAsync(IRunStore runs, long runId, string job, CancellationToken cancellationToken)
    {
        IReadOnlyList<RunRecord> found = await runs.ListAsync(new(1) { RunId = runId }, cancellationToken).ConfigureAwait(false);
        RunRecord run = found.Count > 0 ? found[0] : throw RunErrors.Unknown(runId);
        return run.Start.Job == job ? run : throw new MillraceException(
            ErrorCodes.NotResumable, $"Run {runId} is of job '{run.Start.Job}', not of '{job}'.", $"Run 'millrace run {run.Start.Job} --resume {runId}'.");
    }

    /// <summary>Opens it and tells which of its tasks succeeded before.</summary>
    /// <exception cref="MillraceException">MR1407: it is under way or has succeeded.</exception>
    public static async Task<ImmutableArray<SkippedTask>> OpenAsync(
        IRunStore runs, RunRecord run, RunStart start, ImmutableArray<ProjectTask> tasks, CancellationToken cancellationToken)
    {
        long runId = run.RunId;
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
