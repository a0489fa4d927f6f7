using System.Collections.Immutable;
using Millrace.Catalog.Stores.PostgreSql;
using Millrace.Catalog.Stores.Relational;
using Millrace.Catalog.Stores.Sqlite;
using Millrace.Catalog.Stores.SqlServer;

namespace Millrace.Catalog.Stores;

/// <summary>A place that holds a catalog, or may.</summary>
/// <remarks>
/// Every member fails coded: MR1401 where the catalog is newer than this version, MR1402 where one of its migrations is not the one that this
/// version has, MR1403 where a statement is refused, MR1004 and MR1005 for files, MR1201 to MR1205 for servers.
/// </remarks>
public sealed class CatalogStore
{
    // With the version that they are there from.
    private static readonly (string Table, int Since)[] Counted =
    [
        ("data_sources", 3), ("connections", 1), ("jobs", 1), ("tasks", 1), ("scripts", 3), ("runs", 1), ("task_runs", 1), ("log_lines", 1),
        ("checkpoints", 1), ("leases", 1), ("definition_versions", 1),
    ];

    private readonly CatalogDialect _dialect;
    private readonly TimeProvider? _clock;
    private readonly ImmutableArray<Migration> _migrations;

    internal CatalogStore(CatalogDialect dialect, TimeProvider? clock, ImmutableArray<Migration>? migrations = null)
    {
        _dialect = dialect;
        _clock = clock;
        _migrations = migrations ?? dialect.Migrations;
    }

    /// <summary>A SQLite file. Several processes on one machine may work on it.</summary>
    /// <param name="path">The file.</param>
    /// <param name="time">The clock.</param>
    public static CatalogStore Sqlite(string path, TimeProvider time) => new(new SqliteDialect(path), time);

    /// <summary>A schema of a PostgreSQL database. Workers on any number of hosts may share it; its clock is the one that counts.</summary>
    /// <param name="connectionString">Where the server is and who connects, secrets in place.</param>
    /// <param name="schema">The schema; created where it is missing.</param>
    public static CatalogStore PostgreSql(string connectionString, string schema) => new(new PostgreSqlDialect(connectionString, schema), null);

    /// <summary>A schema of a SQL Server database. Workers on any number of hosts may share it; its clock is the one that counts.</summary>
    /// <param name="connectionString">Where the server is and who connects, secrets in place.</param>
    /// <param name="schema">The schema; created where it is missing.</param>
    public static CatalogStore SqlServer(string connectionString, string schema) => new(new SqlServerDialect(connectionString, schema), null);

    /// <summary>Opens the catalog, creates it where it is missing and brings its schema up to date.</summary>
    public Task<ICatalog> OpenAsync(CancellationToken cancellationToken) =>
        RelationalCatalog.OpenAsync(_dialect, _clock, _migrations, cancellationToken);

    /// <summary>Opens the catalog for one who only looks: where there is none, an empty one that leaves nothing behind.</summary>
    public async Task<ICatalog> OpenToReadAsync(CancellationToken cancellationToken)
    {
        bool exists = !_dialect.IsAbsent && (!_dialect.IsServer || await VersionAsync(cancellationToken).ConfigureAwait(false) > 0);
        return exists
            ? await OpenAsync(cancellationToken).ConfigureAwait(false)
            : await new CatalogStore(SqliteDialect.Empty, _clock ?? TimeProvider.System).OpenAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>How the catalog stands. Makes and changes nothing.</summary>
    public async Task<CatalogStatus> StatusAsync(CancellationToken cancellationToken)
    {
        if (_dialect.IsAbsent)
        {
            return new(_dialect.Engine, _dialect.Location, 0, _migrations.Length, 0, []);
        }

        var session = new CatalogSession(_dialect, _clock);
        await using (session.ConfigureAwait(false))
        {
            int version = await Migrator.VersionAsync(session, _migrations, cancellationToken).ConfigureAwait(false);
            return await session.ReadAsync(
                async transaction => new CatalogStatus(
                    _dialect.Engine,
                    _dialect.Location,
                    version,
                    _migrations.Length,
                    await transaction.NumberAsync(_dialect.SizeQuery).ConfigureAwait(false),
                    await CountAsync(transaction, version).ConfigureAwait(false)),
                cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Brings the catalog's schema up to date, or says what is missing.</summary>
    /// <param name="isDryRun">True to change nothing.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public async Task<CatalogMigration> MigrateAsync(bool isDryRun, CancellationToken cancellationToken)
    {
        int from = isDryRun
            ? await VersionAsync(cancellationToken).ConfigureAwait(false)
            : await ApplyAsync(cancellationToken).ConfigureAwait(false);
        return new(_dialect.Location, from, _migrations.Length, [.. _migrations[from..].Select(m => (m.Version, m.Name))]);
    }

    private static async ValueTask<ImmutableArray<(string Table, long Rows)>> CountAsync(CatalogTransaction transaction, int version)
    {
        var counts = ImmutableArray.CreateBuilder<(string, long)>(Counted.Length);
        foreach ((string table, _) in Counted.Where(t => t.Since <= version))
        {
            counts.Add((table, await transaction.NumberAsync($"SELECT count(*) FROM metadata.{table}").ConfigureAwait(false)));
        }

        return counts.ToImmutable();
    }

    private async Task<int> VersionAsync(CancellationToken cancellationToken)
    {
        if (_dialect.IsAbsent)
        {
            return 0;
        }

        var session = new CatalogSession(_dialect, _clock);
        await using (session.ConfigureAwait(false))
        {
            return await Migrator.VersionAsync(session, _migrations, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task<int> ApplyAsync(CancellationToken cancellationToken)
    {
        var session = new CatalogSession(_dialect, _clock);
        await using (session.ConfigureAwait(false))
        {
            return await Migrator.MigrateAsync(session, _migrations, cancellationToken).ConfigureAwait(false);
        }
    }
}
