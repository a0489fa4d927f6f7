using Millrace.Catalog.Checkpoints;
using Millrace.Catalog.Jobs;
using Millrace.Catalog.Leases;
using Millrace.Catalog.Lineage;
using Millrace.Catalog.Logs;
using Millrace.Catalog.Runs;

namespace Millrace.Catalog;

/// <summary>
/// The metadata catalog: what should run, what ran and what it moved. A store is opened with its schema up to date. Members may be called from
/// several threads; several processes may work on one store. Each call is atomic and durable when it returns. Failures are coded
/// (<see cref="Core.Errors.ErrorCodes.CatalogFailed"/>).
/// </summary>
public interface ICatalog : IAsyncDisposable
{
    /// <summary>Connections, jobs and tasks, versioned.</summary>
    IDefinitionStore Definitions { get; }

    /// <summary>Runs and task runs.</summary>
    IRunStore Runs { get; }

    /// <summary>Log lines.</summary>
    ILogStore Logs { get; }

    /// <summary>The mirror of the destinations' checkpoints.</summary>
    ICheckpointMirror Checkpoints { get; }

    /// <summary>What task runs read and wrote.</summary>
    ILineageStore Lineage { get; }

    /// <summary>Leases.</summary>
    ILeaseStore Leases { get; }
}
