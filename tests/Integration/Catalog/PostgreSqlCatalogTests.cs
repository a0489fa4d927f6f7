using Millrace.Testing.Servers;

namespace Millrace.IntegrationTests.Catalog;

public sealed class PostgreSqlCatalogTests(PostgreSqlFixture fixture) : CatalogConformance
{
    protected override async Task<CatalogPlace> CreateAsync() => CatalogPlaces.PostgreSql(await fixture.CreateDatabaseAsync());
}
