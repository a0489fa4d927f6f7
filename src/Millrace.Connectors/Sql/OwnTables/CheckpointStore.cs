using Millrace.Core.Contracts;
using Millrace.Core.Errors;

namespace Millrace.Connectors.Sql.OwnTables;

/// <summary>Reads and moves a task's checkpoints.</summary>
internal sealed class CheckpointStore(SqlDialect dialect, SystemTables system)
{
    private static readonly string[] Columns = ["task_key", "\"partition\"", "generation", "load_id", "\"position\"", "\"rows\"", "committed_at"];

    /// <summary>The task's checkpoints; inside a transaction their rows are locked by <paramref name="isLocked"/>.</summary>
    public async ValueTask<IReadOnlyList<Checkpoint>> ReadAsync(
        SqlChannel channel, string taskKey, bool isLocked, CancellationToken cancellationToken)
    {
        IReadOnlyList<SqlRow> rows = await channel.QueryAsync(
            $"""
            SELECT task_key, "partition", generation, load_id, "position", "rows"
            FROM {(isLocked ? dialect.Locked(system.Checkpoints, "c") : system.Checkpoints)}
            WHERE task_key = {dialect.Literal(taskKey)}
            ORDER BY "partition"{(isLocked ? dialect.ForUpdate : "")}
            """,
            cancellationToken).ConfigureAwait(false);
        return [.. rows.Select(r => new Checkpoint(r.Text(0), r.Text(1), r.Int(2), new LoadId(r.Text(3)), new Position(r.Text(4)), r.Long(5)))];
    }

    /// <summary>
    /// Compares what is stored with what a commit expects. Two commits of one task wait for each other here, also where no row is there yet to
    /// be locked.
    /// </summary>
    /// <returns>The stored checkpoints, and whether this load's are among them already.</returns>
    /// <exception cref="MillraceException"><see cref="ErrorCodes.Fenced"/>.</exception>
    public async ValueTask<(bool IsCommitted, IReadOnlyList<Checkpoint> Stored)> CompareAsync(
        SqlChannel channel, string taskKey, LoadId load, CommitRequest request, CancellationToken cancellationToken)
    {
        await channel.LockAsync(SqlStore.LockName(taskKey), cancellationToken).ConfigureAwait(false);
        IReadOnlyList<Checkpoint> stored = await ReadAsync(channel, taskKey, true, cancellationToken).ConfigureAwait(false);
        Dictionary<string, Checkpoint> byPartition = stored.ToDictionary(c => c.Partition, StringComparer.Ordinal);
        if (request.Checkpoints.Any(c => byPartition.TryGetValue(c.Next.Partition, out Checkpoint? there) && there.Load == load))
        {
            return (true, stored);
        }

        foreach ((Checkpoint? expected, Checkpoint next) in request.Checkpoints)
        {
            Checkpoint? there = byPartition.GetValueOrDefault(next.Partition);
            if (there?.Position != expected?.Position || there?.Generation != expected?.Generation || there?.Load != expected?.Load)
            {
                throw new MillraceException(
                    ErrorCodes.Fenced,
                    $"The checkpoint of task {taskKey}, partition {next.Partition}, is {Show(there)} where {Show(expected)} was expected: "
                        + "another run moved it. Nothing of this load was written.",
                    "Let the other run finish; the next run goes on from what is stored.");
            }
        }

        return (false, stored);
    }

    /// <summary>Writes checkpoints over those that are there.</summary>
    public async ValueTask WriteAsync(
        SqlChannel channel, IReadOnlyCollection<Checkpoint> checkpoints, DateTimeOffset now, CancellationToken cancellationToken)
    {
        if (checkpoints.Count == 0)
        {
            return;
        }

        IEnumerable<string> rows = checkpoints.Select(c =>
            dialect.Row(c.TaskKey, c.Partition, c.Generation, c.Load.Text, c.Position.Text, c.Rows, now));
        await channel.ExecuteAsync(
            dialect.Upsert(system.Checkpoints, Columns, Columns[..2], Columns[2..], dialect.Values(Columns, rows)), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Removes a task's checkpoints.</summary>
    public string Remove(string taskKey) => $"DELETE FROM {system.Checkpoints} WHERE task_key = {dialect.Literal(taskKey)}";

    private static string Show(Checkpoint? checkpoint) =>
        checkpoint is null ? "absent" : $"{checkpoint.Position} (generation {checkpoint.Generation}, load {checkpoint.Load})";
}
