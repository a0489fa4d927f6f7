using Millrace.Connectors.DuckDb;
using Millrace.Connectors.Sql;
using Millrace.Connectors.Sql.Loads;
using Millrace.Core.Batches;
using Millrace.Core.Contracts;
using Millrace.Core.Schemas;

namespace Millrace.IntegrationTests.DuckDb;

/// <summary>What a first load costs whose rows go straight in until the first change comes.</summary>
public sealed class RepeatedKeyStatementTests : IDisposable
{
    private readonly DuckDbStore _store = new();

    public void Dispose() => _store.Dispose();

    /// <summary>Each pass sorts the whole table.</summary>
    [Fact]
    public async Task Repeated_keys_of_a_load_that_turns_to_its_stage_are_looked_for_once()
    {
        TableSchema orders = DuckDbStore.Schema("orders", "_id", "n");
        TableWrite write = new(orders, WriteDisposition.Merge) { IsChangeCapture = true };
        WriteRequest request = new("job/task", 1, 1, DateTimeOffset.UnixEpoch, [write]);
        var store = new SqlStore(DuckDbDialect.Instance, "main", "main", TimeProvider.System);
        await using (DuckDbFile file = await DuckDbFile.OpenAsync(new DuckDbOptions { Path = _store.FilePath }, TimeProvider.System, DuckDbStore.Token))
        await using (CountingChannel channel = new(new DuckDbChannel(file)))
        {
            await store.EnsureSystemTablesAsync(channel, DuckDbStore.Token);
            await store.PrepareInTransactionAsync(channel, write, 1, DuckDbStore.Token);
            await using SqlWriteSession session = new(store, channel, request, new LoadId("load"));
            foreach (RecordBatch batch in new[]
            {
                DuckDbStore.Batch(orders, ["i", "p1", "1", "a", "1"], ["i", "p2", "2", "b", "2"], ["i", "p3", "3", "a", "3"]),
                DuckDbStore.Batch(orders, ["u", "p4", "4", "b", "4"]),
            })
            {
                using (batch)
                {
                    await session.WriteAsync(batch, DuckDbStore.Token);
                }
            }

            await session.CommitAsync(new([(null, new("job/task", "log", 1, new LoadId("load"), new("test/1"), 4))]), DuckDbStore.Token);
            channel.Statements.Count(s => s.Contains("AS row_place", StringComparison.Ordinal)).ShouldBe(1);
        }

        (await _store.RowsAsync("SELECT _id, n FROM shop.orders ORDER BY 1")).ShouldBe(["a|3", "b|4"]);
    }
}
