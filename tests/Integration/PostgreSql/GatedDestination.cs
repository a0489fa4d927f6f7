using Millrace.Core.Batches;
using Millrace.Core.Contracts;
using Millrace.Core.Schemas;

namespace Millrace.IntegrationTests.PostgreSql;

/// <summary>A destination that waits for <paramref name="gate"/> after each batch that it has written.</summary>
internal sealed class GatedDestination(IDestination inner, Func<Task> gate) : IDestination
{
    public NamingRule Naming => inner.Naming;

    public int? MaxKeyBytes => inner.MaxKeyBytes;

    public LogicalType? Fit(LogicalType type) => inner.Fit(type);

    public ValueTask<TargetTable?> DescribeAsync(TableId table, CancellationToken cancellationToken) => inner.DescribeAsync(table, cancellationToken);

    public ValueTask PrepareAsync(WriteRequest request, CancellationToken cancellationToken) => inner.PrepareAsync(request, cancellationToken);

    public ValueTask<IReadOnlyList<Checkpoint>> CommittedAsync(string taskKey, CancellationToken cancellationToken) =>
        inner.CommittedAsync(taskKey, cancellationToken);

    public ValueTask ReplaceCheckpointsAsync(string taskKey, IReadOnlyList<Checkpoint> checkpoints, CancellationToken cancellationToken) =>
        inner.ReplaceCheckpointsAsync(taskKey, checkpoints, cancellationToken);

    public async ValueTask<IWriteSession> BeginAsync(WriteRequest request, LoadId load, CancellationToken cancellationToken) =>
        new Session(await inner.BeginAsync(request, load, cancellationToken), gate);

    public ValueTask DisposeAsync() => inner.DisposeAsync();

    private sealed class Session(IWriteSession inner, Func<Task> gate) : IWriteSession
    {
        public long Quarantined => inner.Quarantined;

        public ValueTask EvolveAsync(TableWrite table, CancellationToken cancellationToken) => inner.EvolveAsync(table, cancellationToken);

        public async ValueTask WriteAsync(RecordBatch batch, CancellationToken cancellationToken)
        {
            await inner.WriteAsync(batch, cancellationToken);
            await gate();
        }

        public ValueTask<CommitOutcome> CommitAsync(CommitRequest request, CancellationToken cancellationToken) => inner.CommitAsync(request, cancellationToken);

        public ValueTask DisposeAsync() => inner.DisposeAsync();
    }
}
