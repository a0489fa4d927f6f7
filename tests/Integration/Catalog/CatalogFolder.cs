using Microsoft.Data.Sqlite;
using Millrace.Catalog.Stores.Sqlite;
using Millrace.Sqlite;

namespace Millrace.IntegrationTests.Catalog;

/// <summary>A folder of its own for a test's catalog, with ways to look into the file past the store.</summary>
public sealed class CatalogFolder : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("millrace-catalog-");

    public string Folder => _folder.FullName;

    public string File => Path.Combine(_folder.FullName, "catalog.db");

    public Task<SqliteCatalog> OpenAsync(TimeProvider? time = null) =>
        SqliteCatalog.OpenAsync(File, time ?? TimeProvider.System, CancellationToken.None);

    public void Execute(string sql)
    {
        using SqliteConnection connection = SqliteDatabase.Open(File);
        SqliteDatabase.Execute(connection, sql);
    }

    public long Count(string sql)
    {
        using SqliteConnection connection = SqliteDatabase.Open(File);
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = sql;
        return (long)command.ExecuteScalar()!;
    }

    public void Dispose() => _folder.Delete(recursive: true);
}
