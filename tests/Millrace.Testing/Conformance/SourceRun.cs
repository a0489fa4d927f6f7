using Millrace.Core.Batches;
using Millrace.Core.Contracts;

namespace Millrace.Testing.Conformance;

/// <summary>Reads a source in runs as the engine would, each from the positions that the one before committed.</summary>
/// <param name="open">Opens the source for a task with state of this name.</param>
/// <param name="state">The name.</param>
public sealed class SourceRun(Func<string, ISource> open, string state)
{
    private readonly Dictionary<string, Checkpoint> _committed = new(StringComparer.Ordinal);

    /// <summary>Rows read so far, those of all runs, as text.</summary>
    public List<string> Rows { get; } = [];

    /// <summary>Where each partition was to end in the last run, and where it did.</summary>
    public List<(Position? Until, Position Last)> Ends { get; } = [];

    /// <summary>Rows of the last run.</summary>
    public int RowsOfRun { get; private set; }

    /// <summary>Payload bytes of the last run.</summary>
    public long BytesOfRun { get; private set; }

    /// <summary>Rows of a batch.</summary>
    public int MaxBatchRows { get; init; } = 8192;

    /// <summary>One run: plans, reads partition after partition, commits every position and acknowledges it.</summary>
    /// <param name="budget">The run's budget.</param>
    /// <param name="stopAtPosition">True to end the run, as a crash would, at the first position that moves anything.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>True where the run was ended by <paramref name="stopAtPosition"/>.</returns>
    public async Task<bool> ReadAsync(ReadBudget budget, bool stopAtPosition = false, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(budget);
        RowsOfRun = 0;
        BytesOfRun = 0;
        Ends.Clear();
        ISource source = open(state);
        await using (source.ConfigureAwait(false))
        {
            ReadPlan plan = await source.PlanAsync(new([.. _committed.Values], 1), cancellationToken).ConfigureAwait(false);
            foreach (PartitionPlan partition in plan.Partitions.OrderBy(p => p.Stage).ThenBy(p => p.Name, StringComparer.Ordinal))
            {
                if (budget.Reached is not null)
                {
                    break;
                }

                if (await ReadAsync(source, partition, budget, stopAtPosition, cancellationToken).ConfigureAwait(false))
                {
                    return true;
                }
            }
        }

        return false;
    }

    private async Task<bool> ReadAsync(
        ISource source, PartitionPlan partition, ReadBudget budget, bool stopAtPosition, CancellationToken cancellationToken)
    {
        Position last = partition.Start;
        List<string> open = [];
        var request = new ReadRequest(partition, MaxBatchRows) { Budget = budget };
        await foreach (RecordBatch batch in source.ReadAsync(request, cancellationToken).ConfigureAwait(false))
        {
            using (batch)
            {
                open.AddRange(Enumerable.Range(0, batch.RowCount).Select(row => $"{batch.Schema.Table} {batch.ChangeOf(row)} {RowJson.Of(batch, row)}"));
                RowsOfRun += batch.RowCount;
                BytesOfRun += batch.SourceBytes;
            }

            if (batch.Position is not { } position)
            {
                continue;
            }

            bool isMove = position != last;
            last = position;
            Rows.AddRange(open);
            open.Clear();
            _committed[partition.Name] = new("task", partition.Name, 1, new("00"), position, 0);
            await source.AcknowledgeAsync([_committed[partition.Name]], cancellationToken).ConfigureAwait(false);
            if (stopAtPosition && isMove)
            {
                return true;
            }
        }

        if (budget.Reached is null)
        {
            Ends.Add((partition.Until, last));
        }

        return false;
    }
}
