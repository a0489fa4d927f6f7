using System.Collections.Immutable;
using Millrace.Core.Batches;
using Millrace.Core.Contracts;
using Millrace.Core.Errors;
using Millrace.Core.Schemas;

namespace Millrace.IntegrationTests.DuckDb;

/// <summary>Each disposition, strategy and delete mode does on DuckDB what its name says: every statement of the SQL room runs here.</summary>
public sealed class DuckDbStrategyTests : IDisposable
{
    private static readonly TableSchema Orders = DuckDbStore.Schema("orders", "_id", "n", "s");

    private readonly DuckDbStore _store = new();

    public void Dispose() => _store.Dispose();

    [Theory]
    [InlineData(MergeStrategy.Upsert, DeleteMode.Soft, "a|9|x|false", "b|2|y|true", "c|3|z|false", "d|4|w|false")]
    [InlineData(MergeStrategy.Upsert, DeleteMode.Hard, "a|9|x|-", "c|3|z|-", "d|4|w|-")]
    [InlineData(MergeStrategy.Upsert, DeleteMode.Ignore, "a|9|x|-", "b|2|y|-", "c|3|z|-", "d|4|w|-")]
    [InlineData(MergeStrategy.DeleteInsert, DeleteMode.Hard, "a|9|x|-", "c|3|z|-", "d|4|w|-")]
    [InlineData(MergeStrategy.InsertOnly, DeleteMode.Hard, "a|1|x|-", "c|3|z|-", "d|4|w|-")]
    [InlineData(MergeStrategy.InsertOnly, DeleteMode.Soft, "a|1|x|false", "b|2|y|true", "c|3|z|false", "d|4|w|false")]
    public async Task A_merge_of_changes(MergeStrategy strategy, DeleteMode deletes, params string[] expected)
    {
        TableWrite table = new(Orders, WriteDisposition.Merge) { Strategy = strategy, DeleteMode = deletes, IsChangeCapture = true };
        await _store.LoadAsync(table, false, DuckDbStore.Batch(Orders, ["i", "p1", "1", "a", "1", "x"], ["i", "p2", "2", "b", "2", "y"], ["i", "p3", "3", "c", "3", "z"]));
        await _store.LoadAsync(
            table,
            false,
            DuckDbStore.Batch(Orders, ["u", "p4", "4", "a", "8", "x"], ["d", "p5", "5", "b", null, null], ["i", "p6", "6", "d", "4", "w"]),
            DuckDbStore.Batch(Orders, ["u", "p7", "7", "a", "9", "x"], ["u", "p0", "0", "c", "0", "old"]));

        string deleted = deletes == DeleteMode.Soft ? "_millrace_deleted_at IS NOT NULL" : "NULL";
        (await _store.RowsAsync($"SELECT _id, n, s, {deleted} FROM shop.orders ORDER BY _id")).ShouldBe(expected);
    }

    [Fact]
    public async Task A_late_event_does_not_bring_a_deleted_key_back_and_a_newer_one_does()
    {
        TableWrite table = new(Orders, WriteDisposition.Merge) { DeleteMode = DeleteMode.Hard, IsChangeCapture = true };
        await _store.LoadAsync(table, false, DuckDbStore.Batch(Orders, ["i", "p1", "1", "a", "1", "x"], ["i", "p2", "1", "b", "1", "x"]));
        await _store.LoadAsync(table, false, DuckDbStore.Batch(Orders, ["d", "p5", "5", "a", null, null], ["d", "p5", "5", "b", null, null]));
        await _store.LoadAsync(table, false, DuckDbStore.Batch(Orders, ["u", "p4", "4", "a", "4", "late"], ["u", "p6", "6", "b", "6", "new"]));

        (await _store.RowsAsync("SELECT _id, n, s FROM shop.orders")).ShouldBe(["b|6|new"]);
    }

    [Fact]
    public async Task Partial_updates_keep_what_they_do_not_name()
    {
        TableWrite table = new(Orders, WriteDisposition.Merge) { IsChangeCapture = true };
        await _store.LoadAsync(table, false, DuckDbStore.Batch(Orders, ["i", "p1", "1", "a", "1", "x"], ["i", "p2", "1", "b", "2", "y"]));
        await _store.LoadAsync(
            table,
            false,
            DuckDbStore.Batch(
                Orders,
                ["u", "p3", "3", "a", "5", "~"], ["u", "p4", "4", "a", "~", null], ["u", "p5", "5", "b", "~", "yy"], ["d", "p6", "6", "b", null, null],
                ["i", "p7", "7", "c", "7", "z"], ["u", "p8", "8", "c", "~", "zz"]));

        (await _store.RowsAsync("SELECT _id, n, s, _millrace_deleted_at IS NULL FROM shop.orders ORDER BY _id"))
            .ShouldBe(["a|5|-|true", "b|2|yy|false", "c|7|zz|true"]);
    }

    [Fact]
    public async Task Every_version_is_kept_with_its_time()
    {
        TableWrite table = new(Orders, WriteDisposition.Merge) { Strategy = MergeStrategy.Scd2, IsChangeCapture = true };
        await _store.LoadAsync(table, false, DuckDbStore.Batch(Orders, ["i", "p1", "1", "a", "1", "x"], ["i", "p2", "2", "b", "1", "y"]));
        await _store.LoadAsync(
            table,
            false,
            DuckDbStore.Batch(
                Orders,
                ["u", "p3", "3", "a", "2", "x"], ["u", "p4", "4", "a", "2", "x"], ["u", "p5", "5", "a", "3", "x"], ["d", "p6", "6", "b", null, null]));

        (await _store.RowsAsync("SELECT _id, n, epoch(_millrace_valid_from)::INT, epoch(_millrace_valid_to)::INT, _millrace_is_current FROM shop.orders ORDER BY 1, 3"))
            .ShouldBe(["a|1|1|3|false", "a|2|3|5|false", "a|3|5|-|true", "b|1|2|6|false"]);
    }

    [Fact]
    public async Task An_append_adds_and_a_merge_without_a_log_changes_only_what_differs()
    {
        TableWrite log = new(DuckDbStore.Schema("log", "_id", "n"), WriteDisposition.Append);
        await _store.LoadAsync(log, false, DuckDbStore.Batch(log.Schema, ["i", "p1", "1", "a", "1"]));
        await _store.LoadAsync(log, false, DuckDbStore.Batch(log.Schema, ["i", "p1", "1", "a", "1"]));
        (await _store.RowsAsync("SELECT _id, _millrace_run_id FROM shop.log ORDER BY 2")).ShouldBe(["a|1", "a|2"]);

        TableWrite table = new(Orders, WriteDisposition.Merge) { DeleteMode = DeleteMode.Ignore };
        await _store.LoadAsync(table, false, DuckDbStore.Batch(Orders, ["i", "p1", "1", "a", "1", "x"], ["i", "p1", "1", "b", "1", null]));
        await _store.LoadAsync(table, false, DuckDbStore.Batch(Orders, ["i", "p1", "1", "a", "2", "x"], ["i", "p1", "1", "b", "1", null]));
        (await _store.RowsAsync("SELECT _id, n, _millrace_run_id FROM shop.orders ORDER BY 1")).ShouldBe(["a|2|4", "b|1|3"]);
    }

    [Fact]
    public async Task A_replace_is_seen_when_it_is_complete()
    {
        TableWrite table = new(Orders, WriteDisposition.Replace) { DeleteMode = DeleteMode.Hard };
        await _store.LoadAsync(table, true, DuckDbStore.Batch(Orders, ["i", "p1", "1", "a", "1", "x"], ["i", "p1", "1", "b", "1", "x"]));
        _store.Generation = 2;
        await _store.LoadAsync(table, false, DuckDbStore.Batch(Orders, ["i", "p1", "1", "c", "1", "x"]));
        (await _store.RowsAsync("SELECT _id FROM shop.orders ORDER BY 1")).ShouldBe(["a", "b"]);
        await _store.LoadAsync(table, true, DuckDbStore.Batch(Orders, ["i", "p1", "1", "d", "1", "x"], ["i", "p1", "1", "d", "2", "x"]));

        (await _store.RowsAsync("SELECT _id, n FROM shop.orders ORDER BY 1")).ShouldBe(["c|1", "d|2"]);
        (await _store.RowsAsync("SELECT count(*) FROM duckdb_tables() WHERE schema_name = 'shop'")).ShouldBe(["1"]);
        _store.Generation = 3;
        await _store.LoadAsync(table, true);
        (await _store.RowsAsync("SELECT count(*) FROM shop.orders")).ShouldBe(["0"]);
    }

    [Fact]
    public async Task Rows_of_older_generations_go_when_a_resnapshot_is_complete()
    {
        TableWrite table = new(Orders, WriteDisposition.Merge) { IsChangeCapture = true };
        await _store.LoadAsync(table, true, DuckDbStore.Batch(Orders, ["i", "p1", "1", "a", "1", "x"], ["i", "p2", "1", "b", "1", "x"]));
        _store.Generation = 2;
        await _store.LoadAsync(table, true, DuckDbStore.Batch(Orders, ["i", "p0", "1", "b", "2", "y"]));

        (await _store.RowsAsync("SELECT _id, n, _millrace_generation, _millrace_deleted_at IS NOT NULL FROM shop.orders ORDER BY 1"))
            .ShouldBe(["a|1|1|true", "b|2|2|false"]);
    }

    [Fact]
    public async Task A_dropped_dataset_takes_the_rows_before_it()
    {
        TableWrite table = new(Orders, WriteDisposition.Merge) { IsChangeCapture = true };
        await _store.LoadAsync(table, false, DuckDbStore.Batch(Orders, ["i", "p1", "1", "a", "1", "x"]));
        RecordBatch drop = new(Orders, [.. Orders.Columns.Select(c => Column.Create(c.Type))], 0) { Control = TableControl.DeleteAll };
        await _store.LoadAsync(
            table,
            false,
            DuckDbStore.Batch(Orders, ["i", "p2", "1", "b", "1", "x"]),
            drop,
            DuckDbStore.Batch(Orders, ["i", "p4", "1", "b", "3", "x"], ["i", "p5", "1", "c", "1", "x"]));

        (await _store.RowsAsync("SELECT _id, n, _millrace_deleted_at IS NOT NULL FROM shop.orders ORDER BY 1"))
            .ShouldBe(["a|1|true", "b|3|false", "c|1|false"]);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task New_columns_and_wider_types_come_in_mid_load(bool intoEmptyTable)
    {
        TableWrite table = new(Orders, WriteDisposition.Merge) { IsChangeCapture = true };
        if (!intoEmptyTable)
            await _store.LoadAsync(table, false, DuckDbStore.Batch(Orders, ["i", "p0", "1", "z", "0", "z"]));
        TableSchema wider = Orders with
        {
            Columns = [Orders.Columns[0], Orders.Columns[1] with { Type = LogicalType.Decimal(38, 2) }, Orders.Columns[2], new("n2", LogicalType.Int64, Source: "n2")],
        };
        Column<Int128> decimals = (Column<Int128>)Column.Create(LogicalType.Decimal(38, 2));
        decimals.Append(150);
        VarColumn ids = (VarColumn)Column.Create(LogicalType.Text);
        ids.Append("b"u8);
        Column<long> numbers = (Column<long>)Column.Create(LogicalType.Int64);
        numbers.Append(7);
        RecordBatch second = new(wider, [ids, decimals, Column.Create(LogicalType.Text), numbers], 1) { Changes = new[] { ChangeKind.Insert } };

        await _store.LoadAsync(table, false, DuckDbStore.Batch(Orders, ["i", "p1", "1", "a", "1", "x"]), second);

        (await _store.RowsAsync("SELECT _id, n, s, n2 FROM shop.orders WHERE _id <> 'z' ORDER BY 1")).ShouldBe(["a|1.00|x|-", "b|1.50|-|7"]);
    }

    [Fact]
    public async Task Children_are_replaced_with_their_parent()
    {
        TableSchema items = DuckDbStore.Schema("items", "_id", "n", "s") with { Key = ["_id", "n"] };
        TableWrite table = new(items, WriteDisposition.Merge) { IsChangeCapture = true, ParentKey = ["_id"] };
        await _store.LoadAsync(
            table,
            false,
            DuckDbStore.Batch(items, ["d", "p1", "1", "a", null, null], ["i", "p1", "1", "a", "0", "x"], ["i", "p1", "1", "a", "1", "y"], ["d", "p2", "1", "b", null, null], ["i", "p2", "1", "b", "0", "q"]));
        await _store.LoadAsync(
            table, false, DuckDbStore.Batch(items, ["d", "p3", "1", "a", null, null], ["i", "p3", "1", "a", "0", "z"], ["d", "p4", "1", "b", null, null]));

        (await _store.RowsAsync("SELECT _id, n, s FROM shop.items ORDER BY 1, 2")).ShouldBe(["a|0|z"]);
    }

    [Fact]
    public async Task A_failed_check_commits_nothing_and_keeps_samples()
    {
        TableWrite table = new(Orders, WriteDisposition.Merge)
        {
            IsChangeCapture = true,
            Checks = [new QualityCheck(QualityCheckKind.NotNull, ["s"]), new QualityCheck(QualityCheckKind.Sql, []) { Sql = "n < 100" }, new QualityCheck(QualityCheckKind.Unique, ["s"])],
        };
        await _store.LoadAsync(table, false, DuckDbStore.Batch(Orders, ["i", "p1", "1", "a", "1", "x"]));

        MillraceException error = await Should.ThrowAsync<MillraceException>(() => _store.LoadAsync(
            table, false, DuckDbStore.Batch(Orders, ["i", "p2", "1", "b", "1", null], ["i", "p3", "1", "c", "500", "x"])));

        error.Code.ShouldBe(ErrorCodes.CheckFailed);
        (await _store.RowsAsync("SELECT _id FROM shop.orders")).ShouldBe(["a"]);
        (await _store.RowsAsync("SELECT check_name, failing_rows FROM _millrace_check_failures ORDER BY 1"))
            .ShouldBe(["not_null [s]|1", "sql 'n < 100'|1", "unique [s]|2", "unique [s]|2"]);
    }

    [Fact]
    public async Task A_table_of_the_users_keeps_its_other_columns()
    {
        await _store.ExecuteAsync("CREATE SCHEMA shop; CREATE TABLE shop.orders (_id VARCHAR PRIMARY KEY, note VARCHAR DEFAULT 'mine', n BIGINT); INSERT INTO shop.orders VALUES ('a', 'kept', 1)");
        TableWrite table = new(Orders, WriteDisposition.Merge) { IsChangeCapture = true };
        await _store.LoadAsync(table, false, DuckDbStore.Batch(Orders, ["u", "p1", "1", "a", "2", "x"], ["i", "p2", "1", "b", "1", "y"]));

        (await _store.RowsAsync("SELECT _id, note, n, s FROM shop.orders ORDER BY 1")).ShouldBe(["a|kept|2|x", "b|mine|1|y"]);
    }

    [Fact]
    public async Task A_table_is_rekeyed_when_the_key_turns_out_to_have_several_types()
    {
        TableWrite table = new(Orders, WriteDisposition.Merge) { IsChangeCapture = true };
        await _store.LoadAsync(table, false, DuckDbStore.Batch(Orders, ["i", "p1", "1", "a", "1", "x"], ["i", "p2", "1", "b", "2", "y"]));
        TableSchema rekeyed = Orders with
        {
            Columns = [.. Orders.Columns, new ColumnSchema(SystemColumns.Key, LogicalType.Text)],
            Key = ImmutableArray.Create(SystemColumns.Key),
        };
        TableWrite wider = table with { Schema = rekeyed, RekeyFrom = "_id" };
        await _store.LoadAsync(wider, false, DuckDbStore.Batch(rekeyed, ["u", "p3", "1", "a", "5", "x", "s:a"], ["i", "p4", "1", null, "6", "z", "n:7"]));

        (await _store.RowsAsync("SELECT _millrace_key, n FROM shop.orders ORDER BY 1")).ShouldBe(["n:7|6", "s:a|5", "s:b|2"]);
    }
}
