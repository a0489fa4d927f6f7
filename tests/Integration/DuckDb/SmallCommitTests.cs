using System.Collections.Immutable;
using System.Text.RegularExpressions;
using Millrace.Connectors.DuckDb;
using Millrace.Connectors.DuckDb.Native;
using Millrace.Connectors.Sql;
using Millrace.Connectors.Sql.Bulk;
using Millrace.Connectors.Sql.Loads;
using Millrace.Core.Batches;
using Millrace.Core.Contracts;
using Millrace.Core.Schemas;

namespace Millrace.IntegrationTests.DuckDb;

/// <summary>What a commit of few rows costs, told by what is asked of DuckDB.</summary>
public sealed class SmallCommitTests : IDisposable
{
    private readonly DuckDbStore _store = new();

    public void Dispose() => _store.Dispose();

    /// <summary>Each column of its own would sort the stage once more.</summary>
    [Fact]
    public async Task Columns_that_rows_leave_unset_are_filled_by_one_sort()
    {
        TableSchema orders = DuckDbStore.Schema("orders", "_id", "a", "b", "n");
        TableWrite write = new(orders, WriteDisposition.Merge) { IsChangeCapture = true };
        await _store.LoadAsync(
            write, false, DuckDbStore.Batch(orders, ["i", "p1", "1", "x", "a1", "b1", "1"], ["i", "p2", "2", "y", "a2", "b2", "2"], ["i", "p3", "3", "z", "a3", null, "3"]));

        ImmutableArray<string> statements = await StatementsAsync(write, DuckDbStore.Batch(
            orders,
            ["u", "p4", "4", "x", "a4", "~", "~"],
            ["u", "p5", "5", "x", "~", null, "~"],
            ["u", "p6", "6", "x", "~", "~", "6"],
            ["u", "p7", "7", "y", "~", "~", "7"],
            ["d", "p8", "8", "z", null, null, null],
            ["u", "p9", "9", "z", "~", "b9", "~"]));

        string fill = statements.Single(s => s.Contains("_millrace_is_known", StringComparison.Ordinal));
        Regex.Count(fill, "PARTITION BY").ShouldBe(1);
        (await _store.RowsAsync("SELECT _id, a, b, n FROM shop.orders ORDER BY 1")).ShouldBe(["x|a4|-|6", "y|a2|b2|7", "z|a3|b9|3"]);
    }

    /// <summary>It stands for <see cref="DuckDbDialect.ColumnsQuery"/>, which reads the columns of every table.</summary>
    [Theory]
    [InlineData("shop", "orders")]
    [InlineData("SHOP", "Orders")]
    [InlineData("a.b", "it's \"so\"")]
    [InlineData("shop", "seen")]
    [InlineData("shop", "absent")]
    [InlineData("nowhere", "orders")]
    public async Task A_tables_columns_are_those_of_the_catalog(string schema, string table)
    {
        await _store.ExecuteAsync(
            """"
            CREATE SCHEMA shop;
            CREATE SCHEMA "a.b";
            CREATE TABLE shop.orders (_id VARCHAR PRIMARY KEY, "Price" DECIMAL(38, 10) NOT NULL, doc JSON, "at" TIMESTAMPTZ, day TIMESTAMP_NS, raw BLOB);
            CREATE TABLE "a.b"."it's ""so""" ("x.y" HUGEINT, "q""" UUID);
            CREATE VIEW shop.seen AS SELECT doc, "at" FROM shop.orders
            """");
        await using DuckDbFile file = await OpenAsync();
        await using DuckDbChannel channel = new(file);
        await channel.ExecuteAsync("CREATE TEMP TABLE orders (other INTEGER)", DuckDbStore.Token);
        var id = new TableId(schema, table);

        await channel.BeginAsync(DuckDbStore.Token);
        IReadOnlyList<SqlRow> columns = await channel.ColumnsAsync(DuckDbDialect.Instance, id, DuckDbStore.Token);

        // What is not there is no error, and leaves the transaction open.
        IReadOnlyList<SqlRow> catalog = await channel.QueryAsync(DuckDbDialect.Instance.ColumnsQuery(id), DuckDbStore.Token);
        columns.Select(c => (c.Text(0), c.Text(1))).ShouldBe(catalog.Select(c => (c.Text(0), c.Text(1))));
        columns.Any().ShouldBe(table != "absent" && schema != "nowhere");
    }

    [Fact]
    public async Task A_small_file_has_one_thread_until_many_rows_come()
    {
        await using DuckDbFile file = await OpenAsync();
        await using DuckDbChannel channel = new(file);
        (await ThreadsAsync(channel)).ShouldBe("1");
        using (DuckDbConnection connection = file.Connect())
        {
            file.CountWritten(connection, 60_000);
            (await ThreadsAsync(channel)).ShouldBe("1");
            file.CountWritten(connection, 60_000);
        }

        (await ThreadsAsync(channel)).ShouldBe("3");
    }

    [Fact]
    public async Task The_rows_of_streams_are_counted()
    {
        const int rows = 120_000;
        await using DuckDbFile file = await OpenAsync();
        await using DuckDbChannel channel = new(file);
        await channel.ExecuteAsync("CREATE TABLE t (n BIGINT)", DuckDbStore.Token);
        Column column = Column.Create(LogicalType.Int64);
        for (int i = 0; i < rows; i++)
            ((Column<long>)column).Append(i);
        TableSchema schema = new(new TableId("main", "t"), [new ColumnSchema("n", LogicalType.Int64, true, "n", "long")], []);
        using (RecordBatch batch = new(schema, [column], rows))
        await using (BulkWriter writer = await channel.OpenWriterAsync("\"main\".\"t\"", [new BulkColumn("n", LogicalType.Int64, BulkValue.Data, 0)], DuckDbStore.Token))
        {
            BulkRows bulk = new();
            bulk.Reset(batch, [0], 0);
            await writer.WriteAsync(bulk, DuckDbStore.Token);
            await writer.CompleteAsync(DuckDbStore.Token);
        }

        (await ThreadsAsync(channel)).ShouldBe("3");
    }

    [Fact]
    public async Task A_large_file_has_all_threads_at_once()
    {
        await _store.ExecuteAsync("CREATE TABLE t AS SELECT random() AS a, random() AS b FROM range(3_000_000)");
        new FileInfo(_store.FilePath).Length.ShouldBeGreaterThan(33L << 20);
        await using DuckDbFile file = await OpenAsync();
        await using DuckDbChannel channel = new(file);
        (await ThreadsAsync(channel)).ShouldBe("3");
    }

    private async Task<ImmutableArray<string>> StatementsAsync(TableWrite write, RecordBatch batch)
    {
        var store = new SqlStore(DuckDbDialect.Instance, "main", "main", TimeProvider.System);
        await using DuckDbFile file = await OpenAsync();
        await using CountingChannel channel = new(new DuckDbChannel(file));
        WriteRequest request = new("job/task", 2, 1, DateTimeOffset.UnixEpoch.AddDays(2), [write]);
        await store.PrepareInTransactionAsync(channel, write, 1, DuckDbStore.Token);
        await using SqlWriteSession session = new(store, channel, request, new LoadId("second"));
        using (batch)
        {
            await session.WriteAsync(batch, DuckDbStore.Token);
        }

        await session.CommitAsync(new([(null, new("job/task", "other", 1, new LoadId("second"), new("test/2"), 6))]), DuckDbStore.Token);
        return [.. channel.Statements];
    }

    private ValueTask<DuckDbFile> OpenAsync() =>
        DuckDbFile.OpenAsync(new DuckDbOptions { Path = _store.FilePath, Threads = 3 }, TimeProvider.System, DuckDbStore.Token);

    private static async Task<string> ThreadsAsync(DuckDbChannel channel) =>
        (await channel.QueryAsync("SELECT current_setting('threads')::VARCHAR", DuckDbStore.Token))[0].Text(0);
}
