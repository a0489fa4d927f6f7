using Millrace.Connectors.PostgreSql;
using Millrace.Connectors.Sql.Reading;
using Millrace.Core.Batches;
using Millrace.Core.Contracts;
using Millrace.Testing.Conformance;
using Millrace.Testing.Servers;

namespace Millrace.ConformanceTests.PostgreSql;

/// <summary>A table that is read in parts of its key keeps the contract of a source, and its parts are the table.</summary>
public sealed class PostgreSqlPartsTests(PostgreSqlFixture fixture) : SourceConformance, IAsyncLifetime
{
    private string _connection = "";

    /// <inheritdoc/>
    protected override (int Rows, long Bytes) LargestUnit => (1, 60);

    /// <inheritdoc/>
    public async ValueTask InitializeAsync()
    {
        _connection = await fixture.CreateDatabaseAsync();

        // Keys are missing in the middle, and the last are the largest that there are.
        await PostgreSqlServer.ExecuteAsync(
            _connection,
            "CREATE TABLE orders (id bigint PRIMARY KEY, note text); INSERT INTO orders SELECT i, repeat('x', i::int) FROM generate_series(1, 40) AS i; "
            + "INSERT INTO orders VALUES (-9223372036854775808, 'first'), (9223372036854775807, 'last'); ANALYZE orders");
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    /// <summary>Parts that are read at once give the rows that one reader gives, each once, though others change them meanwhile.</summary>
    [Fact]
    public async Task Parts_at_once_are_the_table()
    {
        await PostgreSqlServer.ExecuteAsync(_connection, "DELETE FROM orders WHERE id NOT BETWEEN 1 AND 40; ANALYZE orders");
        ISource source = Open("at once");
        await using (source)
        {
            ReadPlan plan = await source.PlanAsync(new([], 1), Token);
            plan.Partitions.Count.ShouldBe(4);
            plan.Partitions.ShouldAllBe(p => p.IsSnapshot);
            await PostgreSqlServer.ExecuteAsync(_connection, "UPDATE orders SET note = 'changed', id = id + 100");
            string[][] parts = await Task.WhenAll(plan.Partitions.Select(p => Task.Run(() => ReadAsync(source, p))));
            parts.ShouldAllBe(p => p.Length >= 9);
            parts.SelectMany(p => p).ShouldBe(Enumerable.Range(1, 40).Select(i => $$"""{"id":{{i}},"note":"{{new string('x', i)}}"}"""));
        }
    }

    /// <inheritdoc/>
    protected override ISource Open(string state)
    {
        var options = new PostgreSqlOptions { ConnectionString = _connection };
        var settings = new SourceSettings(new("shop", options, ""), "job/" + state, ["orders"], ReplicationMethod.FullRefresh);
        return new RelationalSource(settings, new PostgreSqlEngine(options, "shop") { LeastRowsToSplit = 20 });
    }

    private static async Task<string[]> ReadAsync(ISource source, PartitionPlan partition)
    {
        List<string> rows = [];
        await foreach (RecordBatch batch in source.ReadAsync(new(partition, 3), Token))
        {
            rows.AddRange(Enumerable.Range(0, batch.RowCount).Select(row => RowJson.Of(batch, row)));
            batch.Dispose();
        }

        return [.. rows];
    }
}
