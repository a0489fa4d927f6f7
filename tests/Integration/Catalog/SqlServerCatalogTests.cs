namespace Millrace.IntegrationTests.Catalog;

/// <summary>
/// The same conformance class on the server that <c>MILLRACE_TEST_SQLSERVER</c> names by a connection string, whose user may create databases.
/// Without it, nothing here runs and the tests say so: <see cref="SqlServerStatementTests"/> is then all that speaks for SQL Server.
/// </summary>
public sealed class SqlServerCatalogTests : CatalogConformance
{
    protected override Task<CatalogPlace> CreateAsync() => CatalogPlaces.SqlServerAsync();
}
