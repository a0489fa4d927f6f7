using Millrace.Catalog;
using Millrace.Catalog.Checkpoints;
using Millrace.Catalog.Jobs;
using Millrace.Catalog.Leases;
using Millrace.Catalog.Lineage;
using Millrace.Catalog.Logs;
using Millrace.Catalog.Runs;

namespace Millrace.IntegrationTests.Orchestration;

/// <summary>A catalog that takes everything but log lines.</summary>
internal sealed class LoglessCatalog(ICatalog inner) : ICatalog, ILogStore
{
    public IDefinitionStore Definitions => inner.Definitions;

    public IRunStore Runs => inner.Runs;

    public ILogStore Logs => this;

    public ICheckpointMirror Checkpoints => inner.Checkpoints;

    public ILineageStore Lineage => inner.Lineage;

    public ILeaseStore Leases => inner.Leases;

    public ValueTask<long> OpenAsync(long runId, long? taskRunId, CancellationToken cancellationToken) =>
        inner.Logs.OpenAsync(runId, taskRunId, cancellationToken);

    public ValueTask AppendAsync(long logId, IReadOnlyList<LogLine> lines, CancellationToken cancellationToken) =>
        throw new IOException("the disk is full");

    public ValueTask<IReadOnlyList<LogEntry>> ReadAsync(long runId, int limit, CancellationToken cancellationToken) =>
        inner.Logs.ReadAsync(runId, limit, cancellationToken);

    public ValueTask DisposeAsync() => inner.DisposeAsync();
}
