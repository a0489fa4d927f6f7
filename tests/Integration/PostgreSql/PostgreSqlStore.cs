using System.Collections.Immutable;
using Millrace.Connectors.PostgreSql;
using Millrace.Core.Batches;
using Millrace.Core.Contracts;
using Millrace.Core.Schemas;
using Millrace.Testing.Conformance;
using Millrace.Testing.Servers;

[assembly: AssemblyFixture(typeof(PostgreSqlFixture))]

namespace Millrace.IntegrationTests.PostgreSql;

/// <summary>An empty database and what tests do with it.</summary>
internal sealed class PostgreSqlStore(string connection)
{
    public static CancellationToken Token => TestContext.Current.CancellationToken;

    public string Connection => connection;

    public static async Task<PostgreSqlStore> CreateAsync(PostgreSqlFixture fixture) => new(await fixture.CreateDatabaseAsync());

    public IDestination Open(Action<PostgreSqlOptions>? change = null)
    {
        var options = new PostgreSqlOptions { ConnectionString = connection };
        change?.Invoke(options);
        return new PostgreSqlConnector().CreateDestination(new(new("prod", options, "")));
    }

    public Task<IReadOnlyList<string?[]>> QueryAsync(string sql) => PostgreSqlFixture.QueryAsync(connection, sql, Token);

    public Task ExecuteAsync(string sql) => PostgreSqlServer.ExecuteAsync(connection, sql);

    /// <summary>Appends one batch of columns to a table that is made for it.</summary>
    public async Task<CommitOutcome> AppendAsync(string table, params (string Name, Column Values)[] columns)
    {
        ImmutableArray<ColumnSchema> schemas = [.. columns.Select(c => new ColumnSchema(c.Name, c.Values.Type))];
        var schema = new TableSchema(new("", table), schemas, []);
        await using IDestination destination = Open();
        var runner = new LoadRunner(destination, table);
        var write = new TableWrite(schema, WriteDisposition.Append) { DeleteMode = DeleteMode.Ignore };
        return await runner.RunAsync(
            write, "log/1", [new RecordBatch(schema, [.. columns.Select(c => c.Values)], columns[0].Values.Count)], cancellationToken: Token);
    }
}
