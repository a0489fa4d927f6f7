using System.Collections.Immutable;
using Millrace.Core.Config;
using Millrace.Core.Errors;
using Millrace.Core.Lineage;
using Millrace.Core.Schemas;

namespace Millrace.Orchestration.Runner;

/// <summary>Records in the catalog what task runs read and wrote.</summary>
internal sealed class LineageRecorder(RunnerSettings settings)
{
    private readonly Lock _gate = new();
    private (Project Project, long RunId, Task<ImmutableArray<TaskLineage>> Tasks)? _read;

    /// <summary>Records it.</summary>
    /// <returns>Why that failed; null where it did not. The task run has succeeded all the same.</returns>
    public async Task<MillraceException?> TryRecordAsync(Project project, TaskReport report, long runId)
    {
        try
        {
            if (await OfAsync(project, report, runId).ConfigureAwait(false) is { } lineage && (lineage.Edges.Length > 0 || lineage.Notes.Length > 0))
            {
                await settings.Catalog.Lineage.RecordAsync(report.TaskRunId, lineage, CancellationToken.None).ConfigureAwait(false);
            }

            return null;
        }
        catch (MillraceException fault)
        {
            return fault;
        }
    }

    private async Task<TaskLineage?> OfAsync(Project project, TaskReport report, long runId)
    {
        if (report.Task.Move is not { } move)
        {
            return (await OfStepsAsync(project, runId).ConfigureAwait(false)).FirstOrDefault(t => t.TaskKey == report.Task.Key);
        }

        ConnectionDefinition target = project.Connections[move.Target.Connection];
        return new(report.Task.Key, report.Task.Job, report.Task.Name, report.Task.Step.ToString())
        {
            Edges = MoveLineage.OfRun(move, report.Outcome!, table => ProjectLineage.Resolve(target, table)),
        };
    }

    // Once for a run: scripts are read with what is known of columns after its steps E.
    private Task<ImmutableArray<TaskLineage>> OfStepsAsync(Project project, long runId)
    {
        lock (_gate)
        {
            if (_read is not { } read || read.Project != project || read.RunId != runId || read.Tasks.IsFaulted)
            {
                _read = read = (project, runId, RecordedLineage.OfDefinitionsAsync(settings.Catalog, project, CancellationToken.None));
            }

            return read.Tasks;
        }
    }
}
