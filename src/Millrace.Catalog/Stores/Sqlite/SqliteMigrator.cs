using System.Collections.Immutable;
using System.Globalization;
using System.Reflection;
using System.Security.Cryptography;
using System.Text;
using Millrace.Core.Errors;

namespace Millrace.Catalog.Stores.Sqlite;

/// <summary>One step of the catalog's schema.</summary>
/// <param name="Version">Its number, from 1, without gaps.</param>
/// <param name="Name">The file's name without number and ending.</param>
/// <param name="Sql">Its statements.</param>
internal sealed record Migration(int Version, string Name, string Sql)
{
    /// <summary>SHA-256 of the text with LF line ends, so that a checkout on Windows has the same.</summary>
    public string Checksum =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Sql.Replace("\r\n", "\n", StringComparison.Ordinal))));
}

/// <summary>
/// Brings a catalog to this version's schema: missing migrations run in one transaction under the write lock, so that of several processes one
/// does it; applied ones are compared by checksum.
/// </summary>
internal static class SqliteMigrator
{
    /// <summary>The migrations of this version, in order.</summary>
    public static ImmutableArray<Migration> All { get; } = Load();

    public static void Migrate(SqliteSession session, ReadOnlySpan<Migration> migrations)
    {
        session.Execute(
            """
            CREATE TABLE IF NOT EXISTS schema_migrations (
                version    INTEGER PRIMARY KEY,
                name       TEXT NOT NULL,
                checksum   TEXT NOT NULL,
                applied_at TEXT NOT NULL
            ) STRICT
            """);
        var applied = session.Query(
            "SELECT version, name, checksum FROM schema_migrations ORDER BY version",
            row => (Version: row.GetInt32(0), Name: row.GetString(1), Checksum: row.GetString(2)));
        foreach ((int version, string name, string checksum) in applied)
        {
            Verify(version, name, checksum, migrations);
        }

        foreach (Migration migration in migrations[applied.Count..])
        {
            session.Execute(migration.Sql);
            session.Execute(
                """
                INSERT INTO schema_migrations (version, name, checksum, applied_at)
                VALUES (@version, @name, @checksum, @at)
                """,
                ("@version", migration.Version), ("@name", migration.Name), ("@checksum", migration.Checksum),
                ("@at", SqliteSession.Text(session.Now)));
        }
    }

    private static void Verify(int version, string name, string checksum, ReadOnlySpan<Migration> migrations)
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

    private static ImmutableArray<Migration> Load()
    {
        const string Folder = ".Stores.Sqlite.Migrations.";
        Assembly assembly = typeof(SqliteMigrator).Assembly;
        var migrations = assembly.GetManifestResourceNames()
            .Where(name => name.Contains(Folder, StringComparison.Ordinal))
            .Select(name => Read(assembly, name, name[(name.IndexOf(Folder, StringComparison.Ordinal) + Folder.Length)..^".sql".Length]))
            .OrderBy(m => m.Version)
            .ToImmutableArray();
        return migrations.Select((m, i) => m.Version == i + 1).All(inOrder => inOrder)
            ? migrations
            : throw new InvalidOperationException("Migrations must be numbered from 0001 without gaps.");
    }

    private static Migration Read(Assembly assembly, string resource, string file)
    {
        using var reader = new StreamReader(assembly.GetManifestResourceStream(resource)!);
        return new(int.Parse(file[..4], CultureInfo.InvariantCulture), file[5..], reader.ReadToEnd());
    }
}
