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

    /// <summary>Lists what a catalog's schema is made of, a line a thing, sorted.</summary>
    public static string SchemaQuery(string engine) => engine switch
    {
        "sqlite" => "SELECT type || ' ' || name || ' ' || coalesce(sql, '') FROM sqlite_schema ORDER BY 1",
        _ => throw new ArgumentException(engine, nameof(engine)),
    };

    /// <summary>The engine of an address, for a process of its own.</summary>
    public static CatalogDialect Open(string address) => address.Split('|') switch
    {
        ["sqlite", { } file] => new SqliteDialect(file),
        _ => throw new ArgumentException(address, nameof(address)),
    };
}
