using Millrace.Catalog.Checkpoints;
using Millrace.Core.Contracts;

namespace Millrace.Catalog.Stores.Sqlite;

internal sealed class SqliteCheckpointMirror(SqliteSession session) : ICheckpointMirror
{
    public ValueTask ReplaceAsync(string taskKey, IReadOnlyList<Checkpoint> stored, long? runId, CancellationToken cancellationToken) =>
        session.WriteAsync(
            s =>
            {
                s.Execute("DELETE FROM checkpoints WHERE task_key = @key", ("@key", taskKey));
                foreach (Checkpoint checkpoint in stored)
                {
                    s.Execute(
                        """
                        INSERT INTO checkpoints (task_key, partition, generation, load_id, position, rows, run_id, mirrored_at)
                        VALUES (@key, @partition, @generation, @load, @position, @rows, @run, @at)
                        """,
                        ("@key", taskKey), ("@partition", checkpoint.Partition), ("@generation", checkpoint.Generation),
                        ("@load", checkpoint.Load.Text), ("@position", checkpoint.Position.Text), ("@rows", checkpoint.Rows), ("@run", runId),
                        ("@at", SqliteSession.Text(s.Now)));
                }
            },
            cancellationToken);

    public async ValueTask<IReadOnlyList<MirroredCheckpoint>> ReadAsync(string? taskKey, CancellationToken cancellationToken) =>
        await session.ReadAsync(
            s => s.Query(
                """
                SELECT task_key, partition, generation, load_id, position, rows, run_id, mirrored_at
                FROM checkpoints
                WHERE @key IS NULL OR task_key = @key
                ORDER BY task_key, partition
                """,
                row => new MirroredCheckpoint(
                    new(row.GetString(0), row.GetString(1), row.GetInt32(2), new(row.GetString(3)), new(row.GetString(4)), row.GetInt64(5)),
                    row.IsDBNull(6) ? null : row.GetInt64(6),
                    SqliteSession.Parse(row.GetString(7))),
                ("@key", taskKey)),
            cancellationToken).ConfigureAwait(false);
}
