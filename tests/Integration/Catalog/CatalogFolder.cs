using Millrace.Catalog;

namespace Millrace.IntegrationTests.Catalog;

/// <summary>A folder of its own for a test's catalog in a file.</summary>
public sealed class CatalogFolder : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("millrace-catalog-");

    public string Folder => _folder.FullName;

    public string File => Path.Combine(_folder.FullName, "catalog.db");

    public Task<ICatalog> OpenAsync(TimeProvider? time = null) =>
        Millrace.Catalog.Stores.CatalogStore.Sqlite(File, time ?? TimeProvider.System).OpenAsync(CancellationToken.None);

    public void Dispose() => _folder.Delete(recursive: true);
}
