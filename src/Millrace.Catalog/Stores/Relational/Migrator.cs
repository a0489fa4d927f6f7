using System.Collections.Immutable;
using Millrace.Core.Errors;

namespace Millrace.Catalog.Stores.Relational;

/// <summary>
/// Brings a catalog to this version's schema: missing migrations run in one transaction under a lock, so that of several processes one does it;
/// applied ones are compared by checksum. A catalog that is up to date is only read.
/// </summary>
internal static class Migrator
{
    /// <summary>Which migrations of a catalog were applied: the highest number, 0 for none.</summary>
    /// <exception cref="MillraceException">MR1401: it is newer. MR1402: a migration was applied with another text.</exception>
    public static ValueTask<int> VersionAsync(CatalogSession session, ImmutableArray<Migration> migrations, CancellationToken cancellationToken) =>
        session.ReadAsync(transaction => VersionAsync(transaction, migrations), cancellationToken);

    /// <summary>Applies what is missing.</summary>
    /// <returns>The version before.</returns>
    /// <exception cref="MillraceException">MR1401: it is newer. MR1402: a migration was applied with another text. MR1403: one failed; none of them is applied.</exception>
    public static async ValueTask<int> MigrateAsync(
        CatalogSession session, ImmutableArray<Migration> migrations, CancellationToken cancellationToken)
    {
        int version = await VersionAsync(session, migrations, cancellationToken).ConfigureAwait(false);
        return version == migrations.Length
            ? version
            : await session.WriteAsync(transaction => ApplyAsync(transaction, migrations), cancellationToken, isRepeatable: true).ConfigureAwait(false);
    }

    private static async ValueTask<int> ApplyAsync(CatalogTransaction transaction, ImmutableArray<Migration> migrations)
    {
        await transaction.LockAsync("migrations").ConfigureAwait(false);
        await transaction.ExecuteScriptAsync(transaction.Dialect.CreateMigrationsTable).ConfigureAwait(false);
        int version = await VersionAsync(transaction, migrations).ConfigureAwait(false);
        List<Func<CatalogTransaction, ValueTask>> carried = [];
        foreach (Migration migration in migrations[version..])
        {
            if (migration.Carry is { } carry)
            {
                carried.Add(await carry(transaction).ConfigureAwait(false));
            }

            await transaction.ExecuteScriptAsync(migration.Sql).ConfigureAwait(false);
            await transaction.ExecuteAsync(
                """
                INSERT INTO metadata.schema_migrations (version, name, checksum, applied_at)
                VALUES (@version, @name, @checksum, @at)
                """,
                ("@version", migration.Version), ("@name", migration.Name), ("@checksum", migration.Checksum),
                ("@at", await transaction.NowAsync().ConfigureAwait(false))).ConfigureAwait(false);
        }

        foreach (Func<CatalogTransaction, ValueTask> write in carried)
        {
            await write(transaction).ConfigureAwait(false);
        }

        return version;
    }

    private static async ValueTask<int> VersionAsync(CatalogTransaction transaction, ImmutableArray<Migration> migrations)
    {
        if (await transaction.NumberAsync(transaction.Dialect.MigrationsTableCount).ConfigureAwait(false) == 0)
        {
            return 0;
        }

        var applied = await transaction.QueryAsync(
            "SELECT version, name, checksum FROM metadata.schema_migrations ORDER BY version",
            row => (Version: row.Int(0), Name: row.Text(1), Checksum: row.Text(2))).ConfigureAwait(false);
        foreach ((int version, string name, string checksum) in applied)
        {
            Verify(version, name, checksum, migrations);
        }

        return applied.Count;
    }

    private static void Verify(int version, string name, string checksum, ImmutableArray<Migration> migrations)
    {
        if (version > migrations.Length)
        {
            throw new MillraceException(ErrorCodes.CatalogTooNew,
                $"The catalog has migration {version} ({name}); this version of Millrace knows {migrations.Length}.", "Use the newer version.");
        }

        if (migrations[version - 1].Checksum != checksum)
        {
            throw new MillraceException(ErrorCodes.CatalogDiverged,
                $"Migration {version} ({name}) was applied with another text than this version has.",
                "Use the version that made the catalog, or start a new one: definitions come back by 'millrace apply', checkpoints stand beside the data.");
        }
    }
}
