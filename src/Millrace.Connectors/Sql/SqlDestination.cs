using Millrace.Connectors.Sql.Loads;
using Millrace.Connectors.Sql.OwnTables;
using Millrace.Connectors.Sql.Tracing;
using Millrace.Core.Contracts;
using Millrace.Core.Errors;
using Millrace.Core.Schemas;

namespace Millrace.Connectors.Sql;

/// <summary>
/// A destination that speaks SQL. What engines differ in, they say through <see cref="SqlDialect"/> and <see cref="SqlChannel"/>; order and
/// meaning of every statement are here. Loads use one connection; descriptions, which the engine asks for while a load is open, another.
/// </summary>
internal abstract class SqlDestination : IDestination, IQuarantineStore, ITableOrigins, IRowTracer
{
    private readonly SqlStore _store;
    private readonly SemaphoreSlim _catalogTurn = new(1, 1);
    private SqlChannel? _loads;
    private SqlChannel? _catalog;
    private bool _isReady;

    /// <summary>Creates the destination; connects when it is first needed.</summary>
    protected SqlDestination(SqlStore store) => _store = store;

    /// <inheritdoc/>
    public NamingRule Naming => _store.Dialect.Naming;

    /// <inheritdoc/>
    public LogicalType? Fit(LogicalType type) => _store.Dialect.Fit(type);

    /// <inheritdoc/>
    public ValueTask<TargetTable?> DescribeAsync(TableId table, CancellationToken cancellationToken) =>
        OnCatalogAsync(channel => DescribeAsync(channel, table, null, cancellationToken), cancellationToken);

    /// <inheritdoc/>
    public ValueTask<TargetTable?> DescribeFilledAsync(TableId table, int generation, CancellationToken cancellationToken) =>
        OnCatalogAsync(channel => DescribeAsync(channel, table, generation, cancellationToken), cancellationToken);

    /// <inheritdoc/>
    public ValueTask<int> LastGenerationAsync(TableId table, CancellationToken cancellationToken) =>
        OnCatalogAsync(channel => _store.LastGenerationAsync(channel, table, cancellationToken), cancellationToken);

    /// <inheritdoc/>
    public async ValueTask CheckFitAsync(WriteRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        SqlChannel channel = await LoadsAsync(cancellationToken).ConfigureAwait(false);
        IReadOnlySet<string> there = await _store.Reader.SystemTablesAsync(channel, cancellationToken).ConfigureAwait(false);
        if (!there.Contains(SystemTables.TablesName) || !there.Contains(SystemTables.CheckpointsName))
        {
            return;
        }

        // What fits without its key is to be looked at again with it.
        var fit = new WriteFit(_store.Dialect, _store.Reader);
        foreach (TableWrite table in request.Tables)
        {
            await _store.Claims.CheckAsync(channel, request.TaskKey, table, cancellationToken).ConfigureAwait(false);
            await fit.CheckAsync(channel, _store.Names.Resolve(table.Schema.Table), table, request.Generation, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    public async ValueTask PrepareAsync(WriteRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        SqlChannel channel = await LoadsAsync(cancellationToken).ConfigureAwait(false);
        if (!_isReady)
        {
            await _store.EnsureSystemTablesAsync(channel, cancellationToken).ConfigureAwait(false);
            _isReady = true;
        }

        foreach (TableWrite table in request.Tables)
        {
            await _store.Claims.CheckAsync(channel, request.TaskKey, table, cancellationToken).ConfigureAwait(false);
            await _store.PrepareInTransactionAsync(channel, table, request.Generation, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<Checkpoint>> CommittedAsync(string taskKey, CancellationToken cancellationToken) => OnCatalogAsync(
        async channel => (await _store.Reader.SystemTablesAsync(channel, cancellationToken).ConfigureAwait(false)).Contains(SystemTables.CheckpointsName)
            ? await _store.Checkpoints.ReadAsync(channel, taskKey, false, cancellationToken).ConfigureAwait(false)
            : [],
        cancellationToken);

    /// <inheritdoc/>
    public async ValueTask ReplaceCheckpointsAsync(
        string taskKey, IReadOnlyList<Checkpoint> checkpoints, CancellationToken cancellationToken)
    {
        SqlChannel channel = await LoadsAsync(cancellationToken).ConfigureAwait(false);
        await _store.EnsureSystemTablesAsync(channel, cancellationToken).ConfigureAwait(false);
        await channel.InTransactionAsync(
            async () =>
            {
                await channel.LockAsync(SqlStore.LockName(taskKey), cancellationToken).ConfigureAwait(false);
                await channel.ExecuteAsync(_store.Checkpoints.Remove(taskKey), cancellationToken).ConfigureAwait(false);
                await _store.Checkpoints.WriteAsync(channel, checkpoints, _store.Time.GetUtcNow(), cancellationToken).ConfigureAwait(false);
            },
            cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async ValueTask<IWriteSession> BeginAsync(WriteRequest request, LoadId load, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        return new SqlWriteSession(_store, await LoadsAsync(cancellationToken).ConfigureAwait(false), request, load);
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<QuarantinedRow>> ListAsync(string? taskKey, int limit, CancellationToken cancellationToken) =>
        QuarantinedAsync(channel => _store.Quarantine.ListAsync(channel, taskKey, limit, cancellationToken), cancellationToken);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<QuarantinedRow>> FindAsync(string taskKey, IReadOnlyList<long> ids, CancellationToken cancellationToken) =>
        QuarantinedAsync(channel => _store.Quarantine.FindAsync(channel, taskKey, ids, cancellationToken), cancellationToken);

    /// <inheritdoc/>
    public async ValueTask SetReasonAsync(long id, ErrorCode code, string reason, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(code);
        SqlChannel channel = await LoadsAsync(cancellationToken).ConfigureAwait(false);
        await channel.ExecuteAsync(_store.Quarantine.SetReason(id, code, reason), cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async ValueTask<long> RemoveAsync(QuarantineChoice choice, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(choice);
        SqlChannel channel = await LoadsAsync(cancellationToken).ConfigureAwait(false);
        bool isThere = (await _store.Reader.SystemTablesAsync(channel, cancellationToken).ConfigureAwait(false)).Contains(SystemTables.QuarantineName);
        return isThere && choice.Ids is not { Count: 0 } ? await _store.Quarantine.RemoveAsync(channel, choice, cancellationToken).ConfigureAwait(false) : 0;
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<TableOrigin>> OriginsAsync(TableId table, CancellationToken cancellationToken) => OnCatalogAsync(
        channel => OriginReader.ReadAsync(channel, _store.Dialect, _store.Names.Resolve(table), cancellationToken), cancellationToken);

    /// <inheritdoc/>
    public ValueTask<RowTrace?> TraceAsync(TableId table, IReadOnlyList<RowKeyPart> key, int limit, CancellationToken cancellationToken) => OnCatalogAsync(
        channel => new RowTracer(_store, channel).ReadAsync(table, key, limit, cancellationToken), cancellationToken);

    /// <inheritdoc/>
    public virtual async ValueTask DisposeAsync()
    {
        if (_loads is not null)
        {
            await _loads.DisposeAsync().ConfigureAwait(false);
        }

        if (_catalog is not null)
        {
            await _catalog.DisposeAsync().ConfigureAwait(false);
        }

        _catalogTurn.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>Opens a connection, its session settings made.</summary>
    protected abstract ValueTask<SqlChannel> OpenAsync(CancellationToken cancellationToken);

    private async ValueTask<TargetTable?> DescribeAsync(SqlChannel channel, TableId table, int? generation, CancellationToken cancellationToken)
    {
        TableId resolved = _store.Names.Resolve(table);
        StoredTable? stored = generation is { } filled
            ? await _store.FilledAsync(channel, resolved, filled, cancellationToken).ConfigureAwait(false)
            : await _store.Reader.ReadAsync(channel, resolved, cancellationToken).ConfigureAwait(false);
        if (stored is null)
        {
            return null;
        }

        IReadOnlyList<SqlRow> first = await channel.QueryAsync(
            _store.Dialect.AnyRow(stored.Id), cancellationToken).ConfigureAwait(false);
        IReadOnlyList<string> tasks = await _store.Claims.TasksAsync(channel, resolved, cancellationToken).ConfigureAwait(false);
        return stored.ToTarget(table, first.Count == 0) with { LoadedBy = [.. tasks] };
    }

    private ValueTask<IReadOnlyList<QuarantinedRow>> QuarantinedAsync(
        Func<SqlChannel, ValueTask<IReadOnlyList<QuarantinedRow>>> read, CancellationToken cancellationToken) => OnCatalogAsync(
        async channel => (await _store.Reader.SystemTablesAsync(channel, cancellationToken).ConfigureAwait(false)).Contains(SystemTables.QuarantineName)
            ? await read(channel).ConfigureAwait(false)
            : [],
        cancellationToken);

    private async ValueTask<SqlChannel> LoadsAsync(CancellationToken cancellationToken) =>
        _loads = await UsableAsync(_loads, cancellationToken).ConfigureAwait(false);

    // One caller at a time: the shaping stage describes tables while another stage writes.
    private async ValueTask<T> OnCatalogAsync<T>(Func<SqlChannel, ValueTask<T>> work, CancellationToken cancellationToken)
    {
        await _catalogTurn.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            _catalog = await UsableAsync(_catalog, cancellationToken).ConfigureAwait(false);
            return await work(_catalog).ConfigureAwait(false);
        }
        finally
        {
            _catalogTurn.Release();
        }
    }

    private async ValueTask<SqlChannel> UsableAsync(SqlChannel? channel, CancellationToken cancellationToken)
    {
        if (channel is { IsBroken: true })
        {
            await channel.DisposeAsync().ConfigureAwait(false);
            channel = null;
        }

        return channel ?? await OpenAsync(cancellationToken).ConfigureAwait(false);
    }
}
