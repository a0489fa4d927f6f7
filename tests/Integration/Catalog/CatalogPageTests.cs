using Millrace.Catalog.Stores;

namespace Millrace.IntegrationTests.Catalog;

/// <summary>docs/catalog.md tells of every table and view; the diagram of them is made by <c>millrace docs</c>.</summary>
public sealed class CatalogPageTests
{
    [Fact]
    public void Every_table_and_view_is_told_of()
    {
        string page = File.ReadAllText(Path.Combine(Root(), "docs", "catalog.md"));
        CatalogSchema schema = CatalogSchema.Read();

        schema.Tables.Length.ShouldBeGreaterThan(20);
        schema.Views.Length.ShouldBeGreaterThan(5);
        foreach (string name in schema.Tables.Select(t => t.Name).Concat(schema.Views.Select(v => v.Name)))
        {
            page.ShouldContain($"`{name}`");
        }
    }

    [Fact]
    public async Task The_tables_are_those_that_a_catalog_has()
    {
        await using CatalogPlace place = CatalogPlaces.Sqlite();
        await (await place.OpenAsync()).DisposeAsync();
        CatalogSchema schema = CatalogSchema.Read();

        (await place.TextsAsync("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%' AND name <> 'schema_migrations' ORDER BY 1"))
            .ShouldBe(schema.Tables.Select(t => t.Name).Order(StringComparer.Ordinal));
        (await place.TextsAsync("SELECT name FROM sqlite_schema WHERE type = 'view' ORDER BY 1")).ShouldBe(schema.Views.Select(v => v.Name).Order(StringComparer.Ordinal));
        foreach (CatalogTable table in schema.Tables)
        {
            (await place.TextsAsync($"SELECT name FROM pragma_table_info('{table.Name}')")).ShouldBe(table.Columns.Select(c => c.Name));
        }
    }

    private static string Root()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Millrace.slnx")))
        {
            folder = folder.Parent;
        }

        return folder.ShouldNotBeNull().FullName;
    }
}
