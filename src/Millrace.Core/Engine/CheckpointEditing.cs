using Millrace.Core.Contracts;
using Millrace.Core.Errors;
using Millrace.Core.Schemas;

namespace Millrace.Core.Engine;

/// <summary>Changes of a task's checkpoints by hand, in a form that the engine understands.</summary>
public static class CheckpointEditing
{
    /// <summary>Moves one partition.</summary>
    /// <param name="stored">The task's checkpoints.</param>
    /// <param name="partition">The partition.</param>
    /// <param name="position">Where reading goes on after.</param>
    /// <exception cref="MillraceException">MR1002: no such partition; the fix lists those that there are.</exception>
    public static IReadOnlyList<Checkpoint> Move(IReadOnlyList<Checkpoint> stored, string partition, Position position)
    {
        ArgumentNullException.ThrowIfNull(stored);
        ArgumentNullException.ThrowIfNull(partition);
        return partition.StartsWith('#') || stored.All(c => c.Partition != partition)
            ? throw new MillraceException(
                ErrorCodes.InvalidConfiguration,
                $"There is no partition '{partition}' to move.",
                $"Partitions: {string.Join(", ", stored.Select(c => c.Partition).Where(p => !p.StartsWith('#')))}.")
            : [.. stored.Select(c => c.Partition == partition ? c with { Position = position, Load = EditOf(c, position) } : c)];
    }

    // Not the load that is stored: the one that starts at this position again has its id, and would pass for done.
    private static LoadId EditOf(Checkpoint from, Position to) =>
        LoadId.For(from.TaskKey, from.Generation, [("#edit", $"{from.Partition} {from.Load} {to}")]);

    /// <summary>The target tables that a task has written rows to, by name.</summary>
    public static IReadOnlyList<TableId> TablesOf(IReadOnlyList<Checkpoint> stored)
    {
        ArgumentNullException.ThrowIfNull(stored);
        return [.. stored.OrderBy(c => c.Partition, StringComparer.Ordinal).Select(c => TableMarker.TableOf(c.Partition)).OfType<TableId>()];
    }

    /// <summary>
    /// Starts over: nothing is read yet, in a generation after the last one, so that what is read anew wins over rows that are there. The tables
    /// that hold the task's rows stay known, in the generation of those rows: only so the new one clears tables that it brings no row to, and no
    /// other task takes them meanwhile. Whose they are and what shape they have stays, too.
    /// </summary>
    public static IReadOnlyList<Checkpoint> Reset(IReadOnlyList<Checkpoint> stored)
    {
        ArgumentNullException.ThrowIfNull(stored);
        if (stored.Count == 0)
        {
            return [];
        }

        string task = stored[0].TaskKey;
        int generation = stored.Max(c => c.Generation) + 1;
        LoadId load = LoadId.For(task, generation, []);
        return
        [
            new(task, GenerationState.GenerationMarker, generation, load, GenerationState.Loading, 0),
            .. stored.Where(c => TableMarker.TableOf(c.Partition) is not null || c.Partition is ProjectClaim.Marker or TaskShape.Marker),
        ];
    }
}
