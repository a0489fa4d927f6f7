using System.Text;
using Millrace.Core.Batches;
using Millrace.Core.Contracts;
using Millrace.Core.Errors;
using Millrace.Core.Schemas;

namespace Millrace.Testing.Fakes;

/// <summary>
/// A destination in memory for tests of the engine: merges by key, keeps the commit protocol to the letter and lets a test crash it at each
/// step. It knows text columns only.
/// </summary>
public sealed class MemoryDestination(MemoryStore store) : IDestination
{
    /// <inheritdoc/>
    public NamingRule Naming { get; } = new(63, store.IgnoresCase);

    /// <inheritdoc/>
    public LogicalType? Fit(LogicalType type) => type;

    /// <inheritdoc/>
    public ValueTask<TargetTable?> DescribeAsync(TableId table, CancellationToken cancellationToken)
    {
        lock (store)
        {
            return new(store.Tables.TryGetValue(table, out SortedDictionary<string, string>? rows)
                ? new TargetTable(
                    new(table, [new("id", LogicalType.Text, true, "id"), new("value", LogicalType.Text, true, "value")], ["id"]), rows.Count == 0, true, [])
                : null);
        }
    }

    /// <inheritdoc/>
    public ValueTask PrepareAsync(WriteRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        store.At("prepare");
        lock (store)
        {
            foreach (TableWrite table in request.Tables)
            {
                store.Tables.TryAdd(table.Schema.Table, new(StringComparer.Ordinal));
            }
        }

        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<Checkpoint>> CommittedAsync(string taskKey, CancellationToken cancellationToken) =>
        new([.. store.Checkpoints.Values.Where(c => c.TaskKey == taskKey)]);

    /// <inheritdoc/>
    public ValueTask ReplaceCheckpointsAsync(string taskKey, IReadOnlyList<Checkpoint> checkpoints, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    /// <inheritdoc/>
    public ValueTask<IWriteSession> BeginAsync(WriteRequest request, LoadId load, CancellationToken cancellationToken)
    {
        store.At("begin");
        return new(new Session(store, request, load));
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private sealed class Session(MemoryStore store, WriteRequest request, LoadId load) : IWriteSession
    {
        private readonly MemoryStore _work = store.Copy();
        private readonly Dictionary<TableId, (long Upserted, long Deleted)> _counts = [];

        public long Quarantined { get; private set; }

        public ValueTask EvolveAsync(TableWrite table, CancellationToken cancellationToken)
        {
            store.At("evolve");
            lock (store)
            {
                store.Tables.TryAdd(table.Schema.Table, new(StringComparer.Ordinal));
            }

            _work.Tables.TryAdd(table.Schema.Table, new(StringComparer.Ordinal));
            return ValueTask.CompletedTask;
        }

        public ValueTask WriteAsync(RecordBatch batch, CancellationToken cancellationToken)
        {
            store.At("write");
            foreach (RejectedRow row in batch.Rejected)
            {
                Quarantined++;
                _work.Quarantine.Add(row.Position + " " + row.Reason);
            }

            if (batch.RowCount > 0)
            {
                Write(batch);
            }

            return ValueTask.CompletedTask;
        }

        public ValueTask<CommitOutcome> CommitAsync(CommitRequest request, CancellationToken cancellationToken)
        {
            store.At("before commit");
            foreach ((Checkpoint? expected, Checkpoint next) in request.Checkpoints)
            {
                Checkpoint? stored = store.Checkpoints.GetValueOrDefault((next.TaskKey, next.Partition));
                if (stored?.Load == load)
                {
                    return new(Outcome(true, store));
                }

                if (stored != expected)
                {
                    throw new MillraceException(ErrorCodes.Fenced, $"{next.Partition} stands at {stored?.Position}, not at {expected?.Position}.");
                }

                _work.Checkpoints[(next.TaskKey, next.Partition)] = next;
            }

            lock (store)
            {
                store.Become(_work);
            }

            store.At("after commit");
            return new(Outcome(false, _work));
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;

        private CommitOutcome Outcome(bool already, MemoryStore from) => new(
            already,
            [.. from.Checkpoints.Values.Where(c => c.TaskKey == request.TaskKey)],
            already ? [] : [.. _counts.Select(c => new TableOutcome(c.Key, c.Value.Upserted, c.Value.Deleted))],
            already ? 0 : Quarantined);

        private void Write(RecordBatch batch)
        {
            SortedDictionary<string, string> table = _work.Tables[batch.Schema.Table];
            var ids = (VarColumn)batch.Columns[batch.Schema.IndexOf("id")];
            int valueAt = batch.Schema.IndexOf("value");
            (long upserted, long deleted) = _counts.GetValueOrDefault(batch.Schema.Table);
            for (int row = 0; row < batch.RowCount; row++)
            {
                string id = Encoding.UTF8.GetString(ids[row]);
                if (batch.ChangeOf(row) == ChangeKind.Delete)
                {
                    table.Remove(id);
                    deleted++;
                }
                else
                {
                    table[id] = valueAt < 0 ? "" : Encoding.UTF8.GetString(((VarColumn)batch.Columns[valueAt])[row]);
                    upserted++;
                }
            }

            _counts[batch.Schema.Table] = (upserted, deleted);
        }
    }
}
