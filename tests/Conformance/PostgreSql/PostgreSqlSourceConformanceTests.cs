using Millrace.Connectors.PostgreSql;
using Millrace.Core.Contracts;
using Millrace.Testing.Conformance;
using Millrace.Testing.Servers;

namespace Millrace.ConformanceTests.PostgreSql;

/// <summary>A table with a key, read whole, keeps the contract of a source. Its unit is a row.</summary>
public class PostgreSqlSourceConformanceTests(PostgreSqlFixture fixture) : SourceConformance, IAsyncLifetime
{
    private string _connection = "";

    /// <inheritdoc/>
    protected override (int Rows, long Bytes) LargestUnit => (1, 60);

    /// <summary>How it is read.</summary>
    protected virtual ReplicationMethod Method => ReplicationMethod.FullRefresh;

    /// <inheritdoc/>
    public async ValueTask InitializeAsync()
    {
        _connection = await fixture.CreateDatabaseAsync();
        await PostgreSqlServer.ExecuteAsync(
            _connection, "CREATE TABLE orders (id integer PRIMARY KEY, at integer, note text); INSERT INTO orders SELECT i, i / 4, repeat('x', i) FROM generate_series(1, 40) AS i");
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    protected override ISource Open(string state) => new PostgreSqlConnector().CreateSource(
        new(new("shop", new PostgreSqlOptions { ConnectionString = _connection }, ""), "job/" + state, ["orders"], Method)
        {
            CursorField = Method == ReplicationMethod.Incremental ? "at" : null,
            Selector = new(["orders"], []),
        });
}

/// <summary>The same read by a cursor with ties.</summary>
public sealed class PostgreSqlIncrementalConformanceTests(PostgreSqlFixture fixture) : PostgreSqlSourceConformanceTests(fixture)
{
    /// <inheritdoc/>
    protected override ReplicationMethod Method => ReplicationMethod.Incremental;
}
