using Millrace.Connectors.PostgreSql;
using Millrace.Core.Contracts;
using Millrace.Testing.Conformance;
using Npgsql;

namespace Millrace.ConformanceTests.PostgreSql;

/// <summary>PostgreSQL keeps the contract of a destination.</summary>
public sealed class PostgreSqlConformanceTests(PostgreSqlFixture fixture) : DestinationConformance
{
    private string _connection = "";

    /// <inheritdoc/>
    public override async ValueTask InitializeAsync() => _connection = await fixture.CreateDatabaseAsync();

    /// <inheritdoc/>
    public override ValueTask DisposeAsync() => ValueTask.CompletedTask;

    /// <inheritdoc/>
    protected override IDestination Open() => new PostgreSqlConnector().CreateDestination(
        new(new("warehouse", new PostgreSqlOptions { ConnectionString = _connection }, "")));

    /// <inheritdoc/>
    protected override async Task<IReadOnlyList<string?[]>> QueryAsync(string sql)
    {
        await using var connection = new NpgsqlConnection(_connection);
        await connection.OpenAsync(Token);
        await using NpgsqlCommand command = connection.CreateCommand();
        command.CommandText = sql;
        command.AllResultTypesAreUnknown = true;
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(Token);
        List<string?[]> rows = [];
        while (await reader.ReadAsync(Token))
        {
            rows.Add([.. Enumerable.Range(0, reader.FieldCount).Select(i => reader.IsDBNull(i) ? null : reader.GetString(i))]);
        }

        return rows;
    }
}
