using Millrace.Core.Config;
using Millrace.Core.Contracts;
using Millrace.Core.Schemas;

namespace Millrace.Core.Engine;

/// <summary>
/// The task's checkpoints as the destination holds them, and the generation that a run works in. Besides the source's partitions four kinds of
/// marker stand among them: <c>#generation</c>, whether the snapshot of the generation is complete, <see cref="TableMarker"/>, that a table
/// got rows in it, <see cref="TaskShape.Marker"/>, what shape its rows have, and <see cref="ProjectClaim"/>, which project they are of.
/// </summary>
internal sealed class GenerationState
{
    public const string GenerationMarker = "#generation";
    public static readonly Position Loading = new("millrace.generation/loading");
    public static readonly Position Complete = new("millrace.generation/complete");
    private static readonly Position TableLoaded = new("millrace.table/loaded");

    private readonly TaskDefinition _task;

    private GenerationState(TaskDefinition task, int generation, Dictionary<string, Checkpoint> stored)
    {
        _task = task;
        Generation = generation;
        Stored = stored;
    }

    /// <summary>The generation that this run works in, from 1.</summary>
    public int Generation { get; }

    /// <summary>Every stored checkpoint of the task by partition, whatever its generation: what compare-and-set must expect.</summary>
    public Dictionary<string, Checkpoint> Stored { get; private set; }

    /// <summary>True where the generation's snapshot was complete before this run.</summary>
    public bool IsComplete => Current(GenerationMarker)?.Position == Complete;

    /// <summary>Reads the state that an attempt starts from.</summary>
    /// <param name="target">The destination.</param>
    /// <param name="task">The task.</param>
    /// <param name="newGeneration">True to begin the next generation.</param>
    /// <param name="isBackfill">True for a run over a range of time.</param>
    /// <param name="begun">The generation that this attempt has begun already, before it was rolled back to its last commit; else null.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public static async Task<GenerationState> LoadAsync(
        IDestination target, TaskDefinition task, bool newGeneration, bool isBackfill, int? begun, CancellationToken cancellationToken)
    {
        IReadOnlyList<Checkpoint> committed = await target.CommittedAsync(task.Key, cancellationToken).ConfigureAwait(false);
        return begun is { } generation && committed.Count > 0
            ? new(task, Math.Max(generation, committed.Max(c => c.Generation)), committed.ToDictionary(c => c.Partition, StringComparer.Ordinal))
            : Of(committed, task, newGeneration, isBackfill);
    }

    /// <summary>The state that these checkpoints of the task are.</summary>
    public static GenerationState Of(IReadOnlyList<Checkpoint> committed, TaskDefinition task, bool newGeneration, bool isBackfill)
    {
        Dictionary<string, Checkpoint> stored = committed.ToDictionary(c => c.Partition, StringComparer.Ordinal);
        int generation = committed.Count == 0 ? 1 : committed.Max(c => c.Generation);
        var state = new GenerationState(task, generation, stored);

        // A full refresh whose last generation is complete begins the next one; one that a budget cut short goes on, and so does a backfill.
        bool refreshed = !isBackfill && task.Source.Method == ReplicationMethod.FullRefresh && state.IsComplete;
        return committed.Count > 0 && (newGeneration || refreshed) ? state.Next() : state;
    }

    /// <summary>The same checkpoints, seen from a new generation.</summary>
    public GenerationState Next() => After(Generation);

    /// <summary>The same checkpoints, seen from the generation after <paramref name="last"/>.</summary>
    public GenerationState After(int last) => new(_task, last + 1, Stored);

    /// <summary>The checkpoints of the source's partitions in this generation: those of ordinary runs, or those of backfills.</summary>
    public IReadOnlyList<Checkpoint> OfGeneration(bool ofBackfills = false) =>
        [.. Stored.Values.Where(c => c.Generation == Generation && !c.Partition.StartsWith('#') && Backfill.Owns(c.Partition) == ofBackfills)];

    /// <summary>The checkpoint of a partition in this generation, or null.</summary>
    public Checkpoint? Current(string partition) =>
        Stored.TryGetValue(partition, out Checkpoint? c) && c.Generation == Generation ? c : null;

    /// <summary>Takes over what the destination says is stored.</summary>
    public void Replace(IReadOnlyList<Checkpoint> stored) => Stored = stored.ToDictionary(c => c.Partition, StringComparer.Ordinal);

    /// <summary>The compare-and-set that moves a partition.</summary>
    public (Checkpoint? Expected, Checkpoint Next) Move(string partition, LoadId load, Position position, long rows)
    {
        long before = Current(partition)?.Rows ?? 0;
        return (Stored.GetValueOrDefault(partition), new(_task.Key, partition, Generation, load, position, before + rows));
    }

    /// <summary>The marker of a table that gets its first rows of this generation, or null where it stands already.</summary>
    public (Checkpoint? Expected, Checkpoint Next)? MarkTable(TableId table, LoadId load)
    {
        string partition = TableMarker.PartitionOf(table);
        return Current(partition) is null ? Move(partition, load, TableLoaded, 0) : null;
    }

    /// <summary>Tables that got rows from this task: in this generation, or in any.</summary>
    public IEnumerable<TableId> LoadedTables(bool ofGeneration)
    {
        foreach (Checkpoint marker in Stored.Values.Where(c => !ofGeneration || c.Generation == Generation))
        {
            if (TableMarker.TableOf(marker.Partition) is { } table)
            {
                yield return table;
            }
        }
    }

    /// <summary>The id of the load that starts from the stored checkpoints.</summary>
    /// <param name="partitions">Partitions that the load may advance.</param>
    public LoadId LoadFrom(IEnumerable<string> partitions) =>
        LoadId.For(_task.Key, Generation, partitions.Select(p => (p, Current(p)?.Position.Text ?? "")));

    /// <summary>
    /// The name of a table that has rows by its marker but does not exist, or null. A table that is replaced is not looked for: it is swapped in
    /// whole at the end.
    /// </summary>
    public async Task<string?> FindVanishedTableAsync(IDestination target, CancellationToken cancellationToken)
    {
        if (_task.Target.Disposition == WriteDisposition.Replace)
        {
            return null;
        }

        foreach (TableId table in LoadedTables(ofGeneration: true))
        {
            if (await target.DescribeAsync(table, cancellationToken).ConfigureAwait(false) is null)
            {
                return table.ToString();
            }
        }

        return null;
    }
}
