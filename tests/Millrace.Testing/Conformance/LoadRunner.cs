using System.Collections.Immutable;
using System.Text;
using Millrace.Core.Batches;
using Millrace.Core.Contracts;
using Millrace.Core.Schemas;

namespace Millrace.Testing.Conformance;

/// <summary>Runs loads into a destination as the engine would: prepare, begin, write, commit, each from the checkpoint of the one before.</summary>
public sealed class LoadRunner(IDestination destination, string taskKey = "job/task")
{
    private const string Partition = "log";

    /// <summary>The checkpoint that the next load starts from.</summary>
    public Checkpoint? Stored { get; set; }

    /// <summary>The run that is stamped on rows.</summary>
    public long RunId { get; set; } = 1;

    /// <summary>The task's generation.</summary>
    public int Generation { get; set; } = 1;

    /// <summary>When the load began.</summary>
    public DateTimeOffset LoadedAt { get; set; } = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    /// <summary>The request for some tables.</summary>
    public WriteRequest Request(params ImmutableArray<TableWrite> tables) => new(taskKey, RunId, Generation, LoadedAt, tables);

    /// <summary>The id of the load that starts from <see cref="Stored"/>.</summary>
    public LoadId Load => LoadId.For(taskKey, Generation, [(Partition, Stored?.Position.Text ?? "")]);

    /// <summary>The compare-and-set that moves the partition to a position.</summary>
    public CommitRequest To(string position) =>
        new([(Stored, new(taskKey, Partition, Generation, Load, new(position), (Stored?.Rows ?? 0) + 1))]);

    /// <summary>One load of batches, committed; the batches are disposed.</summary>
    /// <param name="table">The table.</param>
    /// <param name="position">Where reading then goes on.</param>
    /// <param name="batches">The rows.</param>
    /// <param name="completed">True where the snapshot is complete with this commit.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public async Task<CommitOutcome> RunAsync(
        TableWrite table, string position, IEnumerable<RecordBatch> batches, bool completed = false, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(table);
        WriteRequest request = Request(table);
        await destination.PrepareAsync(request, cancellationToken).ConfigureAwait(false);
        IWriteSession session = await destination.BeginAsync(request, Load, cancellationToken).ConfigureAwait(false);
        await using (session.ConfigureAwait(false))
        {
            foreach (RecordBatch batch in batches)
            {
                using (batch)
                {
                    await session.WriteAsync(batch, cancellationToken).ConfigureAwait(false);
                }
            }

            CommitRequest commit = To(position) with { Completed = completed ? [table.Schema.Table] : [] };
            CommitOutcome outcome = await session.CommitAsync(commit, cancellationToken).ConfigureAwait(false);
            Stored = outcome.Stored.Single(c => c.Partition == Partition);
            return outcome;
        }
    }

    /// <summary>A batch of the model's changes.</summary>
    /// <param name="schema">The table.</param>
    /// <param name="events">The changes.</param>
    /// <param name="withPositions">True to give each its position.</param>
    /// <param name="seconds">The source time of each, in seconds since 1970, null where it has none; null for a batch without times.</param>
    public static RecordBatch Batch(TableSchema schema, IReadOnlyList<ModelEvent> events, bool withPositions, IReadOnlyList<int?>? seconds = null)
    {
        ArgumentNullException.ThrowIfNull(schema);
        ArgumentNullException.ThrowIfNull(events);
        var key = (VarColumn)Column.Create(LogicalType.Text);
        var a = (Column<long>)Column.Create(LogicalType.Int64);
        var b = (VarColumn)Column.Create(LogicalType.Text);
        var positions = (VarColumn)Column.Create(LogicalType.Text);
        foreach (ModelEvent change in events)
        {
            key.Append(Encoding.UTF8.GetBytes(change.Key));
            positions.Append(Encoding.UTF8.GetBytes(change.Position));
            if (!change.HasA)
            {
                a.AppendUnset();
            }
            else if (change.A is { } number)
            {
                a.Append(number);
            }
            else
            {
                a.AppendNull();
            }

            if (!change.HasB)
            {
                b.AppendUnset();
            }
            else if (change.B is { } text)
            {
                b.Append(Encoding.UTF8.GetBytes(text));
            }
            else
            {
                b.AppendNull();
            }
        }

        return new(schema, [key, a, b], events.Count)
        {
            Changes = events.All(e => e.Kind == ChangeKind.Insert) ? default : events.Select(e => e.Kind).ToArray(),
            RowPositions = withPositions ? positions : null,
            RowTimes = seconds is null ? null : Times(seconds),
        };
    }

    private static Column<long> Times(IReadOnlyList<int?> seconds)
    {
        var times = (Column<long>)Column.Create(LogicalType.TimestampUtc());
        foreach (int? second in seconds)
        {
            if (second is { } given)
            {
                times.Append(given * TimeSpan.TicksPerSecond);
            }
            else
            {
                times.AppendNull();
            }
        }

        return times;
    }
}
