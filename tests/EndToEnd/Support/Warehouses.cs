using Millrace.Testing.Servers;

namespace Millrace.EndToEndTests.Support;

/// <summary>The destinations that every end-to-end proof runs against.</summary>
internal static class Warehouses
{
    private static readonly Lazy<PostgreSqlServer> SharedServer = new(StartServer);

    /// <summary>Their names.</summary>
    public static string[] All => ["duckdb", "postgresql"];

    /// <summary>Their names, as theory data.</summary>
    public static TheoryData<string> Names => [.. All];

    /// <summary>A new, empty one.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="folder">Where a file may go.</param>
    public static Warehouse Create(string name, TemporaryFolder folder)
    {
        if (name == "duckdb")
        {
            return new DuckDbWarehouse(folder["warehouse.duckdb"]);
        }

        Assert.SkipWhen(PostgreSqlServer.IsSkipped, "MILLRACE_SKIP_SERVERS is set");
        return new PostgreSqlWarehouse(SharedServer.Value);
    }

    private static PostgreSqlServer StartServer()
    {
        PostgreSqlServer server = PostgreSqlServer.StartAsync().GetAwaiter().GetResult();
        AppDomain.CurrentDomain.ProcessExit += (_, _) => server.DisposeAsync().AsTask().GetAwaiter().GetResult();
        return server;
    }
}
