using Millrace.Connectors.PostgreSql;
using Millrace.Core.Contracts;
using Millrace.Testing.Conformance;
using Millrace.Testing.Servers;

namespace Millrace.ConformanceTests.PostgreSql;

/// <summary>PostgreSQL keeps the contract of a relational source.</summary>
public sealed class PostgreSqlRelationalTests(PostgreSqlFixture fixture) : RelationalSourceConformance
{
    private string _connection = "";

    /// <inheritdoc/>
    protected override IConnector Connector { get; } = new PostgreSqlConnector();

    /// <inheritdoc/>
    protected override ConnectionSettings Connection => new("shop", new PostgreSqlOptions { ConnectionString = _connection }, "");

    /// <inheritdoc/>
    public override async ValueTask InitializeAsync() => _connection = await fixture.CreateDatabaseAsync();

    /// <inheritdoc/>
    public override ValueTask DisposeAsync() => ValueTask.CompletedTask;

    /// <inheritdoc/>
    protected override Task ExecuteAsync(string sql) => PostgreSqlServer.ExecuteAsync(_connection, sql);
}
