using Npgsql;
using Xunit;

namespace Millrace.Testing.Servers;

/// <summary>
/// One PostgreSQL server for a test assembly (<c>[assembly: AssemblyFixture(typeof(PostgreSqlFixture))]</c>), started with the first test that asks.
/// </summary>
public sealed class PostgreSqlFixture : IAsyncDisposable
{
    private readonly Lazy<Task<PostgreSqlServer>> _server = new(() => PostgreSqlServer.StartAsync());

    /// <summary>An empty database, by its connection string. Skips the test where the environment goes without servers.</summary>
    public async Task<string> CreateDatabaseAsync()
    {
        Assert.SkipWhen(PostgreSqlServer.IsSkipped, "MILLRACE_SKIP_SERVERS=1");
        PostgreSqlServer server = await _server.Value.ConfigureAwait(false);
        return await server.CreateDatabaseAsync().ConfigureAwait(false);
    }

    /// <summary>Runs a query and returns every value as PostgreSQL prints it.</summary>
    public static async Task<IReadOnlyList<string?[]>> QueryAsync(string connectionString, string sql, CancellationToken cancellationToken)
    {
        await using var connection = new NpgsqlConnection(connectionString);
        await connection.OpenAsync(cancellationToken).ConfigureAwait(false);
        await using NpgsqlCommand command = connection.CreateCommand();
#pragma warning disable CA2100 // Statements of tests.
        command.CommandText = sql;
#pragma warning restore CA2100
        command.AllResultTypesAreUnknown = true;
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        List<string?[]> rows = [];
        while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            rows.Add([.. Enumerable.Range(0, reader.FieldCount).Select(i => reader.IsDBNull(i) ? null : reader.GetString(i))]);
        }

        return rows;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_server.IsValueCreated)
        {
            PostgreSqlServer server = await _server.Value.ConfigureAwait(false);
            await server.DisposeAsync().ConfigureAwait(false);
        }
    }
}
