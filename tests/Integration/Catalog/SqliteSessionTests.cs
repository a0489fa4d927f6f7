using Millrace.Catalog.Stores.Relational;
using Millrace.Catalog.Stores.Sqlite;
using Millrace.Core.Errors;

namespace Millrace.IntegrationTests.Catalog;

public sealed class SqliteSessionTests
{
    [Fact]
    public async Task A_write_without_room_is_told_as_such_and_leaves_the_catalog_usable()
    {
        using var folder = new CatalogFolder();
        await using var session = new CatalogSession(new SqliteDialect(folder.File), TimeProvider.System);
        CancellationToken none = TestContext.Current.CancellationToken;
        await session.WriteAsync(s => s.ExecuteScriptAsync("CREATE TABLE t (v BLOB); PRAGMA max_page_count = 20"), none);

        for (int attempt = 0; attempt < 3; attempt++)
        {
            MillraceException error = await Should.ThrowAsync<MillraceException>(async () => await session.WriteAsync(
                async s =>
                {
                    await s.ExecuteAsync("INSERT INTO t VALUES (zeroblob(10))");
                    await s.ExecuteAsync("INSERT INTO t VALUES (zeroblob(1000000))");
                },
                none));
            error.Code.ShouldBe(ErrorCodes.DiskFull);
            error.Fix.ShouldNotBeNull();
        }

        (await session.ReadAsync(s => s.NumberAsync("SELECT count(*) FROM t"), none)).ShouldBe(0);
        await session.WriteAsync(s => s.ExecuteScriptAsync("INSERT INTO t VALUES (zeroblob(10))"), none);
        (await session.ReadAsync(s => s.NumberAsync("SELECT count(*) FROM t"), none)).ShouldBe(1);
    }
}
