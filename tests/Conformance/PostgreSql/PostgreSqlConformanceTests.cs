using Millrace.Connectors.PostgreSql;
using Millrace.Core.Contracts;
using Millrace.Testing.Conformance;
using Millrace.Testing.Servers;

[assembly: AssemblyFixture(typeof(PostgreSqlFixture))]

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
    protected override Task<IReadOnlyList<string?[]>> QueryAsync(string sql) => PostgreSqlFixture.QueryAsync(_connection, sql, Token);

    /// <inheritdoc/>
    protected override Task ExecuteAsync(string sql) => PostgreSqlFixture.QueryAsync(_connection, sql, Token);
}
