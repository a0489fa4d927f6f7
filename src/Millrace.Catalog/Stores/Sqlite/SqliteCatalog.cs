using Millrace.Catalog.Checkpoints;
using Millrace.Catalog.Jobs;
using Millrace.Catalog.Leases;
using Millrace.Catalog.Logs;
using Millrace.Catalog.Runs;
using Millrace.Sqlite;

namespace Millrace.Catalog.Stores.Sqlite;

/// <summary>The catalog in a SQLite file: the embedded default. Several processes on one machine may work on it.</summary>
public sealed class SqliteCatalog : ICatalog
{
    private readonly SqliteSession _session;

    private SqliteCatalog(SqliteSession session)
    {
        _session = session;
        Definitions = new SqliteDefinitionStore(session);
        Runs = new SqliteRunStore(session);
        Logs = new SqliteLogStore(session);
        Checkpoints = new SqliteCheckpointMirror(session);
        Leases = new SqliteLeaseStore(session);
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
    public ILeaseStore Leases { get; }

    /// <summary>Opens a catalog, creates it where it is missing and brings its schema up to date.</summary>
    /// <param name="path">The file.</param>
    /// <param name="time">The clock.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="Core.Errors.MillraceException">MR1004, MR1401, MR1402, MR1403.</exception>
    public static Task<SqliteCatalog> OpenAsync(string path, TimeProvider time, CancellationToken cancellationToken) =>
        OpenAsync(path, time, [.. SqliteMigrator.All], cancellationToken);

    /// <summary>An empty catalog in memory: what one that nobody has made yet would say.</summary>
    /// <param name="time">The clock.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public static Task<SqliteCatalog> OpenEmptyAsync(TimeProvider time, CancellationToken cancellationToken) =>
        OpenAsync(":memory:", time, cancellationToken);

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        _session.Dispose();
        return ValueTask.CompletedTask;
    }

    internal static async Task<SqliteCatalog> OpenAsync(
        string path, TimeProvider time, Migration[] migrations, CancellationToken cancellationToken)
    {
        var session = new SqliteSession(SqliteDatabase.Open(path), time);
        try
        {
            await session.WriteAsync(s => SqliteMigrator.Migrate(s, migrations), cancellationToken).ConfigureAwait(false);
            return new(session);
        }
        catch
        {
            session.Dispose();
            throw;
        }
    }
}
