using Millrace.Catalog.Checkpoints;
using Millrace.Core.Contracts;

namespace Millrace.Catalog.Stores.Relational;

internal sealed class CheckpointMirror(CatalogSession session) : ICheckpointMirror
{
    public ValueTask ReplaceAsync(string taskKey, IReadOnlyList<Checkpoint> stored, long? runId, CancellationToken cancellationToken) =>
        session.WriteAsync(
            async transaction =>
            {
                await transaction.LockAsync($"checkpoints {taskKey}").ConfigureAwait(false);
                DateTimeOffset now = await transaction.NowAsync().ConfigureAwait(false);
                await transaction.ExecuteAsync("DELETE FROM metadata.checkpoints WHERE task_key = @key", ("@key", taskKey)).ConfigureAwait(false);
                foreach (Checkpoint checkpoint in stored)
                {
                    await transaction.ExecuteAsync(
                        """
                        INSERT INTO metadata.checkpoints ("task_key", "partition", "generation", "load_id", "position", "rows", "run_id", "mirrored_at")
                        VALUES (@key, @partition, @generation, @load, @position, @rows, @run, @at)
                        """,
                        ("@key", taskKey), ("@partition", checkpoint.Partition), ("@generation", checkpoint.Generation),
                        ("@load", checkpoint.Load.Text), ("@position", checkpoint.Position.Text), ("@rows", checkpoint.Rows), ("@run", runId),
                        ("@at", now)).ConfigureAwait(false);
                }
            },
            cancellationToken,
            isRepeatable: true);

    public async ValueTask<IReadOnlyList<MirroredCheckpoint>> ReadAsync(string? taskKey, CancellationToken cancellationToken) =>
        await session.ReadAsync(
            transaction => transaction.QueryAsync(
                """
                SELECT "task_key", "partition", "generation", "load_id", "position", "rows", "run_id", "mirrored_at"
                FROM metadata.checkpoints
                WHERE task_key = coalesce(@key, task_key)
                ORDER BY "task_key", "partition"
                """,
                row => new MirroredCheckpoint(
                    new(row.Text(0), row.Text(1), row.Int(2), new(row.Text(3)), new(row.Text(4)), row.Long(5)),
                    row.LongOrNull(6),
                    row.Time(7)),
                ("@key", taskKey)),
            cancellationToken).ConfigureAwait(false);
}
