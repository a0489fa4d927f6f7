using Millrace.Core.Batches;
using Millrace.Core.Config;
using Millrace.Core.Contracts;
using Millrace.Core.Engine.Shaping;

namespace Millrace.Core.Engine;

/// <summary>The first rows of a task as they would land, read and shaped but not written.</summary>
public static class TaskPreview
{
    /// <summary>Reads until <paramref name="rows"/> rows of each partition are there, or its end.</summary>
    /// <param name="task">The task.</param>
    /// <param name="source">Connector of the task's source.</param>
    /// <param name="destination">Connector of the task's target; asked for its naming, its types and, where they exist, its tables.</param>
    /// <param name="context">The connections.</param>
    /// <param name="rows">Rows of each partition.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The shaped steps; the caller disposes their rows. Rejected rows stand apart.</returns>
    public static async Task<(IReadOnlyList<ShapedStep> Steps, IReadOnlyList<RejectedRow> Rejected)> ReadAsync(
        TaskDefinition task, IConnector source, IConnector destination, RunContext context, int rows, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(task);
        ArgumentNullException.ThrowIfNull(destination);
        var engine = new TaskEngine(task, source, destination, context);
        IDestination target = destination.CreateDestination(new(context.Destination) { Options = task.Target.Options, LooksOnly = true, Time = context.Time });
        await using (target.ConfigureAwait(false))
        {
            var datasets = await engine.ResolveDatasetsAsync(cancellationToken).ConfigureAwait(false);
            ISource reader = source.CreateSource(engine.SourceSettingsFor(datasets));
            await using (reader.ConfigureAwait(false))
            {
                // As a first run would see it; nothing that is committed plays a part.
                ReadPlan plan = await reader.PlanAsync(new([], 1), cancellationToken).ConfigureAwait(false);
                var tables = new TableSet(task, target, datasets, [], 1);
                tables.ThrowIfAnyShared();
                await tables.SampleAsync(reader, plan, cancellationToken).ConfigureAwait(false);
                var totals = new RunTotals(context.Time);
                List<ShapedStep> steps = [];
                List<RejectedRow> rejected = [];
                foreach (PartitionPlan partition in plan.Partitions.Where(p => p.IsSnapshot || plan.Partitions.Count == 1))
                {
                    var budget = new ReadBudget(rows, null, null, context.Time);
                    long left = rows;
                    await foreach (RecordBatch batch in reader.ReadAsync(new(partition, rows) { Budget = budget }, cancellationToken).ConfigureAwait(false))
                    {
                        left -= batch.RowCount;
                        ShapedItem item = await tables.ShapeAsync(batch, partition, totals, cancellationToken).ConfigureAwait(false);
                        steps.AddRange(item.Steps);
                        rejected.AddRange(item.Rejected);
                        if (left <= 0)
                        {
                            break;
                        }
                    }
                }

                return (steps, rejected);
            }
        }
    }
}
