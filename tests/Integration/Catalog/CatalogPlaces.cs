using Millrace.Catalog.Stores.PostgreSql;
using Millrace.Catalog.Stores.Relational;
using Millrace.Catalog.Stores.Sqlite;

namespace Millrace.IntegrationTests.Catalog;

/// <summary>The stores that every test of the catalog runs on.</summary>
internal static class CatalogPlaces
{
    public static CatalogPlace Sqlite()
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("millrace-catalog-");
        string file = Path.Combine(folder.FullName, "catalog.db");
        return new(new SqliteDialect(file), $"sqlite|{file}", () => folder.Delete(recursive: true));
    }

    /// <param name="database">A connection string to an empty database.</param>
    public static CatalogPlace PostgreSql(string database) => new(new PostgreSqlDialect(database, "metadata"), $"postgresql|{database}", () => { });

    /// <summary>Lists what a catalog's schema is made of, a line a thing, sorted.</summary>
    public static string SchemaQuery(string engine) => engine switch
    {
        "sqlite" => "SELECT type || ' ' || name || ' ' || coalesce(sql, '') FROM sqlite_schema ORDER BY 1",
        "postgresql" => """
            SELECT line
            FROM (
                SELECT concat_ws(' ', 'column', table_name, column_name, data_type, is_nullable, column_default, is_identity, collation_name) AS line
                FROM information_schema.columns WHERE table_schema = 'metadata'
                UNION ALL SELECT 'index ' || indexdef FROM pg_indexes WHERE schemaname = 'metadata'
                UNION ALL SELECT concat_ws(' ', 'constraint', conrelid::regclass, conname, pg_get_constraintdef(oid))
                FROM pg_constraint WHERE connamespace = 'metadata'::regnamespace
            ) AS schema
            ORDER BY line COLLATE "C"
            """,
        _ => throw new ArgumentException(engine, nameof(engine)),
    };

    /// <summary>The engine of an address, for a process of its own.</summary>
    public static CatalogDialect Open(string address) => address.Split('|') switch
    {
        ["sqlite", { } file] => new SqliteDialect(file),
        ["postgresql", { } database] => new PostgreSqlDialect(database, "metadata"),
        _ => throw new ArgumentException(address, nameof(address)),
    };
}
