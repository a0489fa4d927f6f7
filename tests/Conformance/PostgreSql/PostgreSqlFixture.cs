using Millrace.Testing.Servers;

[assembly: AssemblyFixture(typeof(Millrace.ConformanceTests.PostgreSql.PostgreSqlFixture))]

namespace Millrace.ConformanceTests.PostgreSql;

/// <summary>One PostgreSQL server for the assembly, started with the first test that asks for it.</summary>
public sealed class PostgreSqlFixture : IAsyncDisposable
{
    private readonly Lazy<Task<PostgreSqlServer>> _server = new(() => PostgreSqlServer.StartAsync());

    /// <summary>An empty database, by its connection string. Skips the test where the environment goes without servers.</summary>
    public async Task<string> CreateDatabaseAsync()
    {
        Assert.SkipWhen(PostgreSqlServer.IsSkipped, "MILLRACE_SKIP_SERVERS=1");
        return await (await _server.Value).CreateDatabaseAsync();
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_server.IsValueCreated)
        {
            await (await _server.Value).DisposeAsync();
        }
    }
}
