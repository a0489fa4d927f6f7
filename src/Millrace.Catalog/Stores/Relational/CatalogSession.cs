using System.Data;
using System.Data.Common;
using System.Diagnostics;

namespace Millrace.Catalog.Stores.Relational;

/// <summary>
/// One connection to a catalog, one user at a time. A connection that was lost is made anew, and what was under way is done again where it
/// certainly was not committed, or may be repeated.
/// </summary>
/// <param name="dialect">The engine.</param>
/// <param name="clock">The clock; null for the engine's own.</param>
internal sealed class CatalogSession(CatalogDialect dialect, TimeProvider? clock) : IAsyncDisposable
{
    private const int MostConflicts = 5;
    private const int MostLosses = 3;
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(2);
    private readonly SemaphoreSlim _gate = new(1, 1);
    private DbConnection? _connection;
    private bool _wasConnected;
    private bool _patienceIsSpent;

    /// <summary>The engine.</summary>
    public CatalogDialect Dialect => dialect;

    /// <summary>
    /// How long a catalog that was there is waited for when it is gone. Once that was in vain, each call asks but once until the catalog is back.
    /// </summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Runs on a consistent view.</summary>
    public ValueTask<T> ReadAsync<T>(Func<CatalogTransaction, ValueTask<T>> work, CancellationToken cancellationToken) =>
        RunAsync(work, writes: false, isRepeatable: true, cancellationToken);

    /// <summary>Runs in a transaction that may write.</summary>
    /// <param name="work">The statements; run again from the beginning where the engine rolled them back.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <param name="isRepeatable">True where doing it twice is as good as once, or <see cref="CatalogTransaction.IsRepeated"/> is heeded.</param>
    public ValueTask<T> WriteAsync<T>(
        Func<CatalogTransaction, ValueTask<T>> work, CancellationToken cancellationToken, bool isRepeatable = false) =>
        RunAsync(work, writes: true, isRepeatable, cancellationToken);

    /// <summary>Runs in a transaction that may write.</summary>
    /// <param name="work">The statements; run again from the beginning where the engine rolled them back.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <param name="isRepeatable">True where doing it twice is as good as once, or <see cref="CatalogTransaction.IsRepeated"/> is heeded.</param>
    public async ValueTask WriteAsync(
        Func<CatalogTransaction, ValueTask> work, CancellationToken cancellationToken, bool isRepeatable = false) =>
        await RunAsync(
            async transaction =>
            {
                await work(transaction).ConfigureAwait(false);
                return true;
            },
            writes: true,
            isRepeatable,
            cancellationToken).ConfigureAwait(false);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await DisconnectAsync().ConfigureAwait(false);
        _gate.Dispose();
    }

    private async ValueTask<T> RunAsync<T>(
        Func<CatalogTransaction, ValueTask<T>> work, bool writes, bool isRepeatable, CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            var attempt = new Attempt();
            while (true)
            {
                try
                {
                    T result = await TryAsync(work, writes, attempt, cancellationToken).ConfigureAwait(false);
                    _patienceIsSpent = false;
                    return result;
                }
                catch (Exception exception) when (dialect.Read(exception, attempt.Stage == Stage.Connecting) is { } failure)
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    if (!MayTryAgain(failure, attempt, isRepeatable))
                    {
                        throw failure.Error;
                    }

                    await PrepareAsync(failure, attempt, cancellationToken).ConfigureAwait(false);
                }
            }
        }
        finally
        {
            _gate.Release();
        }
    }

    private async ValueTask<T> TryAsync<T>(
        Func<CatalogTransaction, ValueTask<T>> work, bool writes, Attempt attempt, CancellationToken cancellationToken)
    {
        attempt.Stage = Stage.Connecting;
        DbConnection connection = await ConnectedAsync(cancellationToken).ConfigureAwait(false);
        attempt.Stage = Stage.Working;
        bool isOver = false;
        try
        {
            await ExecuteAsync(connection, dialect.Begin(writes), cancellationToken).ConfigureAwait(false);
            var transaction = new CatalogTransaction(connection, dialect, clock, cancellationToken) { IsRepeated = attempt.MayBeCommitted };
            T result = await work(transaction).ConfigureAwait(false);

            // Not cancelled: a commit that is broken off is neither here nor there.
            attempt.Stage = Stage.Committing;
            await ExecuteAsync(connection, "COMMIT", CancellationToken.None).ConfigureAwait(false);
            isOver = true;
            return result;
        }
        finally
        {
            if (!isOver)
            {
                await dialect.RollBackAsync(connection).ConfigureAwait(false);
            }
        }
    }

    private bool MayTryAgain(CatalogFailure failure, Attempt attempt, bool isRepeatable) => failure.Kind switch
    {
        CatalogFailureKind.Conflict => ++attempt.Conflicts < MostConflicts,
        CatalogFailureKind.Disconnected when !_wasConnected => false,
        CatalogFailureKind.Disconnected when attempt.Stage == Stage.Committing && !isRepeatable => false,

        // A connection that died while nobody used it says nothing of the server: that is asked once, at least.
        CatalogFailureKind.Disconnected when attempt.Stage != Stage.Connecting => ++attempt.Losses < MostLosses,
        CatalogFailureKind.Disconnected => !(_patienceIsSpent |= Stopwatch.GetElapsedTime(attempt.Began) >= Patience),
        _ => false,
    };

    private async ValueTask PrepareAsync(CatalogFailure failure, Attempt attempt, CancellationToken cancellationToken)
    {
        attempt.MayBeCommitted |= attempt.Stage == Stage.Committing;
        if (failure.Kind == CatalogFailureKind.Disconnected)
        {
            await DisconnectAsync().ConfigureAwait(false);
        }

        if (failure.Kind == CatalogFailureKind.Conflict || attempt.Stage == Stage.Connecting)
        {
            await Task.Delay(attempt.Pause, cancellationToken).ConfigureAwait(false);
            attempt.Pause = attempt.Pause * 2 < LongestPause ? attempt.Pause * 2 : LongestPause;
        }
    }

    private async ValueTask<DbConnection> ConnectedAsync(CancellationToken cancellationToken)
    {
        if (_connection is { State: not ConnectionState.Open })
        {
            await DisconnectAsync().ConfigureAwait(false);
        }

        _connection ??= await dialect.ConnectAsync(cancellationToken).ConfigureAwait(false);
        _wasConnected = true;
        return _connection;
    }

    private async ValueTask DisconnectAsync()
    {
        DbConnection? connection = _connection;
        _connection = null;
        if (connection is not null)
        {
            await connection.DisposeAsync().ConfigureAwait(false);
        }
    }

    private static async ValueTask ExecuteAsync(DbConnection connection, string sql, CancellationToken cancellationToken)
    {
        DbCommand command = connection.CreateCommand();
        await using (command.ConfigureAwait(false))
        {
#pragma warning disable CA2100 // Constants of the dialects.
            command.CommandText = sql;
#pragma warning restore CA2100
            await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    private enum Stage
    {
        Connecting,
        Working,
        Committing,
    }

    private sealed class Attempt
    {
        public long Began { get; } = Stopwatch.GetTimestamp();

        public Stage Stage { get; set; }

        public int Conflicts { get; set; }

        public int Losses { get; set; }

        public bool MayBeCommitted { get; set; }

        public TimeSpan Pause { get; set; } = TimeSpan.FromMilliseconds(50);
    }
}
