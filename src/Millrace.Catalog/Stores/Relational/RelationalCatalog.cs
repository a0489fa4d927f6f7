using System.Collections.Immutable;
using Millrace.Catalog.Checkpoints;
using Millrace.Catalog.Jobs;
using Millrace.Catalog.Leases;
using Millrace.Catalog.Lineage;
using Millrace.Catalog.Logs;
using Millrace.Catalog.Runs;
using Millrace.Catalog.Stores.Relational.Definitions;

namespace Millrace.Catalog.Stores.Relational;

/// <summary>The catalog in a relational database.</summary>
internal sealed class RelationalCatalog : ICatalog
{
    // A keeper of leases must learn in time that the catalog is gone, and tries again by itself.
    private static readonly TimeSpan LeasePatience = TimeSpan.Zero;

    private readonly CatalogSession _session;
    private readonly CatalogSession _leases;

    private RelationalCatalog(CatalogSession session, CatalogSession leases)
    {
        _session = session;
        _leases = leases;
        Definitions = new DefinitionStore(session);
        Runs = new RunStore(session);
        Logs = new LogStore(session);
        Checkpoints = new CheckpointMirror(session);
        Lineage = new LineageStore(session);
        Leases = new LeaseStore(leases);
    }

    /// <inheritdoc/>
    public IDefinitionStore Definitions { get; }

    /// <inheritdoc/>
    public IRunStore Runs { get; }

    /// <inheritdoc/>
    public ILogStore Logs { get; }

    /// <inheritdoc/>
    public ICheckpointMirror Checkpoints { get; }

    /// <inheritdoc/>
    public ILineageStore Lineage { get; }

    /// <inheritdoc/>
    public ILeaseStore Leases { get; }

    /// <summary>Opens a catalog and brings its schema up to date.</summary>
    /// <param name="dialect">The engine, and where in it.</param>
    /// <param name="clock">The clock; null for the engine's own.</param>
    /// <param name="migrations">The schema.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public static async Task<ICatalog> OpenAsync(
        CatalogDialect dialect, TimeProvider? clock, ImmutableArray<Migration> migrations, CancellationToken cancellationToken)
    {
        var session = new CatalogSession(dialect, clock);
        try
        {
            await Migrator.MigrateAsync(session, migrations, cancellationToken).ConfigureAwait(false);
            return new RelationalCatalog(session, dialect.IsServer ? new(dialect, clock) { Patience = LeasePatience } : session);
        }
        catch
        {
            await session.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _session.DisposeAsync().ConfigureAwait(false);
        if (_leases != _session)
        {
            await _leases.DisposeAsync().ConfigureAwait(false);
        }
    }
}
