using Microsoft.Data.Sqlite;
using Millrace.Core.Errors;
using Millrace.Sqlite;

namespace Millrace.UnitTests.Sqlite;

public sealed class SqliteDatabaseTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("millrace-sqlite-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Theory]
    [InlineData(SqliteSynchronous.Normal, 1)]
    [InlineData(SqliteSynchronous.Full, 2)]
    public void A_new_file_is_opened_with_the_house_settings(SqliteSynchronous synchronous, long expected)
    {
        using SqliteConnection connection =
            SqliteDatabase.Open(Path.Combine(_folder.FullName, "new", "catalog.db"), synchronous, TimeSpan.FromSeconds(3));

        Scalar(connection, "PRAGMA journal_mode").ShouldBe("wal");
        Scalar(connection, "PRAGMA synchronous").ShouldBe(expected);
        Scalar(connection, "PRAGMA foreign_keys").ShouldBe(1L);
        Scalar(connection, "PRAGMA busy_timeout").ShouldBe(3000L);
    }

    [Fact]
    public void What_was_committed_is_there_after_reopening_and_what_was_not_is_gone()
    {
        string path = Path.Combine(_folder.FullName, "data.db");
        using (SqliteConnection connection = SqliteDatabase.Open(path))
        {
            SqliteDatabase.Execute(connection, "CREATE TABLE t (k INTEGER PRIMARY KEY, v BLOB)");
            SqliteDatabase.Execute(connection, "INSERT INTO t VALUES (1, x'00ff')");
            using SqliteTransaction transaction = connection.BeginTransaction();
            SqliteDatabase.Execute(connection, "INSERT INTO t VALUES (2, NULL)");
        }

        using SqliteConnection reopened = SqliteDatabase.Open(path, readOnly: true);
        Scalar(reopened, "SELECT count(*) FROM t").ShouldBe(1L);
        Scalar(reopened, "SELECT v FROM t WHERE k = 1").ShouldBe(new byte[] { 0x00, 0xff });
    }

    [Fact]
    public void A_file_that_is_no_database_is_a_coded_error()
    {
        string path = Path.Combine(_folder.FullName, "text.db");
        File.WriteAllText(path, string.Concat(Enumerable.Repeat("this is no database. ", 100)));

        MillraceException error = Should.Throw<MillraceException>(() => SqliteDatabase.Open(path));

        error.Code.ShouldBe(ErrorCodes.FileUnavailable);
        error.Message.ShouldContain(path);
        error.IsTransient.ShouldBeFalse();
    }

    private static object? Scalar(SqliteConnection connection, string sql)
    {
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = sql;
        return command.ExecuteScalar();
    }
}
