using Millrace.Core.Lineage;

namespace Millrace.Catalog.Lineage;

/// <summary>What task runs read and wrote: edges of tables and columns.</summary>
public interface ILineageStore
{
    /// <summary>Records what a task run did. Doing so again replaces it.</summary>
    ValueTask RecordAsync(long taskRunId, TaskLineage lineage, CancellationToken cancellationToken);

    /// <summary>What the task runs of a run did, in the order in which they started; those of which nothing was recorded are not among them.</summary>
    ValueTask<IReadOnlyList<TaskLineage>> OfRunAsync(long runId, CancellationToken cancellationToken);

    /// <summary>What each task of a step did last, table by table: for every table that a task wrote, the edges of the last run that wrote it.</summary>
    /// <param name="step">The step: <c>E</c>, <c>T</c> or <c>L</c>.</param>
    /// <param name="cancellationToken">Cancels.</param>
    ValueTask<IReadOnlyList<TaskLineage>> LatestAsync(string step, CancellationToken cancellationToken);

    /// <summary>Task runs that wrote a table, newest first, each with the edges into it.</summary>
    /// <param name="connection">The connection's name.</param>
    /// <param name="table">The table, <c>schema.name</c>.</param>
    /// <param name="limit">At most so many.</param>
    /// <param name="cancellationToken">Cancels.</param>
    ValueTask<IReadOnlyList<(long TaskRunId, TaskLineage Lineage)>> IntoAsync(string connection, string table, int limit, CancellationToken cancellationToken);
}
