using System.Diagnostics;
using Millrace.EndToEndTests.Support;
using Millrace.Testing.Servers;

namespace Millrace.EndToEndTests.Failures;

/// <summary>A disk with no room left, on a small file system of its own. Mounting one takes the rights of root.</summary>
public sealed class FullDiskTests
{
    [Fact]
    public void A_full_disk_under_DuckDB_is_told_and_the_next_run_comes_right_once_there_is_room()
    {
        using var disk = SmallDisk.Mount("3m");
        using var scenario = new FailureScenario(4000, _ => new DuckDbWarehouse(Path.Combine(disk.Path, "warehouse.duckdb")));
        scenario.Project.Run().ShouldExitWith(3).All.ShouldContain("MR1005");
        disk.Resize("200m");
        scenario.RunsToTheRightEnd();
    }

    [Fact]
    public void A_full_disk_under_PostgreSQL_is_told_and_the_next_run_comes_right_once_there_is_room()
    {
        using var disk = SmallDisk.Mount("2m");
        using var scenario = new FailureScenario("postgresql", documents: 4000);
        Run("chown", "postgres:postgres", disk.Path);
        string space = "small_" + Guid.NewGuid().ToString("N");
        scenario.Warehouse.Execute($"CREATE TABLESPACE {space} LOCATION '{disk.Path}'");
        try
        {
            string database = scenario.Warehouse.Query("SELECT current_database()::text AS name")[0]["name"].Text;
            scenario.Warehouse.Execute($"ALTER DATABASE {database} SET default_tablespace = '{space}'");
            ProcessOutcome full = scenario.Project.Run().ShouldExitWith(3);
            full.All.ShouldContain("MR1005");
            full.All.ShouldContain("No space left on device");
            full.All.ShouldContain("Free space on the database server");
            disk.Resize("200m");
            scenario.RunsToTheRightEnd();
        }
        finally
        {
            scenario.Warehouse.Execute($"DROP SCHEMA IF EXISTS {ReplicationProject.Schema} CASCADE");
            scenario.Warehouse.Execute("DROP SCHEMA public CASCADE");
            scenario.Warehouse.Execute($"DROP TABLESPACE {space}");
        }
    }

    [Fact]
    public async Task A_full_disk_under_a_whole_PostgreSQL_server_its_log_too_loses_and_doubles_nothing()
    {
        Assert.SkipWhen(PostgreSqlServer.IsSkipped, "MILLRACE_SKIP_SERVERS is set");
        using var disk = SmallDisk.Mount("200m");
        await using PostgreSqlServer server = await StartOnAsync(disk);
        using var scenario = new FailureScenario(4000, _ => new PostgreSqlWarehouse(server));
        string ballast = Path.Combine(disk.Path, "ballast");
        await File.WriteAllBytesAsync(ballast, new byte[new DriveInfo(disk.Path).AvailableFreeSpace - (1 << 20)], TestContext.Current.CancellationToken);

        // Where a table cannot grow the server says so; where its log cannot, it ends all connections.
        ProcessOutcome full = scenario.Project.Run().ShouldExitWith(3);
        full.All.ShouldMatch("MR1005|MR1201|MR1205");

        File.Delete(ballast);
        await server.RestartAsync();
        scenario.RunsToTheRightEnd();
    }

    /// <summary>300 kB hold no catalog, so that no run begins; 1 MB holds the catalog and not the after-images.</summary>
    [Theory]
    [InlineData("300k", false)]
    [InlineData("1m", true)]
    public void A_full_disk_under_the_projects_own_state_is_told_and_the_next_run_comes_right_once_there_is_room(string size, bool isBegun)
    {
        using var disk = SmallDisk.Mount(size);
        using var scenario = new FailureScenario("duckdb", documents: 4000);
        Directory.CreateSymbolicLink(scenario.Files[".millrace"], disk.Path);

        ProcessOutcome full = scenario.Project.Run().ShouldExitWith(3);

        full.All.ShouldContain("MR1005");
        full.All.Contains("\"status\":\"failed\"", StringComparison.Ordinal).ShouldBe(isBegun);
        full.All.ShouldNotContain("MR1099");
        full.All.ShouldNotContain("cannot rollback");
        disk.Resize("200m");
        scenario.RunsToTheRightEnd();
    }

    private static async Task<PostgreSqlServer> StartOnAsync(SmallDisk disk)
    {
        const string temporary = "TMPDIR";
        string? before = Environment.GetEnvironmentVariable(temporary);
        Environment.SetEnvironmentVariable(temporary, disk.Path);
        try
        {
            return await PostgreSqlServer.StartAsync("fsync=on", "max_connections=50");
        }
        finally
        {
            Environment.SetEnvironmentVariable(temporary, before);
        }
    }

    private static int Run(string program, params string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
        process.WaitForExit();
        return process.ExitCode;
    }

    private sealed class SmallDisk : IDisposable
    {
        private SmallDisk(string path) => Path = path;

        public string Path { get; }

        public static SmallDisk Mount(string size)
        {
            Assert.SkipUnless(OperatingSystem.IsLinux() && Environment.UserName == "root", "a small disk needs root to mount it");
            string path = Directory.CreateTempSubdirectory("millrace-disk-").FullName;
            bool isMounted = Run("mount", "-t", "tmpfs", "-o", $"size={size},mode=0755", "tmpfs", path) == 0;
            if (!isMounted)
            {
                Directory.Delete(path);
            }

            Assert.SkipUnless(isMounted, "this system does not let root mount a small disk");
            return new(path);
        }

        public void Resize(string size) => Run("mount", "-o", $"remount,size={size}", Path).ShouldBe(0);

        public void Dispose()
        {
            Run("umount", "-l", Path);
            Directory.Delete(Path);
        }
    }
}
