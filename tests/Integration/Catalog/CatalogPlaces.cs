using Millrace.Catalog.Stores.PostgreSql;
using Millrace.Catalog.Stores.Relational;
using Millrace.Catalog.Stores.Sqlite;
using Millrace.Catalog.Stores.SqlServer;
using Millrace.Testing.SqlServer;

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

    /// <summary>On the SQL Server that <see cref="SqlServerDatabase.Variable"/> names; skips the test where it names none.</summary>
    public static async Task<CatalogPlace> SqlServerAsync()
    {
        SqlServerDatabase database = await SqlServerDatabase.CreateAsync(TestContext.Current.CancellationToken);
        return new(
            new SqlServerDialect(database.ConnectionString, "metadata"),
            $"sqlserver|{database.ConnectionString}",
            () => database.DisposeAsync().AsTask().Wait());
    }

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
        "sqlserver" => """
            SELECT line
            FROM (
                SELECT concat('column ', table_name, ' ', column_name, ' ', data_type, ' ', character_maximum_length, ' ', is_nullable, ' ', collation_name) AS line
                FROM information_schema.columns WHERE table_schema = 'metadata'
                UNION ALL
                SELECT concat('index ', object_name(i.object_id), ' ', CASE WHEN i.is_primary_key = 1 THEN 'key' ELSE i.name END, ' ', c.name, ' ', k.key_ordinal, ' ', i.filter_definition)
                FROM sys.indexes i
                JOIN sys.index_columns k ON k.object_id = i.object_id AND k.index_id = i.index_id
                JOIN sys.columns c ON c.object_id = k.object_id AND c.column_id = k.column_id
                WHERE schema_name((SELECT t.schema_id FROM sys.tables t WHERE t.object_id = i.object_id)) = 'metadata'
                UNION ALL
                SELECT concat('check ', object_name(parent_object_id), ' ', definition) FROM sys.check_constraints WHERE schema_name(schema_id) = 'metadata'
            ) AS described
            ORDER BY line
            """,
        _ => throw new ArgumentException(engine, nameof(engine)),
    };

    /// <summary>The engine of an address, for a process of its own.</summary>
    public static CatalogDialect Open(string address) => address.Split('|') switch
    {
        ["sqlite", { } file] => new SqliteDialect(file),
        ["sqlserver", { } database] => new SqlServerDialect(database, "metadata"),
        ["postgresql", { } database] => new PostgreSqlDialect(database, "metadata"),
        _ => throw new ArgumentException(address, nameof(address)),
    };
}
