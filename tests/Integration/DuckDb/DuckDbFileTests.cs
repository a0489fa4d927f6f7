using System.Diagnostics;
using Millrace.Connectors.DuckDb;
using Millrace.Connectors.DuckDb.Native;
using Millrace.Core.Config;
using Millrace.Core.Contracts;
using Millrace.Core.Errors;

namespace Millrace.IntegrationTests.DuckDb;

public sealed class DuckDbFileTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("millrace-duckdb-");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string FilePath => Path.Combine(_folder.FullName, "data.duckdb");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task Two_users_in_one_process_share_one_instance()
    {
        string link = Path.Combine(_folder.FullName, "link.duckdb");
        await using (DuckDbFile first = await OpenAsync(FilePath))
        {
            File.CreateSymbolicLink(link, FilePath);
            await using DuckDbFile second = await OpenAsync(link);
            using DuckDbConnection one = first.Connect();
            using DuckDbConnection two = second.Connect();
            one.Execute("CREATE TABLE t AS SELECT 42 AS v", Token);
            Scalar(two, "SELECT v FROM t").ShouldBe(42);
            second.Writer.ShouldBeSameAs(first.Writer);
        }

        await using DuckDbFile reopened = await OpenAsync(FilePath);
        using DuckDbConnection again = reopened.Connect();
        Scalar(again, "SELECT v FROM t").ShouldBe(42);
    }

    [Fact]
    public async Task A_file_that_another_process_holds_is_a_coded_error_that_names_it()
    {
        await (await OpenAsync(FilePath)).DisposeAsync();
        using Process holder = await HoldAsync(FilePath);
        try
        {
            MillraceException error = await Should.ThrowAsync<MillraceException>(() => OpenAsync(FilePath, TimeSpan.Zero).AsTask());

            error.Code.ShouldBe(ErrorCodes.DuckDbLocked);
            error.IsTransient.ShouldBeTrue();
            error.Message.ShouldContain(FilePath);
            error.Message.ShouldContain($"PID {holder.Id}");
        }
        finally
        {
            holder.Kill();
        }
    }

    [Fact]
    public async Task The_wait_for_another_process_ends_when_it_lets_go()
    {
        await (await OpenAsync(FilePath)).DisposeAsync();
        using Process holder = await HoldAsync(FilePath);
        Task<DuckDbFile> waiting = OpenAsync(FilePath, TimeSpan.FromMinutes(1)).AsTask();
        waiting.IsCompleted.ShouldBeFalse();

        holder.Kill();

        await using DuckDbFile file = await waiting.WaitAsync(TimeSpan.FromSeconds(30), Token);
    }

    [Fact]
    public async Task The_wait_for_another_process_can_be_cancelled()
    {
        await (await OpenAsync(FilePath)).DisposeAsync();
        using Process holder = await HoldAsync(FilePath);
        try
        {
            using CancellationTokenSource source = new();
            Task<DuckDbFile> waiting = DuckDbFile.OpenAsync(Options(FilePath, TimeSpan.FromHours(1)), TimeProvider.System, source.Token).AsTask();
            await source.CancelAsync();
            await Should.ThrowAsync<OperationCanceledException>(waiting.WaitAsync(TimeSpan.FromSeconds(30), Token));
        }
        finally
        {
            holder.Kill();
        }
    }

    [Fact]
    public async Task A_file_that_is_no_database_is_a_coded_error()
    {
        await File.WriteAllTextAsync(FilePath, string.Concat(Enumerable.Repeat("this is no database. ", 1000)), Token);

        MillraceException error = await Should.ThrowAsync<MillraceException>(() => OpenAsync(FilePath).AsTask());

        error.Code.ShouldBe(ErrorCodes.DuckDbCannotOpen);
    }

    [Fact]
    public async Task Settings_reach_the_database()
    {
        DuckDbOptions options = new()
        {
            Path = "data.duckdb", MemoryLimit = new ByteSize(100 << 20), Threads = 3, TempDirectory = "spill",
        };
        await using DuckDbFile file = await DuckDbFile.OpenAsync(options.From(_folder.FullName), TimeProvider.System, Token);
        using DuckDbConnection connection = file.Connect();

        Text(connection, "SELECT current_setting('memory_limit')").ShouldBe("100.0 MiB");
        file.CountWritten(connection, 100_000);
        Text(connection, "SELECT current_setting('threads')::VARCHAR").ShouldBe("3");
        Text(connection, "SELECT current_setting('temp_directory')").ShouldBe(Path.Combine(_folder.FullName, "spill"));
    }

    [Fact]
    public async Task What_stands_on_the_disk_at_any_moment_is_the_last_commit()
    {
        await using DuckDbFile file = await OpenAsync(FilePath);
        using DuckDbConnection connection = file.Connect();
        connection.Execute("CREATE TABLE t AS SELECT i AS v FROM range(300000) r(i)", Token);
        connection.Execute("BEGIN; DELETE FROM t WHERE v < 100; INSERT INTO t SELECT i FROM range(400000) r(i)", Token);

        (await CountInCrashImageAsync("uncommitted")).ShouldBe(300_000);
        connection.Execute("COMMIT", Token);
        (await CountInCrashImageAsync("committed")).ShouldBe(699_900);
    }

    [Fact]
    public async Task Check_says_what_is_wrong_without_throwing()
    {
        DuckDbConnector connector = new();
        ConnectionSettings settings = new("warehouse", new DuckDbOptions { Path = "data.duckdb", LockTimeout = TimeSpan.Zero }, _folder.FullName);
        (await connector.CheckAsync(settings, Token)).ShouldHaveSingleItem().Error.ShouldBeNull();
        File.Exists(FilePath).ShouldBeFalse();

        await (await OpenAsync(FilePath)).DisposeAsync();
        (await connector.CheckAsync(settings, Token)).ShouldHaveSingleItem().Detail.ShouldNotBeNull().ShouldContain("v1.");

        using Process holder = await HoldAsync(FilePath);
        try
        {
            (await connector.CheckAsync(settings, Token)).ShouldHaveSingleItem().Error.ShouldNotBeNull().Code.ShouldBe(ErrorCodes.DuckDbLocked);
        }
        finally
        {
            holder.Kill();
        }
    }

    // A copy of the files is what a process killed now would leave: the page cache outlives it.
    private async Task<long> CountInCrashImageAsync(string name)
    {
        string image = Path.Combine(_folder.FullName, name + ".duckdb");
        File.Copy(FilePath, image);
        if (File.Exists(FilePath + ".wal"))
            File.Copy(FilePath + ".wal", image + ".wal");
        await using DuckDbFile file = await OpenAsync(image);
        using DuckDbConnection connection = file.Connect();
        return Scalar(connection, "SELECT count(*) FROM t");
    }

    private static DuckDbOptions Options(string path, TimeSpan timeout) => new() { Path = path, LockTimeout = timeout };

    private static ValueTask<DuckDbFile> OpenAsync(string path, TimeSpan timeout = default) =>
        DuckDbFile.OpenAsync(Options(path, timeout), TimeProvider.System, Token);

    private static long Scalar(DuckDbConnection connection, string sql)
    {
        using DuckDbResult result = connection.Query(sql, Token);
        result.Read().ShouldBeTrue();
        return result.GetInt64(0);
    }

    private static string Text(DuckDbConnection connection, string sql)
    {
        using DuckDbResult result = connection.Query(sql, Token);
        result.Read().ShouldBeTrue();
        return result.GetString(0);
    }

    /// <summary>Another process that holds the lock DuckDB takes: an fcntl write lock on the whole file.</summary>
    internal static async Task<Process> HoldAsync(string path)
    {
        const string script =
            """
            import fcntl, sys, time
            held = open(sys.argv[1], "r+b")
            fcntl.lockf(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
            print("held", flush=True)
            sys.stdin.read()
            """;
        Process holder = Process.Start(new ProcessStartInfo("python3")
        {
            ArgumentList = { "-c", script, path }, RedirectStandardOutput = true, RedirectStandardInput = true,
        })!;
        (await holder.StandardOutput.ReadLineAsync(Token)).ShouldBe("held");
        return holder;
    }
}
