using Microsoft.Data.Sqlite;
using Millrace.Catalog.Stores.Sqlite;
using Millrace.Core.Errors;
using Millrace.Sqlite;

namespace Millrace.IntegrationTests.Catalog;

public sealed class SqliteSessionTests
{
    [Fact]
    public async Task A_write_without_room_is_told_as_such_and_leaves_the_catalog_usable()
    {
        using var folder = new CatalogFolder();
        SqliteConnection connection = SqliteDatabase.Open(folder.File);
        using var session = new SqliteSession(connection, TimeProvider.System);
        CancellationToken none = TestContext.Current.CancellationToken;
        await session.WriteAsync(s => { s.Execute("CREATE TABLE t (v BLOB)"); }, none);
        SqliteDatabase.Execute(connection, "PRAGMA max_page_count = 20");

        for (int attempt = 0; attempt < 3; attempt++)
        {
            MillraceException error = await Should.ThrowAsync<MillraceException>(async () => await session.WriteAsync(
                s =>
                {
                    s.Execute("INSERT INTO t VALUES (zeroblob(10))");
                    s.Execute("INSERT INTO t VALUES (zeroblob(1000000))");
                },
                none));
            error.Code.ShouldBe(ErrorCodes.DiskFull);
            error.Fix.ShouldNotBeNull();
        }

        (await session.ReadAsync(s => s.Number("SELECT count(*) FROM t"), none)).ShouldBe(0);
        await session.WriteAsync(s => { s.Execute("INSERT INTO t VALUES (zeroblob(10))"); }, none);
        (await session.ReadAsync(s => s.Number("SELECT count(*) FROM t"), none)).ShouldBe(1);
    }
}
